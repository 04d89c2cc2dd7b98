using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Structure;

/// <summary>
/// Which registers and which slots of a function's stack may still be read, before each instruction. Registers are exact. Stack is a guess where
/// pointers to it go through memory or other functions: the walk compares every read with it (<see cref="LivenessGap"/>) and begins again with a coarser
/// one for the function where it was wrong, so that what a finished walk relied on is right.
/// </summary>
internal sealed class Liveness
{
    private const ushort AllArguments = 0x3e, CallClobbers = 0x3f;

    private readonly ProgramShape _shape;
    private readonly HelperTable _helpers;
    private readonly MapTable _maps;
    private readonly ushort[] _registers;
    private readonly ulong[] _stack;
    private readonly StackValues _values;
    private ulong _escaped;

    internal Liveness(ProgramShape shape, HelperTable helpers, MapTable maps, CallGraph calls)
    {
        _shape = shape;
        _helpers = helpers;
        _maps = maps;
        _registers = new ushort[shape.Code.Length];
        _stack = new ulong[shape.Code.Length];
        _values = new StackValues(shape.Code);
        // Callees first: what they read of their arguments is what a call reads.
        foreach (int function in calls.CalleesFirst)
            Analyse(function);
    }

    /// <summary>The registers that may be read from a slot on, in the frame that is there (or, below it, at its call).</summary>
    internal uint Registers(int slot, bool isTop) => isTop ? _registers[slot] : (uint)(_registers[slot] | CallClobbers);

    /// <summary>The stack slots that may be read from an instruction on.</summary>
    internal ulong Stack(int slot) => _stack[slot];

    /// <summary>Gives up on the stack of a function: everything may be read everywhere.</summary>
    internal void Coarsen(int function)
    {
        FunctionRange range = _shape.Functions[function];
        _stack.AsSpan(range.Start, range.End - range.Start).Fill(ulong.MaxValue);
    }

    private void Analyse(int index)
    {
        FunctionRange function = _shape.Functions[index];
        _values.Run(function);
        int length = function.End - function.Start;
        Effect[] effects = new Effect[length];
        _escaped = 0;
        for (int slot = function.Start; slot < function.End; slot++)
        {
            effects[slot - function.Start] = EffectOf(slot);
            if (_shape.Code[slot].IsWide)
                slot++;
        }

        bool again = true;
        for (int sweep = 0; again; sweep++)
        {
            if (sweep == StackValues.MaxSweeps)
            {
                _registers.AsSpan(function.Start, length).Fill(0x7ff);
                Coarsen(index);
                return;
            }

            again = false;
            for (int slot = function.End - 1; slot >= function.Start; slot--)
                again |= Update(slot, function, effects[slot - function.Start]);
        }

        if (_escaped == 0)
            return;
        for (int slot = function.Start; slot < function.End; slot++)
            _stack[slot] |= _escaped;
    }

    private bool Update(int slot, FunctionRange function, in Effect effect)
    {
        Instruction instruction = _shape.Code[slot];
        ushort registers = 0;
        ulong stack = 0;
        bool jumps = instruction.Class is InstructionClass.Jmp or InstructionClass.Jmp32 && instruction.Opcode is not (Opcodes.Call or Opcodes.Exit);
        if (jumps)
        {
            int target = ProgramShape.JumpTarget(instruction, slot);
            registers |= _registers[target];
            stack |= _stack[target];
        }

        int next = slot + (instruction.IsWide ? 2 : 1);
        bool continues = instruction.Opcode is not (Opcodes.Exit or Opcodes.Jump or Opcodes.JumpLong) && next < function.End;
        if (continues)
        {
            registers |= _registers[next];
            stack |= _stack[next];
        }

        registers = (ushort)(registers & ~effect.Writes | effect.Reads);
        stack = stack & ~effect.StackWrites | effect.StackReads;
        if (registers == _registers[slot] && stack == _stack[slot])
            return false;
        _registers[slot] = registers;
        _stack[slot] = stack;
        return true;
    }

