using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>What a generated program consists of.</summary>
internal sealed partial class ProgramGenerator
{
    private static readonly byte[] Operations =
        [Opcodes.Add, Opcodes.Sub, Opcodes.Mul, Opcodes.Div, Opcodes.Or, Opcodes.And, Opcodes.Lsh, Opcodes.Rsh, Opcodes.Mod, Opcodes.Xor, Opcodes.Mov, Opcodes.Arsh];

    private static readonly byte[] Comparisons =
        [Opcodes.Jeq, Opcodes.Jgt, Opcodes.Jge, Opcodes.Jset, Opcodes.Jne, Opcodes.Jsgt, Opcodes.Jsge, Opcodes.Jlt, Opcodes.Jle, Opcodes.Jslt, Opcodes.Jsle];

    private void Arithmetic()
    {
        Register target = SomeNumber(), source = SomeNumber();
        bool whole = _random.Next(2) == 0;
        switch (_random.Next(14))
        {
            case 0:
                Emit(whole ? Asm.Neg64(target) : Asm.Neg32(target));
                return;
            case 1:
                Emit(_random.Next(3) switch
                {
                    0 => Asm.MovSx64(target, source, (short)(8 << _random.Next(3))),
                    1 => Asm.MovSx32(target, source, (short)(8 << _random.Next(2))),
                    _ => Asm.Mov32(target, source),
                });
                return;
            case 2:
                int bits = 16 << _random.Next(3);
                Emit(_random.Next(3) switch { 0 => Asm.ByteSwap(target, bits), 1 => Asm.ToBigEndian(target, bits), _ => Asm.ToLittleEndian(target, bits) });
                return;
        }

        byte operation = Operations[_random.Next(Operations.Length)];
        bool isShift = operation is Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh;
        bool isDivision = operation is Opcodes.Div or Opcodes.Mod;
        Instruction instruction;
        if (_random.Next(2) == 0)
        {
            int immediate = isShift ? _random.Next(whole ? 64 : 32) : Immediate(_random);
            if (isDivision && immediate == 0)
                immediate = 3;
            instruction = whole ? Asm.Alu64(operation, target, immediate) : Asm.Alu32(operation, target, immediate);
        }
        else
        {
            instruction = whole ? Asm.Alu64(operation, target, source) : Asm.Alu32(operation, target, source);
        }
        Emit(isDivision && _random.Next(2) == 0 ? instruction with { Offset = 1 } : instruction);
    }

    /// <summary>Bounds a number: by a mask, or by leaving where it is out of range.</summary>
    private void Bound()
    {
        Register number = SomeNumber();
        int limit = _random.Next(3) == 0 ? _random.Next(1, 80) : (1 << _random.Next(1, 7)) - 1;
        switch (_random.Next(6))
        {
            case 0 or 1:
                Emit(_random.Next(2) == 0 ? Asm.And64(number, limit) : Asm.And32(number, limit));
                return;
            case 2:
                Emit(Asm.Mod64(number, limit + 1));
                return;
            case 3:
                Leave(Asm.JumpIf(Opcodes.Jsge, number, _random.Next(-3, 4), 2));
                Leave(Asm.JumpIf(Opcodes.Jsle, number, limit, 2));
                return;
            case 4:
                Leave(_random.Next(2) == 0 ? Asm.JumpIf32(Opcodes.Jlt, number, limit, 2) : Asm.JumpIf(Opcodes.Jlt, number, limit, 2));
                return;
            default:
                byte comparison = Comparisons[_random.Next(Comparisons.Length)];
                Register other = SomeNumber();
                Leave((_random.Next(4)) switch
                {
                    0 => Asm.JumpIf(comparison, number, limit, 2),
                    1 => Asm.JumpIf32(comparison, number, limit, 2),
                    2 => Asm.JumpIf(comparison, number, other, 2),
                    _ => Asm.JumpIf32(comparison, number, other, 2),
                });
                return;
        }
    }

    /// <summary>Leaves the program unless the jump is taken.</summary>
    private void Leave(Instruction unless)
    {
        Emit(unless);
        Emit(Asm.Mov64(R0, 1));
        Emit(Asm.Exit());
    }

    /// <summary>Copies a register, or moves a pointer by a number.</summary>
    private void Move()
    {
        Register target = Free();
        if (_random.Next(3) == 0)
        {
            if (Find(h => h != Holding.Nothing) is not { } any)
                return;
            Emit(Asm.Mov64(target, any));
            Set(target, _holds[(int)any]);
            return;
        }

        if (Find(h => h is Holding.ArrayValue or Holding.HashValue or Holding.Packet or Holding.Stack) is not { } pointer)
            return;
        Register offset = SomeNumber();
        if (target == offset)
            return;
        if (target != pointer)
        {
            Emit(Asm.Mov64(target, pointer));
            Set(target, _holds[(int)pointer]);
        }
        if (_random.Next(2) == 0 || _holds[(int)pointer] == Holding.Stack)
        {
            Emit(Asm.Add64(target, _holds[(int)pointer] == Holding.Stack ? 8 * _random.Next(-3, 1) : _random.Next(-16, 33)));
            return;
        }

        if (_random.Next(4) != 0)
            Emit(Asm.And64(offset, (1 << _random.Next(1, 6)) - 1));
        if (offset == R10)
            return;
        Emit(_random.Next(6) == 0 ? Asm.Sub64(target, offset) : Asm.Add64(target, offset));
    }

