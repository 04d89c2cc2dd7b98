using Ebpf.Bytecode.Isa;

namespace Ebpf.Verifier.Structure;

/// <summary>Which registers have their upper 32 bits zero before each instruction, whatever the path: a forward pass over each function's code.</summary>
/// <remarks>The walk cannot say this: where it prunes, a number that nothing rests on may be any other.</remarks>
internal sealed class UpperHalves
{
    private readonly ushort[] _zeroBefore;
    private readonly Instruction[] _code;

    private UpperHalves(ushort[] zeroBefore, Instruction[] code)
    {
        _zeroBefore = zeroBefore;
        _code = code;
    }

    internal bool IsDestinationUpperZero(int slot) => (int)_code[slot].Destination <= 10 && (_zeroBefore[slot] >> (int)_code[slot].Destination & 1) != 0;

    /// <param name="shape">The program.</param>
    /// <param name="loadsPointer">Whether the load at a slot is of a context field that holds a pointer: 32 bits wide for the program, 64 in the engine.</param>
    internal static UpperHalves Of(ProgramShape shape, Func<int, bool> loadsPointer)
    {
        Instruction[] code = shape.Code;
        ushort[] before = new ushort[code.Length];
        bool[] seen = new bool[code.Length];
        Stack<int> work = new();
        void Flow(int slot, ushort mask)
        {
            if ((uint)slot >= (uint)code.Length)
                return;
            ushort merged = seen[slot] ? (ushort)(before[slot] & mask) : mask;
            if (seen[slot] && merged == before[slot])
                return;
            before[slot] = merged;
            seen[slot] = true;
            work.Push(slot);
        }

        foreach (FunctionRange function in shape.Functions)
            Flow(function.Start, 0);
        while (work.TryPop(out int slot))
        {
            Instruction instruction = code[slot];
            ushort after = After(code, slot, before[slot], loadsPointer);
            bool jumps = instruction.Class is InstructionClass.Jmp or InstructionClass.Jmp32;
            if (jumps && instruction.Opcode == Opcodes.Exit)
                continue;
            if (jumps && instruction.Opcode != Opcodes.Call)
            {
                Flow(ProgramShape.JumpTarget(instruction, slot), after);
                if (instruction.Opcode is Opcodes.Jump or Opcodes.JumpLong)
                    continue;
            }

            Flow(slot + (instruction.IsWide ? 2 : 1), after);
        }

        return new UpperHalves(before, code);
    }

    private static ushort After(Instruction[] code, int slot, ushort before, Func<int, bool> loadsPointer)
    {
        Instruction instruction = code[slot];
        int destination = (int)instruction.Destination;
        bool? zero = null;
        switch (instruction.Class)
        {
            case InstructionClass.Alu:
                // A byte swap of 64 bits is in this class too.
                bool swaps = (instruction.Opcode & Opcodes.OperationMask) == Opcodes.End;
                zero = !swaps || instruction.Immediate != 64;
                break;
            case InstructionClass.Alu64:
                zero = IsZeroAfterWide(instruction, before);
                break;
            case InstructionClass.Ldx:
                zero = (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Mem && (instruction.Opcode & Opcodes.SizeMask) != Opcodes.DW && !loadsPointer(slot);
                break;
            case InstructionClass.Stx when (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Atomic:
                return AfterAtomic(instruction, before);
            case InstructionClass.Ld:
                if (!instruction.IsWide)
                    return (ushort)(before & ~0x3f | 1);
                zero = instruction.Source == 0 && code[slot + 1].Immediate == 0;
                break;
            case InstructionClass.Jmp when instruction.Opcode == Opcodes.Call:
                return (ushort)(before & ~0x3f);
        }

        return zero switch
        {
            true => (ushort)(before | 1 << destination),
            false => (ushort)(before & ~(1 << destination)),
            null => before,
        };
    }

    private static bool IsZeroAfterWide(in Instruction instruction, ushort before)
    {
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        bool destination = (before >> (int)instruction.Destination & 1) != 0;
        bool source = fromRegister ? (before >> (int)instruction.Source & 1) != 0 : instruction.Immediate >= 0;
        return (instruction.Opcode & Opcodes.OperationMask) switch
        {
            Opcodes.Mov => source && instruction.Offset == 0,
            Opcodes.And => destination || source,
            Opcodes.Or or Opcodes.Xor => destination && source,
            Opcodes.Rsh => destination || (!fromRegister && instruction.Immediate >= 32),
            Opcodes.Mod when instruction.Offset == 0 => destination,
            Opcodes.Div when instruction.Offset == 0 => destination,
            Opcodes.End => instruction.Immediate != 64,
            _ => false,
        };
    }

    private static ushort AfterAtomic(in Instruction instruction, ushort before)
    {
        bool narrow = (instruction.Opcode & Opcodes.SizeMask) != Opcodes.DW;
        int written = instruction.Immediate switch
        {
            Opcodes.AtomicLoadAcquire => (int)instruction.Destination,
            Opcodes.AtomicStoreRelease => -1,
            Opcodes.AtomicCompareExchange => 0,
            _ => (instruction.Immediate & Opcodes.AtomicFetch) != 0 ? (int)instruction.Source : -1,
        };
        if (written < 0)
            return before;
        return narrow ? (ushort)(before | 1 << written) : (ushort)(before & ~(1 << written));
    }
}
