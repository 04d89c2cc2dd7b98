using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Interpreter;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>Compares each instruction's facts with what happens.</summary>
internal sealed class FactWitness(Facts facts) : IExecutionObserver
{
    public void BeforeInstruction(ExecutionView view)
    {
        Instruction instruction = view.Program.Spec.Instructions[view.Slot];
        InstructionFlags flags = facts.Instructions[view.Slot].Flags;
        if ((flags & InstructionFlags.Reachable) == 0)
            throw new FactException($"instruction {view.Slot} is reached, but its facts say that it never is");
        if ((flags & InstructionFlags.DestinationUpperZero) != 0 && view.Registers[(int)instruction.Destination] > uint.MaxValue)
            throw new FactException($"the upper half of {instruction.Destination} before instruction {view.Slot} is not zero, but its facts say so");
        if ((flags & (InstructionFlags.AlwaysTaken | InstructionFlags.NeverTaken)) != 0 && IsTaken(instruction, view.Registers) != ((flags & InstructionFlags.AlwaysTaken) != 0))
            throw new FactException($"the jump at {view.Slot} goes the way that its facts exclude");
    }

    private static bool IsTaken(Instruction jump, ReadOnlySpan<ulong> registers)
    {
        ulong left = registers[(int)jump.Destination];
        ulong right = (jump.Opcode & Opcodes.SourceMask) == Opcodes.X ? registers[(int)jump.Source] : (ulong)jump.Immediate;
        if (jump.Class == InstructionClass.Jmp32)
        {
            // Sign-extended halves keep both orders.
            left = (ulong)(int)left;
            right = (ulong)(int)right;
        }
        return (jump.Opcode & Opcodes.OperationMask) switch
        {
            Opcodes.Jeq => left == right,
            Opcodes.Jne => left != right,
            Opcodes.Jgt => left > right,
            Opcodes.Jge => left >= right,
            Opcodes.Jlt => left < right,
            Opcodes.Jle => left <= right,
            Opcodes.Jset => (left & right) != 0,
            Opcodes.Jsgt => (long)left > (long)right,
            Opcodes.Jsge => (long)left >= (long)right,
            Opcodes.Jslt => (long)left < (long)right,
            Opcodes.Jsle => (long)left <= (long)right,
            _ => true,
        };
    }
}

internal sealed class FactException(string message) : Exception(message);
