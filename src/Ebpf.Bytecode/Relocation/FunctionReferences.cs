using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>A slot that refers to a function: it calls it, or takes its address.</summary>
/// <param name="Slot">The slot that refers, counted from its function's start.</param>
/// <param name="IsAddress">Whether it takes the address.</param>
/// <param name="Section">The section that is referred to; <see cref="NoSection"/> where nothing tells.</param>
/// <param name="Target">The slot that is referred to, counted in that section.</param>
internal readonly record struct FunctionReference(int Slot, bool IsAddress, int Section, long Target)
{
    /// <summary>An address without a relocation.</summary>
    public const int NoSection = -1;
}

/// <summary>The slots of a function that refer to functions, in order.</summary>
internal static class FunctionReferences
{
    /// <summary>All references, by relocation or, within a section, by the instruction alone.</summary>
    /// <remarks>bpf_object__reloc_code in libbpf.c.</remarks>
    public static ImmutableArray<FunctionReference> Of(FunctionImage function)
    {
        var references = ImmutableArray.CreateBuilder<FunctionReference>();
        FunctionCode code = function.Instructions;
        ReadOnlySpan<byte> bytes = code.Bytes.Span;
        ReadOnlySpan<RelocationEntry> relocations = function.Relocations.AsSpan();
        int next = 0;
        for (int slot = 0; slot < code.Length; slot++)
        {
            while (next < relocations.Length && relocations[next].Slot < slot)
                next++;
            bool isRelocated = next < relocations.Length && relocations[next].Slot == slot;
            // Most slots are neither, and every function of an object is looked at when it is opened.
            byte opcode = bytes[slot * Instruction.Size];
            if (!isRelocated && opcode != Opcodes.Call && opcode != Opcodes.LoadImmediate64)
                continue;

            Instruction instruction = code[slot];
            if (At(function, slot, instruction, isRelocated ? relocations[next] : null) is { } reference)
                references.Add(reference);
            if (instruction.IsWide)
                slot++;
        }

        return references.DrainToImmutable();
    }

    private static FunctionReference? At(FunctionImage function, int slot, in Instruction instruction, in RelocationEntry? relocation) => relocation switch
    {
        { Kind: RelocationKind.FunctionAddress } address when instruction.IsWide =>
            new FunctionReference(slot, true, address.Target, (long)(address.Value + (ulong)(long)instruction.Immediate) / Instruction.Size),
        // A symbol of its own comes with -1, that of a section with the callee's place in it.
        { Kind: RelocationKind.Call } call when !instruction.IsWide =>
            new FunctionReference(slot, false, call.Target, (long)(call.Value / Instruction.Size) + instruction.Immediate + 1L),
        null when instruction.IsWide && instruction.Source == (Register)PseudoLoad.Function =>
            new FunctionReference(slot, true, FunctionReference.NoSection, instruction.Immediate),
        null when IsLocalCall(instruction) =>
            new FunctionReference(slot, false, function.SectionIndex, (long)function.Start + slot + instruction.Immediate + 1L),
        _ => null,
    };

    /// <remarks>insn_is_subprog_call in libbpf.c.</remarks>
    private static bool IsLocalCall(in Instruction instruction) => instruction.IsLocalCall && instruction is { Destination: Register.R0, Offset: 0 };
}
