using Ebpf.Bytecode.Isa;

namespace Ebpf.Verifier.Structure;

/// <summary>What a register holds as far as code alone says: enough to know which stack slots most instructions touch.</summary>
internal readonly record struct StackValue(StackValueKind Kind, int Number = 0)
{
    internal static StackValue Unknown => new(StackValueKind.Unknown);

    internal StackValue Join(StackValue other)
    {
        if (this == other || other.Kind == StackValueKind.Unreached)
            return this;
        if (Kind == StackValueKind.Unreached)
            return other;
        bool bothStack = Kind is StackValueKind.Frame or StackValueKind.SomeFrame && other.Kind is StackValueKind.Frame or StackValueKind.SomeFrame;
        return bothStack ? new StackValue(StackValueKind.SomeFrame) : Unknown;
    }

    internal StackValue Plus(StackValue other) => (Kind, other.Kind) switch
    {
        (StackValueKind.Frame, StackValueKind.Constant) when Math.Abs((long)Number + other.Number) < 1 << 20 => this with { Number = Number + other.Number },
        (StackValueKind.Constant, StackValueKind.Frame) => other.Plus(this),
        (StackValueKind.Constant, StackValueKind.Constant) => new StackValue(StackValueKind.Constant, unchecked(Number + other.Number)),
        (StackValueKind.Frame or StackValueKind.SomeFrame, _) or (_, StackValueKind.Frame or StackValueKind.SomeFrame) => new StackValue(StackValueKind.SomeFrame),
        _ => Unknown,
    };
}

/// <summary>Kinds of <see cref="StackValue"/>.</summary>
internal enum StackValueKind : byte
{
    /// <summary>No path comes here.</summary>
    Unreached,

    /// <summary>Anything.</summary>
    Unknown,

    /// <summary>The frame pointer plus <see cref="StackValue.Number"/>.</summary>
    Frame,

    /// <summary>The frame pointer plus something.</summary>
    SomeFrame,

    /// <summary>A constant that fits 32 bits, signed.</summary>
    Constant,

    /// <summary>A map, by its index.</summary>
    Map,
}

/// <summary>The forward pass that finds the <see cref="StackValue"/> of each register before each instruction of a function.</summary>
internal sealed class StackValues(Instruction[] code)
{
    /// <summary>More passes over a function than any real one needs.</summary>
    internal const int MaxSweeps = 200;

    private const int Registers = 11;

    private readonly StackValue[] _before = new StackValue[code.Length * Registers];

    internal StackValue Before(int slot, Register register) => _before[slot * Registers + (int)register];

    internal void Run(FunctionRange function)
    {
        Span<StackValue> now = stackalloc StackValue[Registers];
        now.Fill(StackValue.Unknown);
        now[10] = new StackValue(StackValueKind.Frame);
        bool[] waiting = new bool[function.End - function.Start];
        Flow(function.Start, now, waiting, function.Start);
        bool again = true;
        for (int sweep = 0; again; sweep++)
        {
            // Code that is written to take long learns nothing; what is unknown is found out by the walk.
            if (sweep == MaxSweeps)
            {
                Forget(function);
                return;
            }

            again = false;
            for (int slot = function.Start; slot < function.End; slot++)
            {
                if (!waiting[slot - function.Start])
                    continue;
                waiting[slot - function.Start] = false;
                _before.AsSpan(slot * Registers, Registers).CopyTo(now);
                again |= Step(slot, now, waiting, function);
            }
        }
    }

    private void Forget(FunctionRange function)
    {
        for (int slot = function.Start; slot < function.End; slot++)
        {
            _before.AsSpan(slot * Registers, Registers).Fill(StackValue.Unknown);
            _before[slot * Registers + 10] = new StackValue(StackValueKind.Frame);
        }
    }

    private bool Step(int slot, Span<StackValue> now, bool[] waiting, FunctionRange function)
    {
        Instruction instruction = code[slot];
        bool back = false;
        switch (instruction.Class)
        {
            case InstructionClass.Alu or InstructionClass.Alu64:
                now[(int)instruction.Destination] = Compute(instruction, now);
                break;
            case InstructionClass.Ldx:
                now[(int)instruction.Destination] = StackValue.Unknown;
                break;
            case InstructionClass.Stx when (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Atomic:
                now[0] = StackValue.Unknown;
                if ((instruction.Immediate & Opcodes.AtomicFetch) != 0)
                    now[(int)instruction.Source] = StackValue.Unknown;
                if (instruction.Immediate == Opcodes.AtomicLoadAcquire)
                    now[(int)instruction.Destination] = StackValue.Unknown;
                break;
            case InstructionClass.Ld when instruction.IsWide:
                now[(int)instruction.Destination] = Wide(instruction, code[slot + 1]);
                break;
            case InstructionClass.Ld:
                now[..6].Fill(StackValue.Unknown);
                break;
            case InstructionClass.Jmp or InstructionClass.Jmp32:
                if (instruction.Opcode == Opcodes.Exit)
                    return false;
                if (instruction.Opcode == Opcodes.Call)
                {
                    now[..6].Fill(StackValue.Unknown);
                    break;
                }

                int target = ProgramShape.JumpTarget(instruction, slot);
                back = Flow(target, now, waiting, function.Start) && target <= slot;
                if (instruction.Opcode is Opcodes.Jump or Opcodes.JumpLong)
                    return back;
                break;
        }

        now[10] = new StackValue(StackValueKind.Frame);
        int next = slot + (instruction.IsWide ? 2 : 1);
        if (next < function.End)
            Flow(next, now, waiting, function.Start);
        return back;
    }

    private static StackValue Compute(in Instruction instruction, ReadOnlySpan<StackValue> now)
    {
        bool wide = instruction.Class == InstructionClass.Alu64;
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        StackValue operand = fromRegister ? now[(int)instruction.Source] : new StackValue(StackValueKind.Constant, instruction.Immediate);
        StackValue value = now[(int)instruction.Destination];
        switch (instruction.Opcode & Opcodes.OperationMask)
        {
            case Opcodes.Mov when instruction.Offset == 0 && (wide || (operand.Kind == StackValueKind.Constant && operand.Number >= 0)):
                return operand;
            case Opcodes.Add when wide:
                return value.Plus(operand);
            default:
                // The stack's address may shine through any other computation on it.
                bool stack = value.Kind is StackValueKind.Frame or StackValueKind.SomeFrame || operand.Kind is StackValueKind.Frame or StackValueKind.SomeFrame;
                return stack ? new StackValue(StackValueKind.SomeFrame) : StackValue.Unknown;
        }
    }

    private static StackValue Wide(in Instruction first, in Instruction second) => (PseudoLoad)first.Source switch
    {
        PseudoLoad.MapIndex => new StackValue(StackValueKind.Map, first.Immediate),
        PseudoLoad.None when second.Immediate == first.Immediate >> 31 => new StackValue(StackValueKind.Constant, first.Immediate),
        _ => StackValue.Unknown,
    };

    private bool Flow(int slot, ReadOnlySpan<StackValue> values, bool[] waiting, int start)
    {
        Span<StackValue> before = _before.AsSpan(slot * Registers, Registers);
        bool changed = false;
        for (int i = 0; i < Registers; i++)
        {
            StackValue joined = before[i].Join(values[i]);
            if (joined == before[i])
                continue;
            before[i] = joined;
            changed = true;
        }

        if (changed)
            waiting[slot - start] = true;
        return changed;
    }
}
