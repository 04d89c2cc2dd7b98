using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Structure;

/// <summary>Where paths meet and part: the slots at which states are worth keeping.</summary>
internal sealed class ControlFlow
{
    private readonly byte[] _marks;

    private ControlFlow(byte[] marks) => _marks = marks;

    /// <summary>Whether a state may be kept at a slot.</summary>
    internal bool IsPruningPoint(int slot) => _marks[slot] != 0;

    /// <summary>Whether a state must be kept at a slot: something goes round there that only a comparison of states ends.</summary>
    internal bool IsForced(int slot) => _marks[slot] == 2;

    /// <summary>Finds the pruning points: targets of jumps, conditional jumps, calls of functions and what follows them, calls that enter callbacks.</summary>
    internal static ControlFlow Of(ProgramShape shape, HelperTable helpers, KernelFunctionTable kernelFunctions)
    {
        Instruction[] code = shape.Code;
        byte[] marks = new byte[code.Length];
        void Mark(int slot, byte mark)
        {
            if (slot < marks.Length && marks[slot] < mark)
                marks[slot] = mark;
        }

        for (int slot = 0; slot < code.Length; slot++)
        {
            ref readonly Instruction instruction = ref code[slot];
            if (instruction.IsWide)
            {
                slot++;
                continue;
            }

            if (instruction.Class is not (InstructionClass.Jmp or InstructionClass.Jmp32))
                continue;
            switch (instruction.Opcode)
            {
                case Opcodes.Exit:
                    break;
                case Opcodes.Call:
                    if (instruction.IsLocalCall)
                    {
                        Mark(slot, 1);
                        Mark(slot + 1, 1);
                    }
                    else if (helpers.At(slot) is { } helper && helper.Has(HelperFlags.CallsBack))
                    {
                        Mark(slot, 2);
                        Mark(slot + 1, 1);
                    }

                    else if (kernelFunctions.At(instruction) is { } call && (call.CallsBack || call.Function.Has(KernelFunctionFlags.IterNext)))
                    {
                        Mark(slot, 2);
                        Mark(slot + 1, 1);
                    }

                    break;
                case Opcodes.MayGoto:
                    Mark(slot, 2);
                    Mark(ProgramShape.JumpTarget(instruction, slot), 1);
                    break;
                case Opcodes.Jump or Opcodes.JumpLong:
                    Mark(ProgramShape.JumpTarget(instruction, slot), 1);
                    break;
                default:
                    Mark(slot, 1);
                    Mark(ProgramShape.JumpTarget(instruction, slot), 1);
                    break;
            }
        }

        return new ControlFlow(marks);
    }
}
