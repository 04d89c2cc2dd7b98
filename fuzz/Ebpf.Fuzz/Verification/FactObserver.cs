using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Interpreter;
using Ebpf.Verifier;

namespace Ebpf.Fuzz.Verification;

/// <summary>What the facts rule out has happened.</summary>
internal sealed class FactBroken(string message) : Exception(message);

/// <summary>Holds what the facts say of a program against what happens.</summary>
internal sealed class FactObserver(Facts facts, Instruction[] code) : IExecutionObserver
{
    private int _previous = -1;

    /// <summary>A run begins; the one before may have been stopped anywhere.</summary>
    public void Begin() => _previous = -1;

    public void BeforeInstruction(ExecutionView view)
    {
        int slot = view.Slot;
        InstructionFlags flags = facts.Instructions[slot].Flags;
        if (!flags.HasFlag(InstructionFlags.Reachable))
            throw new FactBroken($"instruction {slot} is said to be unreachable, but is reached");
        if (flags.HasFlag(InstructionFlags.DestinationUpperZero) && view.Registers[(int)code[slot].Destination] >> 32 != 0)
            throw new FactBroken($"instruction {slot}: the upper half of R{(int)code[slot].Destination} is said to be zero, but is not");
        if (_previous >= 0)
        {
            InstructionFlags before = facts.Instructions[_previous].Flags;
            bool wasJump = code[_previous].Class is InstructionClass.Jmp or InstructionClass.Jmp32 && code[_previous].Opcode is not (Opcodes.Call or Opcodes.Exit);
            bool fell = slot == _previous + 1;
            if (wasJump && code[_previous].Offset != 0 && ((before.HasFlag(InstructionFlags.AlwaysTaken) && fell) || (before.HasFlag(InstructionFlags.NeverTaken) && !fell)))
                throw new FactBroken($"instruction {_previous} is said to go one way, but goes the other");
        }

        // After a call the next instruction may be anywhere: in the callee, or in the program that a tail call entered.
        _previous = code[slot].Opcode is Opcodes.Exit or Opcodes.Call ? -1 : slot;
    }
}