    private Effect EffectOf(int slot)
    {
        Instruction instruction = _shape.Code[slot];
        ushort destination = (ushort)(1 << (int)instruction.Destination), source = (ushort)(1 << (int)instruction.Source);
        switch (instruction.Class)
        {
            case InstructionClass.Alu or InstructionClass.Alu64:
                int operation = instruction.Opcode & Opcodes.OperationMask;
                bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X && operation is not (Opcodes.End or Opcodes.Neg);
                ushort reads = fromRegister ? source : (ushort)0;
                return new Effect((ushort)(operation == Opcodes.Mov ? reads : reads | destination), destination);
            case InstructionClass.Ldx:
                return new Effect(source, destination) { StackReads = Touched(slot, instruction.Source, instruction.Offset, SizeOf(instruction)) };
            case InstructionClass.St:
                return new Effect(destination, 0) { StackWrites = Overwritten(slot, instruction) };
            case InstructionClass.Stx when (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Mem:
                Escape(_values.Before(slot, instruction.Source));
                return new Effect((ushort)(source | destination), 0) { StackWrites = Overwritten(slot, instruction) };
            case InstructionClass.Stx:
                return AtomicEffect(slot, instruction, destination, source);
            case InstructionClass.Ld when instruction.IsWide:
                return new Effect(0, destination);
            case InstructionClass.Ld:
                bool indirect = (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Ind;
                return new Effect((ushort)(1 << 6 | (indirect ? source : 0)), CallClobbers);
            default:
                return JumpEffect(slot, instruction, destination, source);
        }
    }

    private Effect AtomicEffect(int slot, in Instruction instruction, ushort destination, ushort source)
    {
        int size = SizeOf(instruction);
        if (instruction.Immediate == Opcodes.AtomicLoadAcquire)
            return new Effect(source, destination) { StackReads = Touched(slot, instruction.Source, instruction.Offset, size) };
        Escape(_values.Before(slot, instruction.Source));
        ushort reads = (ushort)(source | destination);
        ushort writes = 0;
        if (instruction.Immediate == Opcodes.AtomicCompareExchange)
            (reads, writes) = ((ushort)(reads | 1), 1);
        else if (instruction.Immediate != Opcodes.AtomicStoreRelease && (instruction.Immediate & Opcodes.AtomicFetch) != 0)
            writes = source;
        return new Effect(reads, writes) { StackReads = Touched(slot, instruction.Destination, instruction.Offset, size) };
    }

    private Effect JumpEffect(int slot, in Instruction instruction, ushort destination, ushort source)
    {
        switch (instruction.Opcode)
        {
            case Opcodes.Exit:
                return new Effect(1, 0);
            case Opcodes.Jump or Opcodes.JumpLong or Opcodes.MayGoto:
                return default;
            case Opcodes.Call:
                return CallEffect(slot, instruction);
            default:
                bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
                return new Effect((ushort)(destination | (fromRegister ? source : 0)), 0);
        }
    }

    private Effect CallEffect(int slot, in Instruction instruction)
    {
        if (instruction.IsLocalCall)
        {
            int target = slot + 1 + instruction.Immediate;
            bool isGlobal = _shape.Functions[_shape.FunctionAt(target)].IsGlobal;
            ushort reads = isGlobal ? AllArguments : (ushort)(_registers[target] & AllArguments);
            ulong stack = 0;
            for (Register register = Register.R1; register <= Register.R5; register++)
            {
                if (_values.Before(slot, register).Kind is StackValueKind.Frame or StackValueKind.SomeFrame)
                    stack = ulong.MaxValue;
            }

            return new Effect(reads, CallClobbers) { StackReads = stack };
        }

        return instruction.IsHelperCall && _helpers.At(slot) is { } helper
            ? HelperEffect(slot, helper)
            : new Effect(AllArguments, CallClobbers) { StackReads = ulong.MaxValue };
    }

    private Effect HelperEffect(int slot, HelperPrototype helper)
    {
        ushort reads = 0;
        ulong stackReads = 0, stackWrites = 0;
        int map = -1;
        for (int i = 0; i < helper.Arguments.Length; i++)
        {
            Argument argument = helper.Arguments[i];
            Register register = (Register)(i + 1);
            reads |= (ushort)(1 << (i + 1));
            StackValue value = _values.Before(slot, register);
            if (argument.Kind == ArgumentKind.MapPointer && value.Kind == StackValueKind.Map)
                map = value.Number;
            if (value.Kind is not (StackValueKind.Frame or StackValueKind.SomeFrame))
                continue;
            int size = SizeOf(slot, argument, i + 1, map);
            ulong touched = value.Kind == StackValueKind.SomeFrame || argument.Kind == ArgumentKind.StackOrNull
                ? ulong.MaxValue
                : size >= 0 ? SlotsOf(value.Number, size) : SlotsFrom(value.Number);
            if (argument.IsUninitialised && value.Kind == StackValueKind.Frame && size >= 0)
                stackWrites |= FullSlotsOf(value.Number, size);
            else
                stackReads |= touched;
        }

        return new Effect(reads, CallClobbers) { StackReads = stackReads, StackWrites = stackWrites & ~stackReads };
    }

    /// <summary>The bytes that a helper touches through an argument; -1 where the code alone does not say.</summary>
    private int SizeOf(int slot, in Argument argument, int register, int map)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.MapKey when map >= 0:
                return (int)Math.Min(_maps[map].KeySize, 512);
            case ArgumentKind.MapValue or ArgumentKind.MapValueOrNull or ArgumentKind.UninitMapValue when map >= 0:
                return (int)Math.Min(_maps[map].ValueSize, 512);
            case ArgumentKind.FixedMemory or ArgumentKind.WritableFixedMemory or ArgumentKind.UninitFixedMemory:
                return argument.Size;
            case ArgumentKind.Memory or ArgumentKind.MemoryOrNull or ArgumentKind.WritableMemory or ArgumentKind.WritableMemoryOrNull or ArgumentKind.UninitMemory:
                StackValue size = _values.Before(slot, (Register)(argument.SizeRegister != 0 ? argument.SizeRegister : register + 1));
                return size is { Kind: StackValueKind.Constant, Number: >= 0 and <= 512 } ? size.Number : -1;
            default:
                return -1;
        }
    }

