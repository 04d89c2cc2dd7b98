using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>Statements about memory at places that are computed, parts of saved numbers, records of a ring buffer, and functions.</summary>
internal sealed partial class ProgramGenerator
{
    private readonly List<(int Slot, int Function)> _calls = [];

    /// <summary>Reads or writes an array on the stack at a computed index.</summary>
    private void StackArray()
    {
        Register index = SomeNumber(), pointer = Free();
        if (index == pointer || index == R10)
            return;
        int shift = _random.Next(4);
        Size size = shift switch { 0 => Size.B, 1 => Size.H, 2 => Size.W, _ => Size.DW };
        Emit(Asm.And64(index, ((1 << _random.Next(1, 7 - shift)) - 1) << shift));
        Emit(Asm.Mov64(pointer, R10));
        Emit(Asm.Add64(pointer, Rarely() ? -32 : -64));
        Emit(Asm.Add64(pointer, index));
        Set(pointer, Holding.Nothing);
        switch (_random.Next(3))
        {
            case 0:
                Register target = Free();
                Emit(Asm.Load(size, target, pointer, 0));
                Set(target, Holding.Number);
                break;
            case 1:
                Emit(Asm.StoreImmediate(size, pointer, 0, _random.Next(3)));
                break;
            default:
                Emit(Asm.Store(size, pointer, 0, index));
                break;
        }
        Array.Fill(_stack, Holding.Number);
        if (_random.Next(2) == 0)
            return;
        // What is known of a fixed place after an access to a computed one decides where to go.
        Register read = Free();
        Emit(Asm.Load(size, read, R10, (short)(SlotOffset(_random.Next(StackSlots)) + _random.Next(8 / Bytes(size)) * Bytes(size))));
        Set(read, Holding.Number);
        Leave(Asm.JumpIf(_random.Next(2) == 0 ? Opcodes.Jeq : Opcodes.Jne, read, 0, 2));
    }

    /// <summary>Saves part of a number and reads part of what was saved.</summary>
    private void SpillPart()
    {
        int slot = _random.Next(StackSlots);
        Size size = RandomSize();
        if (_random.Next(3) == 0)
            Emit(Asm.StoreImmediate(size, R10, (short)(SlotOffset(slot) + _random.Next(8 / Bytes(size)) * Bytes(size)), Immediate(_random)));
        else
            Emit(Asm.Store(size, R10, (short)(SlotOffset(slot) + (_random.Next(2) == 0 ? 0 : _random.Next(8 / Bytes(size)) * Bytes(size))), SomeNumber()));
        _stack[slot] = Holding.Number;
        if (_random.Next(3) == 0)
            return;
        Register target = Free();
        size = RandomSize();
        short offset = (short)(SlotOffset(slot) + (_random.Next(2) == 0 ? 0 : _random.Next(8 / Bytes(size)) * Bytes(size)));
        Emit(size != Size.DW && _random.Next(4) == 0 ? Asm.LoadSigned(size, target, R10, offset) : Asm.Load(size, target, R10, offset));
        Set(target, Holding.Number);
    }

    /// <summary>Copies a number, moves the copy by a constant, bounds one of the two and goes on with the other.</summary>
    private void Relate()
    {
        Register number = SomeNumber(), copy = Free();
        if (copy == number)
            return;
        Emit(_random.Next(3) == 0 ? Asm.Mov32(copy, number) : Asm.Mov64(copy, number));
        Set(copy, Holding.Number);
        if (_random.Next(2) == 0)
        {
            int distance = _random.Next(2) == 0 ? _random.Next(-8, 9) : Immediate(_random);
            Emit(_random.Next(4) == 0 ? Asm.Add32(copy, distance) : Asm.Add64(copy, distance));
        }
        Register bounded = _random.Next(2) == 0 ? number : copy;
        byte comparison = Comparisons[_random.Next(Comparisons.Length)];
        int limit = _random.Next(2) == 0 ? _random.Next(0, 64) : Immediate(_random);
        Leave(_random.Next(3) == 0 ? Asm.JumpIf32(comparison, bounded, limit, 2) : Asm.JumpIf(comparison, bounded, limit, 2));
    }

    /// <summary>Reserves a record, writes to it and gives it back.</summary>
    private void Record()
    {
        if (_counter == R9)
            return;
        int size = 8 * _random.Next(1, 5);
        Emit(Asm.LoadMap(R1, RingMap));
        Emit(Asm.Mov64(R2, size));
        Emit(Asm.Mov64(R3, 0));
        Emit(Asm.Call(HelperId.RingBufReserve));
        Clobber();
        Emit(Asm.JumpIf(Rarely() ? Opcodes.Jne : Opcodes.Jeq, R0, 0, 5));
        Size part = RandomSize();
        int last = size - Bytes(part) + (Rarely() ? Bytes(part) : 0);
        Emit(Asm.StoreImmediate(part, R0, (short)(_random.Next(last / Bytes(part) + 1) * Bytes(part)), 7));
        Emit(Asm.Load(part, R4, R0, 0));
        Emit(Asm.Mov64(R1, R0));
        Emit(Asm.Mov64(R2, 0));
        Emit(Asm.Call(Rarely() ? HelperId.GetPrandomU32 : HelperId.RingBufDiscard));
        Set(R0, Holding.Nothing);
    }

    /// <summary>Calls one of two functions, with a number or a pointer and a number.</summary>
    private void CallFunction()
    {
        int function = _random.Next(2);
        Register number = SomeNumber();
        if (function == 0)
        {
            Emit(Asm.Mov64(R1, number));
        }
        else
        {
            if (Find(h => h == Holding.ArrayValue) is not { } value)
                return;
            Emit(Asm.Mov64(R2, number));
            Emit(Asm.Mov64(R1, value));
        }
        if (function == 0)
            Emit(Asm.Mov64(R2, _random.Next(8)));
        _calls.Add((_code.Count, function));
        Emit(Asm.CallLocal(0));
        Clobber();
        Set(R0, Holding.Number);
    }

    /// <summary>The functions that were called, behind the program.</summary>
    private void Functions()
    {
        foreach (int function in _calls.Select(c => c.Function).Distinct().ToArray())
        {
            Array.Clear(_holds);
            Array.Clear(_stack);
            _packetBytes = 0;
            _holds[10] = Holding.Stack;
            _holds[1] = function == 0 ? Holding.Number : Holding.ArrayValue;
            _holds[2] = Holding.Number;
            int start = _code.Count;
            foreach ((int slot, _) in _calls.Where(c => c.Function == function).ToArray())
                _code[slot] = Asm.CallLocal(start - slot - 1);
            int calls = _calls.Count;
            Body(_random.Next(2, 12), depth: 2);
            // Functions do not call further ones: a call whose function is not there yet is none.
            foreach ((int slot, _) in _calls[calls..])
                _code[slot] = Asm.Mov64(R0, 5);
            _calls.RemoveRange(calls, _calls.Count - calls);
            Emit(_holds[0] == Holding.Number && !Rarely() ? Asm.And64(R0, 31) : Asm.Mov64(R0, 3));
            Emit(Asm.Exit());
        }
    }
}
