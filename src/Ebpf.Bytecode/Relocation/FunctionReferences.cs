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
    public static IEnumerable<FunctionReference> Of(FunctionImage function)
    {
        int next = 0;
        int count = function.Instructions.Length;
        for (int slot = 0; slot < count; slot++)
        {
            Instruction instruction = function.Instructions.Span[slot];
            while (next < function.Relocations.Length && function.Relocations[next].Slot < slot)
                next++;
            RelocationEntry? relocation = next < function.Relocations.Length && function.Relocations[next].Slot == slot ? function.Relocations[next] : null;
            if (instruction.IsWide)
            {
                if (relocation is { Kind: RelocationKind.FunctionAddress } address)
                    yield return new FunctionReference(slot, true, address.Target, (long)(address.Value + (ulong)(long)instruction.Immediate) / Instruction.Size);
                else if (relocation is null && instruction.Source == (Register)PseudoLoad.Function)
                    yield return new FunctionReference(slot, true, FunctionReference.NoSection, instruction.Immediate);
                slot++;
            }
            else if (relocation is { Kind: RelocationKind.Call } call)
            {
                // A symbol of its own comes with -1, that of a section with the callee's place in it.
                yield return new FunctionReference(slot, false, call.Target, (long)(call.Value / Instruction.Size) + instruction.Immediate + 1L);
            }
            else if (relocation is null && IsLocalCall(instruction))
            {
                yield return new FunctionReference(slot, false, function.SectionIndex, (long)function.Start + slot + instruction.Immediate + 1L);
            }
        }
    }

    /// <remarks>insn_is_subprog_call in libbpf.c.</remarks>
    private static bool IsLocalCall(in Instruction instruction) => instruction.IsLocalCall && instruction is { Destination: Register.R0, Offset: 0 };
}
