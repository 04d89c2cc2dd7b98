using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Compiler.X64;

/// <summary>Encodes instructions into a buffer. Each method is one instruction or one form of several.</summary>
/// <remarks>Intel SDM volume 2. The width of an operation is 4 or 8 bytes; operations of 4 bytes clear the upper half.</remarks>
internal sealed class Assembler
{
    private byte[] _buffer = new byte[4096];
    private int _length;

    /// <summary>What has been encoded.</summary>
    public Span<byte> Code => _buffer.AsSpan(0, _length);

    /// <summary>Bytes so far.</summary>
    public int Length => _length;

    /// <summary>Begins anew.</summary>
    public void Clear() => _length = 0;

    /// <summary>Forgets what was encoded behind a place.</summary>
    public void Truncate(int length) => _length = length;

    /// <summary>Leaves a gap.</summary>
    public void Skip(int bytes)
    {
        Reserve(bytes);
        _length += bytes;
    }

    /// <summary>Makes room, so that the instructions that follow need not ask.</summary>
    public void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
    }

    // Moves.

    public void Move(int width, Gpr to, Gpr from) => Registers(0x8b, width, to, from);

    /// <summary>Loads a constant in the shortest way. Zero is made by xor: flags are lost.</summary>
    public void Constant(Gpr to, long value)
    {
        if (value == 0)
        {
            Registers(0x33, 4, to, to);
        }
        else if ((ulong)value <= uint.MaxValue)
        {
            if (to >= Gpr.R8)
                Byte(0x41);
            Byte(0xb8 + ((int)to & 7));
            Int32((int)value);
        }
        else if (value == (int)value)
        {
            Registers(0xc7, 8, 0, to);
            Int32((int)value);
        }
        else
        {
            Byte(0x48 | (to >= Gpr.R8 ? 1 : 0));
            Byte(0xb8 + ((int)to & 7));
            Unsafe.WriteUnaligned(ref _buffer[_length], value);
            _length += 8;
        }
    }

    public void Exchange(Gpr a, Gpr b) => Registers(0x87, 8, a, b);

    // Arithmetic on two operands.

    public void Alu(Alu operation, int width, Gpr to, Gpr operand) => Registers(((int)operation << 3) | 3, width, to, operand);

    public void Alu(Alu operation, int width, Gpr to, in Memory operand) => Address(((int)operation << 3) | 3, width, (int)to, operand);

    public void Alu(Alu operation, int width, Gpr to, int immediate)
    {
        if (immediate == (sbyte)immediate)
        {
            Registers(0x83, width, (Gpr)operation, to);
            Byte(immediate);
        }
        else
        {
            if (to == Gpr.Rax)
            {
                if (width == 8)
                    Byte(0x48);
                Byte(((int)operation << 3) | 5);
            }
            else
            {
                Registers(0x81, width, (Gpr)operation, to);
            }

            Int32(immediate);
        }
    }

    /// <summary>An operation on memory with an immediate.</summary>
    public void Alu(Alu operation, int size, in Memory to, int immediate)
    {
        if (size == 2)
            Byte(0x66);
        bool isShort = immediate == (sbyte)immediate;
        Address(size == 1 ? 0x80 : isShort ? 0x83 : 0x81, size == 8 ? 8 : 4, (int)operation, to);
        if (size == 1 || isShort)
            Byte(immediate);
        else if (size == 2)
            Int16(immediate);
        else
            Int32(immediate);
    }

    /// <summary>An operation on memory with a register.</summary>
    public void AluTo(Alu operation, int size, in Memory to, Gpr operand)
    {
        if (size == 2)
            Byte(0x66);
        Address(((int)operation << 3) | (size == 1 ? 0 : 1), size == 8 ? 8 : 4, (int)operand, to, isByte: size == 1);
    }

    public void Test(int width, Gpr a, Gpr b) => Registers(0x85, width, b, a);

    public void Test(int width, Gpr register, int immediate)
    {
        // A test of the low bits only says the same, and is shorter.
        if (immediate is >= 0 and <= 0x7f && register <= Gpr.Rbx)
        {
            Byte(0xf6);
            Byte(0xc0 | (int)register);
            Byte(immediate);
            return;
        }

        if (immediate >= 0)
            width = 4;
        Registers(0xf7, width, 0, register);
        Int32(immediate);
    }

    public void Multiply(int width, Gpr to, Gpr operand) => Registers2(0xaf, width, to, operand);

    public void Multiply(int width, Gpr to, Gpr operand, int immediate)
    {
        bool isShort = immediate == (sbyte)immediate;
        Registers(isShort ? 0x6b : 0x69, width, to, operand);
        if (isShort)
            Byte(immediate);
        else
            Int32(immediate);
    }

    public void Negate(int width, Gpr register) => Registers(0xf7, width, (Gpr)3, register);

    /// <summary>rdx:rax / register.</summary>
    public void Divide(int width, Gpr register, bool signed) => Registers(0xf7, width, (Gpr)(signed ? 7 : 6), register);

    /// <summary>Extends the sign of rax into rdx.</summary>
    public void ExtendSign(int width)
    {
        if (width == 8)
            Byte(0x48);
        Byte(0x99);
    }

    /// <summary>to = the address.</summary>
    public void Lea(int width, Gpr to, in Memory address) => Address(0x8d, width, (int)to, address);

    // Shifts.

    public void Shift(Shift operation, int width, Gpr to, int count)
    {
        if (count == 1)
        {
            Registers(0xd1, width, (Gpr)operation, to);
            return;
        }

        Registers(0xc1, width, (Gpr)operation, to);
        Byte(count);
    }

    /// <summary>Shifts by cl.</summary>
    public void ShiftByCl(Shift operation, int width, Gpr to) => Registers(0xd3, width, (Gpr)operation, to);

    /// <summary>shlx, shrx, sarx: to = value shifted by count. BMI2.</summary>
    public void ShiftX(Shift operation, int width, Gpr to, Gpr value, Gpr count)
    {
        int prefix = operation switch { X64.Shift.Left => 1, X64.Shift.Right => 3, _ => 2 };
        Vex(prefix, width, to, value, count);
        Byte(0xf7);
        Byte(0xc0 | (((int)to & 7) << 3) | ((int)value & 7));
    }

    /// <summary>rorx: to = value rotated right. BMI2.</summary>
    public void RotateX(int width, Gpr to, Gpr value, int count)
    {
        Byte(0xc4);
        Byte((to >= Gpr.R8 ? 0 : 0x80) | 0x40 | (value >= Gpr.R8 ? 0 : 0x20) | 3);
        Byte((width == 8 ? 0x80 : 0) | 0x78 | 3);
        Byte(0xf0);
        Byte(0xc0 | (((int)to & 7) << 3) | ((int)value & 7));
        Byte(count);
    }

    /// <summary>mulx: high:low = rdx * operand. BMI2.</summary>
    public void MultiplyX(Gpr high, Gpr low, Gpr operand)
    {
        Vex(3, 8, high, operand, low);
        Byte(0xf6);
        Byte(0xc0 | (((int)high & 7) << 3) | ((int)operand & 7));
    }

    // Extension and byte order.

    public void ZeroExtend(int size, Gpr to, Gpr from)
    {
        if (size == 4)
        {
            Move(4, to, from);
            return;
        }

        Registers2(size == 1 ? 0xb6 : 0xb7, 4, to, from, isByte: size == 1);
    }

    public void SignExtend(int size, int width, Gpr to, Gpr from)
    {
        if (size == 4)
            Registers(0x63, width, to, from);
        else
            Registers2(size == 1 ? 0xbe : 0xbf, width, to, from, isByte: size == 1);
    }

    public void ByteSwap(int width, Gpr register)
    {
        int rex = (width == 8 ? 8 : 0) | (register >= Gpr.R8 ? 1 : 0);
        if (rex != 0)
            Byte(0x40 | rex);
        Byte(0x0f);
        Byte(0xc8 | ((int)register & 7));
    }

    /// <summary>rol r16, 8.</summary>
    public void ByteSwap16(Gpr register)
    {
        Byte(0x66);
        Registers(0xc1, 4, 0, register);
        Byte(8);
    }

    // Memory.

    public void Load(int size, Gpr to, in Memory from)
    {
        switch (size)
        {
            case 1: Address2(0xb6, 4, (int)to, from); break;
            case 2: Address2(0xb7, 4, (int)to, from); break;
            default: Address(0x8b, size, (int)to, from); break;
        }
    }

    public void LoadSigned(int size, Gpr to, in Memory from)
    {
        switch (size)
        {
            case 1: Address2(0xbe, 8, (int)to, from); break;
            case 2: Address2(0xbf, 8, (int)to, from); break;
            default: Address(0x63, 8, (int)to, from); break;
        }
    }

    public void Store(int size, in Memory to, Gpr from)
    {
        if (size == 2)
            Byte(0x66);
        Address(size == 1 ? 0x88 : 0x89, size == 8 ? 8 : 4, (int)from, to, isByte: size == 1);
    }

    public void Store(int size, in Memory to, int immediate)
    {
        if (size == 2)
            Byte(0x66);
        Address(size == 1 ? 0xc6 : 0xc7, size == 8 ? 8 : 4, 0, to);
        if (size == 1)
            Byte(immediate);
        else if (size == 2)
            Int16(immediate);
        else
            Int32(immediate);
    }

    // Atomics.

    public void Lock() => Byte(0xf0);

    /// <summary>xadd; atomic with <see cref="Lock"/>.</summary>
    public void ExchangeAdd(int width, in Memory memory, Gpr register) => Address2(0xc1, width, (int)register, memory);

    /// <summary>xchg, always atomic.</summary>
    public void Exchange(int width, in Memory memory, Gpr register) => Address(0x87, width, (int)register, memory);

    /// <summary>cmpxchg with rax; atomic with <see cref="Lock"/>.</summary>
    public void CompareExchange(int width, in Memory memory, Gpr register) => Address2(0xb1, width, (int)register, memory);

    // Control.

    public void Push(Gpr register)
    {
        if (register >= Gpr.R8)
            Byte(0x41);
        Byte(0x50 | ((int)register & 7));
    }

    public void Pop(Gpr register)
    {
        if (register >= Gpr.R8)
            Byte(0x41);
        Byte(0x58 | ((int)register & 7));
    }

    public void Return() => Byte(0xc3);

    /// <summary>Calls what memory points to.</summary>
    public void Call(in Memory target) => Address(0xff, 4, 2, target);

    public void Call(Gpr target) => Registers(0xff, 4, (Gpr)2, target);

    public void Jump(Gpr target) => Registers(0xff, 4, (Gpr)4, target);

    /// <summary>A call of code in the same buffer; gives the place of its distance, to be filled in by <see cref="Patch"/>.</summary>
    public int Call()
    {
        Byte(0xe8);
        Int32(0);
        return _length - 4;
    }

    /// <summary>A jump; gives the place of its distance.</summary>
    public int Jump(bool isShort)
    {
        Byte(isShort ? 0xeb : 0xe9);
        return Distance(isShort);
    }

    /// <summary>A conditional jump; gives the place of its distance.</summary>
    public int Jump(Flag flag, bool isShort)
    {
        if (isShort)
        {
            Byte(0x70 | (int)flag);
        }
        else
        {
            Byte(0x0f);
            Byte(0x80 | (int)flag);
        }

        return Distance(isShort);
    }

    /// <summary>Makes the jump or call whose distance is at a place go to <paramref name="target"/>.</summary>
    public void Patch(int place, int target, bool isShort)
    {
        int distance = target - place - (isShort ? 1 : 4);
        if (isShort)
            _buffer[place] = (byte)checked((sbyte)distance);
        else
            Unsafe.WriteUnaligned(ref _buffer[place], distance);
    }

    /// <summary>Fills up to a multiple of <paramref name="alignment"/> with as few instructions as can be.</summary>
    public void Align(int alignment)
    {
        int count = -_length & (alignment - 1);
        Reserve(count);
        while (count > 0)
        {
            int length = Math.Min(count, 8);
            s_nops[length - 1].CopyTo(_buffer, _length);
            _length += length;
            count -= length;
        }
    }

    /// <remarks>Intel SDM volume 2, NOP: recommended multi-byte sequences.</remarks>
    private static readonly byte[][] s_nops =
    [
        [0x90], [0x66, 0x90], [0x0f, 0x1f, 0x00], [0x0f, 0x1f, 0x40, 0x00], [0x0f, 0x1f, 0x44, 0x00, 0x00], [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
        [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00], [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    ];

    private int Distance(bool isShort)
    {
        if (!isShort)
        {
            Int32(0);
            return _length - 4;
        }

        Byte(0);
        return _length - 1;
    }

    private void Registers(int opcode, int width, Gpr reg, Gpr rm)
    {
        int rex = (width == 8 ? 8 : 0) | ((int)reg >= 8 ? 4 : 0) | (rm >= Gpr.R8 ? 1 : 0);
        if (rex != 0)
            Byte(0x40 | rex);
        Byte(opcode);
        Byte(0xc0 | (((int)reg & 7) << 3) | ((int)rm & 7));
    }

    /// <summary>An instruction of the 0x0f map.</summary>
    private void Registers2(int opcode, int width, Gpr reg, Gpr rm, bool isByte = false)
    {
        int rex = (width == 8 ? 8 : 0) | ((int)reg >= 8 ? 4 : 0) | (rm >= Gpr.R8 ? 1 : 0);
        // Without a REX prefix, byte registers 4 to 7 are ah to bh.
        if (rex != 0 || (isByte && rm >= Gpr.Rsp))
            Byte(0x40 | rex);
        Byte(0x0f);
        Byte(opcode);
        Byte(0xc0 | (((int)reg & 7) << 3) | ((int)rm & 7));
    }

    private void Address2(int opcode, int width, int reg, in Memory memory)
    {
        Rex(width, reg, memory, false);
        Byte(0x0f);
        Byte(opcode);
        Operand(reg, memory);
    }

    private void Address(int opcode, int width, int reg, in Memory memory, bool isByte = false)
    {
        Rex(width, reg, memory, isByte);
        Byte(opcode);
        Operand(reg, memory);
    }

    private void Rex(int width, int reg, in Memory memory, bool isByte)
    {
        int rex = (width == 8 ? 8 : 0) | (reg >= 8 ? 4 : 0) | (memory.Base is >= Gpr.R8 and not Gpr.None ? 1 : 0) | (memory.Index is >= Gpr.R8 and not Gpr.None ? 2 : 0);
        if (rex != 0 || (isByte && reg >= 4))
            Byte(0x40 | rex);
    }

    private void Operand(int reg, in Memory memory)
    {
        if (memory.Base == Gpr.None)
        {
            Byte(((reg & 7) << 3) | 4);
            Byte((memory.Scale << 6) | (((int)memory.Index & 7) << 3) | 5);
            Int32(memory.Displacement);
            return;
        }

        int low = (int)memory.Base & 7;
        // rbp and r13 as a base without displacement mean something else.
        int mode = memory.Displacement == 0 && low != 5 ? 0 : memory.Displacement == (sbyte)memory.Displacement ? 0x40 : 0x80;
        if (memory.Index != Gpr.None || low == 4)
        {
            Byte(mode | ((reg & 7) << 3) | 4);
            int index = memory.Index == Gpr.None ? 4 : (int)memory.Index & 7;
            Byte((memory.Scale << 6) | (index << 3) | low);
        }
        else
        {
            Byte(mode | ((reg & 7) << 3) | low);
        }

        if (mode == 0x40)
            Byte(memory.Displacement);
        else if (mode == 0x80)
            Int32(memory.Displacement);
    }

    private void Vex(int prefix, int width, Gpr reg, Gpr rm, Gpr vvvv)
    {
        Byte(0xc4);
        Byte((reg >= Gpr.R8 ? 0 : 0x80) | 0x40 | (rm >= Gpr.R8 ? 0 : 0x20) | 2);
        Byte((width == 8 ? 0x80 : 0) | ((~(int)vvvv & 15) << 3) | prefix);
    }

    private void Byte(int value) => _buffer[_length++] = (byte)value;

    private void Int16(int value)
    {
        Unsafe.WriteUnaligned(ref _buffer[_length], (short)value);
        _length += 2;
    }

    private void Int32(int value)
    {
        Unsafe.WriteUnaligned(ref _buffer[_length], value);
        _length += 4;
    }
}

/// <summary>Operations that share their encodings.</summary>
internal enum Alu : byte
{
    Add, Or, Adc, Sbb, And, Sub, Xor, Compare,
}

/// <summary>Shifts and rotations that share their encodings.</summary>
internal enum Shift : byte
{
    RotateLeft = 0, RotateRight = 1, Left = 4, Right = 5, RightSigned = 7,
}