    private static int SizeOf(in Instruction instruction) => (instruction.Opcode & Opcodes.SizeMask) switch
    {
        Opcodes.B => 1,
        Opcodes.H => 2,
        Opcodes.W => 4,
        _ => 8,
    };

    private ulong Touched(int slot, Register register, int displacement, int size)
    {
        StackValue address = _values.Before(slot, register);
        return address.Kind switch
        {
            StackValueKind.Frame => SlotsOf(address.Number + displacement, size),
            StackValueKind.SomeFrame => ulong.MaxValue,
            _ => 0,
        };
    }

    private ulong Overwritten(int slot, in Instruction instruction)
    {
        StackValue address = _values.Before(slot, instruction.Destination);
        return address.Kind == StackValueKind.Frame ? FullSlotsOf(address.Number + instruction.Offset, SizeOf(instruction)) : 0;
    }

    private void Escape(StackValue value)
    {
        if (value.Kind == StackValueKind.SomeFrame)
            _escaped = ulong.MaxValue;
        else if (value.Kind == StackValueKind.Frame)
            _escaped |= SlotsFrom(value.Number);
    }

    /// <summary>The slots that bytes of the frame lie in.</summary>
    private static ulong SlotsOf(int offset, int size)
    {
        ulong slots = 0;
        for (int at = Math.Max(offset, -512); at < offset + size && at < 0; at = (at & ~7) + 8)
            slots |= 1ul << ((-at - 1) >> 3);
        return slots;
    }

    private static ulong FullSlotsOf(int offset, int size)
    {
        ulong slots = 0;
        for (int at = Math.Max((offset + 7) & ~7, -512); at + 8 <= offset + size && at < 0; at += 8)
            slots |= 1ul << ((-at - 1) >> 3);
        return slots;
    }

    private static ulong SlotsFrom(int offset) => offset >= 0 ? 0 : SlotsOf(offset, -offset);

    private readonly record struct Effect(ushort Reads, ushort Writes)
    {
        public ulong StackReads { get; init; }

        public ulong StackWrites { get; init; }
    }
}
