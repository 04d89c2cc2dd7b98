using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Checks;

/// <summary>The helpers that a program calls, looked up once for each call.</summary>
internal sealed class HelperTable
{
    // libbpf's marks for what it could not resolve: calls of helpers that do not exist.
    private const int PoisonedRelocation = 195896080, PoisonedMap = 2001000000, PoisonedKernelFunction = 2002000000, PoisonedRange = 1000000;

    private readonly ProgramSpec _program;
    private readonly HelperPrototype?[] _bySlot;
    private readonly HostType? _host;
    private readonly ProgramType _type;

    internal HelperTable(ProgramSpec program, Instruction[] code, HostType? host = null)
    {
        _program = program;
        _host = host;
        _type = host is null ? program.Type : HostType.LikeType;
        _bySlot = new HelperPrototype?[code.Length];
        for (int slot = 0; slot < code.Length; slot++)
        {
            if (code[slot].IsWide)
            {
                slot++;
                continue;
            }

            if (code[slot].IsHelperCall && host is not null && host.Helpers.TryGetValue(code[slot].Immediate, out HelperPrototype? own))
                _bySlot[slot] = own;
            else if (code[slot].IsHelperCall && HelperIdTable.From(program.Dialect, code[slot].Immediate, program.Type) is { } id)
                _bySlot[slot] = HelperPrototypes.Find(id, _type, program.AttachType, program.Dialect);
        }

        IsGplCompatible = program.License is "GPL" or "GPL v2" or "GPL and additional rights" or "Dual BSD/GPL" or "Dual MIT/GPL" or "Dual MPL/GPL";
    }

    internal bool IsGplCompatible { get; }

    /// <summary>The prototype of the helper called at a slot; null where the program may not call it.</summary>
    internal HelperPrototype? At(int slot) => _bySlot[slot];

    /// <summary>Why the call at a slot has no prototype.</summary>
    internal Refusal WhyNot(in Instruction call, int slot)
    {
        int number = call.Immediate;
        if (number == PoisonedRelocation)
        {
            return new Refusal(
                Rule.UnresolvedRelocation,
                slot,
                "a CO-RE relocation of this instruction could not be resolved: the type or field does not exist in the target",
                "guard the access with bpf_core_field_exists() or bpf_core_type_exists()");
        }

        if (number is >= PoisonedMap and < PoisonedMap + PoisonedRange)
            return new Refusal(Rule.MissingMap, slot, $"map {number - PoisonedMap} of the object was not created, but the program uses it", "let the map be created, or guard its use");
        if (number is >= PoisonedKernelFunction and < PoisonedKernelFunction + PoisonedRange)
        {
            int index = number - PoisonedKernelFunction;
            string name = index < _program.KernelFunctions.Length ? _program.KernelFunctions[index].Name : $"number {index}";
            return new Refusal(Rule.KernelFunction, slot, $"kernel function {name} does not exist here", "declare it __weak and check with bpf_ksym_exists()");
        }

        if (HelperIdTable.From(_program.Dialect, number, _program.Type) is not { } id)
            return new Refusal(Rule.UnknownHelper, slot, $"there is no helper with number {number} in the {_program.Dialect} dialect");
        if (_host is not null)
            return new Refusal(Rule.UnknownHelper, slot, $"{_host.Name} programs may not call {id.Text()}: they have the host's helpers and the general ones");
        HelperPrototypes.IsAllowed(id, _program.Type, _program.AttachType, _program.Dialect, out string reason);
        return new Refusal(Rule.UnknownHelper, slot, reason);
    }
}