    private void Load()
    {
        if (Find(h => h is Holding.ArrayValue or Holding.HashValue or Holding.Packet or Holding.Stack) is not { } pointer)
            return;
        Register target = Free();
        Size size = RandomSize();
        short offset = Offset(_holds[(int)pointer], Bytes(size));
        Emit(size != Size.DW && _random.Next(4) == 0 ? Asm.LoadSigned(size, target, pointer, offset) : Asm.Load(size, target, pointer, offset));
        Set(target, Holding.Number);
    }

    private void Store()
    {
        if (Find(h => h is Holding.ArrayValue or Holding.HashValue or Holding.Packet or Holding.Stack) is not { } pointer)
            return;
        Size size = RandomSize();
        short offset = Offset(_holds[(int)pointer], Bytes(size));
        if (_random.Next(3) == 0)
            Emit(Asm.StoreImmediate(size, pointer, offset, Immediate(_random)));
        else
            Emit(Asm.Store(size, pointer, offset, Rarely() ? R10 : SomeNumber()));
        if (_holds[(int)pointer] == Holding.Stack)
            Array.Fill(_stack, Holding.Number);
    }

    private short Offset(Holding holding, int size) => holding switch
    {
        Holding.Stack => (short)(_random.Next(-StackSlots, 0) * 8 + (Rarely() ? _random.Next(-3, 4) : _random.Next(8 / size) * size)),
        Holding.Packet => (short)(_random.Next(5) == 0 ? _random.Next(-2, 15) : _random.Next(0, Math.Max(1, _packetBytes - size + 1))),
        Holding.HashValue => (short)(_random.Next(0, 3) * 8),
        _ => (short)(_random.Next(0, 4) * 8),
    };

    private void Atomic()
    {
        if (Find(h => h is Holding.ArrayValue or Holding.HashValue or Holding.Stack) is not { } pointer)
            return;
        Size size = _random.Next(2) == 0 ? Size.W : Size.DW;
        short offset = Offset(_holds[(int)pointer], 8);
        Register operand = SomeNumber();
        int[] operations = [Opcodes.AtomicAdd, Opcodes.AtomicOr, Opcodes.AtomicAnd, Opcodes.AtomicXor];
        int operation = operations[_random.Next(4)] | (_random.Next(2) == 0 ? Opcodes.AtomicFetch : 0);
        if (_random.Next(4) == 0)
            operation = Opcodes.AtomicExchange;
        if (_random.Next(6) == 0 && _holds[0] == Holding.Number)
            operation = Opcodes.AtomicCompareExchange;
        Emit(Asm.Atomic(size, operation, pointer, offset, operand));
    }

    /// <summary>Skips a block, or chooses between two, after a comparison.</summary>
    private void Branch(int depth)
    {
        Register left = SomeNumber(), right = SomeNumber();
        byte comparison = Comparisons[_random.Next(Comparisons.Length)];
        int jump = _code.Count;
        Emit(Asm.Jump(0));
        Holding[] before = [.. _holds], stackBefore = [.. _stack];
        Body(_random.Next(1, 5), depth + 1);
        int immediate = Immediate(_random);
        Instruction Conditional(int target) => (_random.Next(4)) switch
        {
            0 => Asm.JumpIf(comparison, left, immediate, (short)(target - jump - 1)),
            1 => Asm.JumpIf32(comparison, left, immediate, (short)(target - jump - 1)),
            2 => Asm.JumpIf(comparison, left, right, (short)(target - jump - 1)),
            _ => Asm.JumpIf32(comparison, left, right, (short)(target - jump - 1)),
        };
        Holding[] after = [.. _holds], stackAfter = [.. _stack];
        if (_random.Next(2) == 0)
        {
            int skip = _code.Count;
            Emit(Asm.Jump(0));
            _code[jump] = Conditional(_code.Count);
            before.CopyTo(_holds, 0);
            stackBefore.CopyTo(_stack, 0);
            Body(_random.Next(1, 4), depth + 1);
            _code[skip] = Asm.Jump((short)(_code.Count - skip - 1));
        }
        else
        {
            _code[jump] = Conditional(_code.Count);
            before.CopyTo(_holds, 0);
            stackBefore.CopyTo(_stack, 0);
        }
        Meet(_holds, after);
        Meet(_stack, stackAfter);
    }

    private static void Meet(Holding[] state, Holding[] other)
    {
        for (int i = 0; i < state.Length; i++)
        {
            if (state[i] != other[i])
                state[i] = Holding.Nothing;
        }
    }

