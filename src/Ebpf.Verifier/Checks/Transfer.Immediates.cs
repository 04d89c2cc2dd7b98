using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>64-bit immediate loads and the legacy packet loads.</summary>
internal sealed partial class Transfer
{
    private void LoadWide(in Instruction instruction)
    {
        ref RegisterState destination = ref State[(int)instruction.Destination];
        int second = _code[Slot + 1].Immediate;
        switch ((PseudoLoad)instruction.Source)
        {
            case PseudoLoad.None:
                destination = RegisterState.Constant((uint)instruction.Immediate | ((ulong)(uint)second << 32));
                return;
            case PseudoLoad.MapIndex:
                CheckMayUse(instruction.Immediate);
                destination = RegisterState.Pointer(RegisterKind.Map, instruction.Immediate);
                return;
            case PseudoLoad.MapIndexValue:
                CheckMayUse(instruction.Immediate);
                destination = MapValueAddress(instruction.Immediate, (uint)second);
                return;
            case PseudoLoad.Function:
                int function = _shape.FunctionStartingAt(Slot + 1 + instruction.Immediate);
                if (function <= 0 || _shape.Functions[function].IsGlobal)
                    throw Refuse(Rule.InvalidControlFlow, "the address of a function that is not a static function is taken", "declare the callback static");
                destination = RegisterState.Pointer(RegisterKind.Function, function);
                return;
            default:
                destination = KernelVariable((uint)instruction.Immediate);
                return;
        }
    }

    /// <summary>The address of a variable or function of the kernel, by its BTF id.</summary>
    /// <remarks>check_pseudo_btf_id in the kernel's verifier.</remarks>
    private RegisterState KernelVariable(uint id)
    {
        if (_options.Target != VerifierTarget.Linux || _kernel is null)
            throw Refuse(Rule.UnsupportedFeature, "the address of a kernel variable (a ksym with a type) is taken; only a Linux kernel has them, and its types must be known");
        BtfView types = _kernel.Types;
        if (!types.Contains(id) || types[id].Kind is not (BtfKind.Var or BtfKind.Func))
            throw Refuse(Rule.UnsupportedFeature, $"the kernel has no variable with type id {id}");
        BtfType variable = types[id];
        if (variable.Kind == BtfKind.Func)
            return RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.ReadOnly);
        BtfType type = types.SkipModifiers(variable.ReferencedType);
        RegisterMarks perCpu = IsPerCpu(types, id) ? RegisterMarks.PerCpu : RegisterMarks.None;
        if (type.IsComposite)
            return RegisterState.Pointer(RegisterKind.BtfObject, (int)type.Id, perCpu);
        RegisterState memory = RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.ReadOnly | perCpu);
        memory.Size = (int)types.SizeOf(type.Id);
        return memory;
    }

    private static bool IsPerCpu(BtfView types, uint variable)
    {
        if (types.FindByName(".data..percpu", BtfKind.DataSec) is not { } section)
            return false;
        foreach (BtfSectionVariable entry in types[section].SectionVariables)
        {
            if (entry.Type == variable)
                return true;
        }

        return false;
    }

    private void CheckMayUse(int map)
    {
        if (VersionRules.WhyNot(_maps[map], _options.KernelVersion) is { } tooNew)
            throw Refuse(Rule.MapType, tooNew);
        if (ProgramRules.WhyNotUsed(_program, _maps[map], _maps.SpecialFields(map)) is { } why)
            throw Refuse(Rule.MapType, why);
    }

    private RegisterState MapValueAddress(int index, uint offset)
    {
        MapSpec map = _maps[index];
        if (map.Type == MapType.Arena && _options.Target == VerifierTarget.Linux)
            return RegisterState.Pointer(RegisterKind.Arena);
        if (map.Type != MapType.Array || map.MaxEntries != 1)
            throw Refuse(Rule.MapType, $"the address of a value of map {map.Name} is taken; only arrays of one element allow that");
        if (offset >= map.ValueSize)
            throw Refuse(Rule.MapValueAccess, $"offset {offset} is outside the value of map {map.Name} ({map.ValueSize} bytes)");
        RegisterState value = RegisterState.Pointer(RegisterKind.MapValue, index);
        value.Offset = (int)offset;
        return value;
    }

    private void LoadLegacyPacket(in Instruction instruction)
    {
        if (!PacketRules.MayUseLegacyLoads(_program.Type))
            throw Refuse(Rule.InvalidInstruction, $"programs of type {_program.Type.Text()} may not use the legacy packet loads", "use bpf_skb_load_bytes()");
        RegisterState context = Read(Register.R6);
        if (context.Kind != RegisterKind.Context || !IsUnmoved(context))
            throw Refuse(Rule.ContextAccess, $"a legacy packet load needs the context in R6, but it is {Words.Describe(context)}");
        if ((instruction.Opcode & Opcodes.ModeMask) == Opcodes.Ind)
        {
            RegisterState index = Read(instruction.Source);
            if (!index.IsScalar && IsStrict)
                throw Refuse(Rule.PointerLeak, $"R{(int)instruction.Source} is {Words.Describe(index)}, used as a packet offset");
        }

        FunctionRange function = _shape.Functions[State.Frame.Function];
        if (State.Frame.Function != 0 && !ProgramRules.ReturnsNumber(_program.Types, function.TypeId))
            throw Refuse(Rule.FunctionSignature, $"a legacy packet load may end function {function.Name} early, which returns no int", "let the function return int");
        if (State.ReferenceCount > 0)
            throw Leak("a legacy packet load, which may end the program,");
        if (State.LockId != 0)
            throw Refuse(Rule.SpinLock, "a legacy packet load, which may end the program, while a spin lock is held");
        // Beyond the packet it ends the function with 0; the program itself may always return that.
        if (State.Depth > 0)
            _paths.Fork(Slot, Edge.EndWithZero);
        for (int i = 1; i <= 5; i++)
            State[i] = default;
        State[0] = RegisterState.Number(Scalar.OfWidth(SizeOf(instruction.Opcode) * 8));
        _facts.Touch(Slot, MemoryKinds.Packet);
    }
}