    /// <summary>Counts up or down a few times.</summary>
    private void Loop(int depth)
    {
        if (_counter != R10)
            return;
        Register counter = Free();
        if (counter is R6 or <= R5)
            return;
        bool up = _random.Next(2) == 0;
        int times = _random.Next(1, 9);
        Emit(Asm.Mov64(counter, up ? 0 : times));
        Set(counter, Holding.Number);
        _counter = counter;
        int start = _code.Count;
        Body(_random.Next(1, 5), depth + 2);
        _counter = R10;
        Emit(Asm.Add64(counter, up ? 1 : -1));
        short back = (short)(start - _code.Count - 1);
        Emit(up ? Asm.JumpIf(_random.Next(2) == 0 ? Opcodes.Jlt : Opcodes.Jne, counter, times, back) : Asm.JumpIf(Opcodes.Jne, counter, 0, back));
    }

    private void LoadPacket()
    {
        if (Find(h => h == Holding.Context) is not { } context)
            return;
        Register data = R7, end = R8;
        if (data == _counter || end == _counter || context == data)
            return;
        Emit(Asm.Load(Size.W, data, context, 0));
        Emit(Asm.Load(Size.W, end, context, 4));
        Set(data, Holding.Packet);
        Set(end, Holding.PacketEnd);
        _packetBytes = 0;
        CheckPacket();
    }

    /// <summary>Leaves unless the packet has some bytes behind a pointer.</summary>
    private void CheckPacket()
    {
        if (Find(h => h == Holding.Packet) is not { } packet || Find(h => h == Holding.PacketEnd) is not { } end)
            return;
        Register limit = Free();
        if (limit == packet || limit == end)
            return;
        Emit(Asm.Mov64(limit, packet));
        int bytes = _random.Next(1, 25);
        Emit(Asm.Add64(limit, bytes));
        _packetBytes = _random.Next(3) == 0 ? bytes : Math.Max(bytes, _packetBytes);
        Leave(_random.Next(6) switch
        {
            0 => Asm.JumpIf(Opcodes.Jge, end, limit, 2),
            1 => Asm.JumpIf(Opcodes.Jgt, end, limit, 2),
            2 => Asm.JumpIf(Opcodes.Jlt, limit, end, 2),
            _ => Asm.JumpIf(Opcodes.Jle, limit, end, 2),
        });
        Set(limit, Rarely() ? Holding.Packet : Holding.Nothing);
    }

    private void Spill()
    {
        int slot = _random.Next(StackSlots);
        if (_random.Next(2) == 0)
        {
            if (Find(h => h != Holding.Nothing) is not { } any || any == R10)
                return;
            Emit(Asm.Store(Size.DW, R10, SlotOffset(slot), any));
            _stack[slot] = _holds[(int)any];
        }
        else if (_stack[slot] != Holding.Nothing)
        {
            Register target = Free();
            Emit(Asm.Load(Size.DW, target, R10, SlotOffset(slot)));
            Set(target, _stack[slot]);
        }
    }

    private void LookUp()
    {
        bool hash = _random.Next(2) == 0;
        Key(hash ? HashKeySize : 4);
        Emit(Asm.LoadMap(R1, hash ? HashMap : ArrayMap));
        Emit(Asm.Call(HelperId.MapLookupElem));
        Clobber();
        if (!Rarely())
            Leave(Asm.JumpIf(Opcodes.Jne, R0, 0, 2));
        Set(R0, hash ? Holding.HashValue : Holding.ArrayValue);
        if (_random.Next(3) != 0 && _counter != R9)
        {
            Emit(Asm.Mov64(R9, R0));
            Set(R9, _holds[0]);
        }
    }

    private void CallHelper()
    {
        switch (_random.Next(4))
        {
            case 0:
                Emit(Asm.Call(HelperId.GetPrandomU32));
                break;
            case 1:
                Emit(Asm.Call(HelperId.KtimeGetNs));
                break;
            case 2:
                Key(HashKeySize);
                Emit(Asm.LoadMap(R1, HashMap));
                Emit(Asm.Call(HelperId.MapDeleteElem));
                break;
            default:
                Key(HashKeySize);
                Emit(Asm.LoadMap(R1, HashMap));
                Emit(Asm.Mov64(R3, R10));
                Emit(Asm.Add64(R3, SlotOffset(3 + _random.Next(StackSlots - 3))));
                Emit(Asm.Mov64(R4, 0));
                Emit(Asm.Call(HelperId.MapUpdateElem));
                break;
        }
        Clobber();
        Set(R0, Holding.Number);
    }

    private void Key(int size)
    {
        int slot = _random.Next(StackSlots);
        if (_random.Next(2) == 0)
            Emit(Asm.StoreImmediate(size == 4 ? Size.W : Size.DW, R10, SlotOffset(slot), _random.Next(5)));
        else
            Emit(Asm.Store(size == 4 ? Size.W : Size.DW, R10, SlotOffset(slot), SomeNumber()));
        _stack[slot] = Holding.Number;
        Emit(Asm.Mov64(R2, R10));
        Emit(Asm.Add64(R2, SlotOffset(slot) + (Rarely() ? 4 : 0)));
    }

    private void Clobber()
    {
        for (int register = 0; register <= 5; register++)
            _holds[register] = Holding.Nothing;
    }
}
