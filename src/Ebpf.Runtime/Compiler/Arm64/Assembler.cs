using System.Numerics;
using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <summary>Encodes instructions into a buffer; places are counted in bytes. Each method is one instruction, unless it says otherwise.</summary>
/// <remarks>Arm Architecture Reference Manual for A-profile, chapter C6. Operations of 4 bytes clear the upper half.</remarks>
internal sealed class Assembler
{
    private uint[] _words = new uint[1024];
    private int _count;

    /// <summary>What has been encoded.</summary>
    public Span<byte> Code => MemoryMarshal.AsBytes(_words.AsSpan(0, _count));

    /// <summary>Bytes so far.</summary>
    public int Length => _count * 4;

    /// <summary>Begins anew.</summary>
    public void Clear() => _count = 0;

    // Moves.

    public void Move(int width, Reg to, Reg from) => Word(Wide(width) | 0x2A0003E0 | Rm(from) | Rd(to));

    /// <summary>Loads a constant by up to four instructions.</summary>
    public void Constant(Reg to, long value)
    {
        if (value is >= int.MinValue and < 0)
        {
            // Mostly ones: begin with all ones.
            Word(0x92800000 | ((uint)(~value & 0xffff) << 5) | Rd(to));
            if ((value >> 16 & 0xffff) != 0xffff)
                Word(0xF2A00000 | ((uint)(value >> 16 & 0xffff) << 5) | Rd(to));
            return;
        }

        bool isFirst = true;
        for (int half = 0; half < 4; half++)
        {
            uint part = (uint)((ulong)value >> (16 * half)) & 0xffff;
            if (part == 0 && !(isFirst && half == 3))
                continue;
            Word((isFirst ? 0xD2800000 : 0xF2800000) | ((uint)half << 21) | (part << 5) | Rd(to));
            isFirst = false;
        }
    }

    // Arithmetic.

    public void Add(int width, Reg to, Reg a, Reg b, int shift = 0) => Word(Wide(width) | 0x0B000000 | Rm(b) | ((uint)shift << 10) | Rn(a) | Rd(to));

    public void Sub(int width, Reg to, Reg a, Reg b) => Word(Wide(width) | 0x4B000000 | Rm(b) | Rn(a) | Rd(to));

    public void And(int width, Reg to, Reg a, Reg b) => Word(Wide(width) | 0x0A000000 | Rm(b) | Rn(a) | Rd(to));

    public void Or(int width, Reg to, Reg a, Reg b) => Word(Wide(width) | 0x2A000000 | Rm(b) | Rn(a) | Rd(to));

    public void Xor(int width, Reg to, Reg a, Reg b) => Word(Wide(width) | 0x4A000000 | Rm(b) | Rn(a) | Rd(to));

    public void Compare(int width, Reg a, Reg b) => Word(Wide(width) | 0x6B000000 | Rm(b) | Rn(a) | Rd(Reg.Zero));

    public void Test(int width, Reg a, Reg b) => Word(Wide(width) | 0x6A000000 | Rm(b) | Rn(a) | Rd(Reg.Zero));

    /// <summary>Whether an immediate fits <see cref="AddImmediate"/> and <see cref="CompareImmediate"/>, with either sign.</summary>
    public static bool FitsArithmetic(long immediate) => Math.Abs(immediate) is var size && (size <= 0xfff || ((size & 0xfff) == 0 && size <= 0xfff000));

    /// <summary>Adds or subtracts an immediate that <see cref="FitsArithmetic"/>.</summary>
    public void AddImmediate(int width, Reg to, Reg a, long immediate) => Word(Wide(width) | (immediate < 0 ? 0x51000000u : 0x11000000) | Immediate12(immediate) | Rn(a) | Rd(to));

    /// <summary>The same, setting the flags.</summary>
    public void AddImmediateWithFlags(int width, Reg to, Reg a, long immediate) =>
        Word(Wide(width) | (immediate < 0 ? 0x71000000u : 0x31000000) | Immediate12(immediate) | Rn(a) | Rd(to));

    public void CompareImmediate(int width, Reg a, long immediate) => AddImmediateWithFlags(width, Reg.Zero, a, -immediate);

    public void Multiply(int width, Reg to, Reg a, Reg b) => Word(Wide(width) | 0x1B007C00 | Rm(b) | Rn(a) | Rd(to));

    /// <summary>to = minuend - a * b.</summary>
    public void MultiplySubtract(int width, Reg to, Reg a, Reg b, Reg minuend) => Word(Wide(width) | 0x1B008000 | Rm(b) | ((uint)minuend << 10) | Rn(a) | Rd(to));

    /// <summary>a / b; 0 where b is 0, and no trap for the least number by -1: as BPF has it.</summary>
    public void Divide(int width, Reg to, Reg a, Reg b, bool signed) => Word(Wide(width) | (signed ? 0x1AC00C00u : 0x1AC00800) | Rm(b) | Rn(a) | Rd(to));

    // Shifts.

    public void ShiftLeft(int width, Reg to, Reg a, Reg count) => Word(Wide(width) | 0x1AC02000 | Rm(count) | Rn(a) | Rd(to));

    public void ShiftRight(int width, Reg to, Reg a, Reg count, bool signed) => Word(Wide(width) | (signed ? 0x1AC02800u : 0x1AC02400) | Rm(count) | Rn(a) | Rd(to));

    public void ShiftLeft(int width, Reg to, Reg a, int count)
    {
        int bits = width * 8;
        BitField(width, to, a, (bits - count) & (bits - 1), bits - 1 - count, signed: false);
    }

    public void ShiftRight(int width, Reg to, Reg a, int count, bool signed) => BitField(width, to, a, count, width * 8 - 1, signed);

    public void RotateRight(int width, Reg to, Reg a, int count) => Word((width == 8 ? 0x93C00000 : 0x13800000) | Rm(a) | ((uint)count << 10) | Rn(a) | Rd(to));

    // Extension and byte order.

    public void ZeroExtend(int size, Reg to, Reg a)
    {
        if (size == 4)
            Move(4, to, a);
        else
            BitField(4, to, a, 0, size * 8 - 1, signed: false);
    }

    public void SignExtend(int size, int width, Reg to, Reg a) => BitField(width, to, a, 0, size * 8 - 1, signed: true);

    /// <summary>Reverses the bytes; for 2 bytes, of each half word of the lower half.</summary>
    public void ByteSwap(int size, Reg to, Reg a) => Word((size switch { 2 => 0x5AC00400u, 4 => 0x5AC00800, _ => 0xDAC00C00 }) | Rn(a) | Rd(to));

    // Memory.

    /// <summary>Whether an address can be part of an instruction that accesses so many bytes.</summary>
    public static bool FitsAccess(int size, in Memory memory) => memory.Index != Reg.None
        ? memory.Displacement == 0 && (memory.Scale == 0 || 1 << memory.Scale == size)
        : memory.Displacement is >= -256 and < 256 || (memory.Displacement >= 0 && memory.Displacement % size == 0 && memory.Displacement / size < 4096);

    public void Load(int size, Reg to, in Memory from) => Access(size, 1, to, from);

    public void LoadSigned(int size, Reg to, in Memory from) => Access(size, 2, to, from);

    public void Store(int size, in Memory to, Reg from) => Access(size, 0, from, to);

    /// <summary>ldaxr.</summary>
    public void LoadExclusive(int size, Reg to, Reg address) => Word(SizeBits(size) | 0x085FFC00 | Rn(address) | Rd(to));

    /// <summary>stlxr: 0 in <paramref name="failed"/> where nobody else came between.</summary>
    public void StoreExclusive(int size, Reg failed, Reg address, Reg from) => Word(SizeBits(size) | 0x0800FC00 | Rm(failed) | Rn(address) | Rd(from));

    /// <summary>ldar.</summary>
    public void LoadAcquire(int size, Reg to, Reg address) => Word(SizeBits(size) | 0x08DFFC00 | Rn(address) | Rd(to));

    /// <summary>stlr.</summary>
    public void StoreRelease(int size, Reg address, Reg from) => Word(SizeBits(size) | 0x089FFC00 | Rn(address) | Rd(from));

    /// <summary>dmb ish.</summary>
    public void Barrier() => Word(0xD5033BBF);

    // Control.

    public void Return() => Word(0xD65F03C0);

    public void Call(Reg target) => Word(0xD63F0000 | Rn(target));

    public void Jump(Reg target) => Word(0xD61F0000 | Rn(target));

    /// <summary>A branch; gives its place for <see cref="Patch"/>.</summary>
    public int Jump() => Place(0x14000000);

    /// <summary>A call; gives its place.</summary>
    public int Call() => Place(0x94000000);

    /// <summary>A conditional branch; gives its place.</summary>
    public int Jump(Flag flag) => Place(0x54000000 | (uint)flag);

    /// <summary>Branches where a register is zero, or not; gives its place.</summary>
    public int JumpIfZero(int width, Reg register, bool isZero) => Place(Wide(width) | (isZero ? 0x34000000u : 0x35000000) | Rd(register));

    /// <summary>Makes the branch at a place go to <paramref name="target"/>.</summary>
    /// <exception cref="BpfException">EOPNOTSUPP: it does not reach.</exception>
    public void Patch(int place, int target)
    {
        ref uint word = ref _words[place / 4];
        int distance = (target - place) / 4;
        bool isLong = (word & 0x7C000000) == 0x14000000;
        int reach = isLong ? 1 << 25 : 1 << 18;
        if (distance < -reach || distance >= reach)
            throw new BpfException("a function of the program is too large for the AArch64 compiler; the interpreter runs it", Errno.EOPNOTSUPP);
        word |= isLong ? (uint)distance & 0x03ffffff : ((uint)distance & 0x7ffff) << 5;
    }

    private void Access(int size, uint kind, Reg register, in Memory memory)
    {
        uint word = SizeBits(size) | (kind << 22) | Rn(memory.Base) | Rd(register);
        if (memory.Index != Reg.None)
            Word(word | 0x38206800 | Rm(memory.Index) | (memory.Scale != 0 ? 0x1000u : 0));
        else if (memory.Displacement >= 0 && memory.Displacement % size == 0)
            Word(word | 0x39000000 | ((uint)(memory.Displacement / size) << 10));
        else
            Word(word | 0x38000000 | (((uint)memory.Displacement & 0x1ff) << 12));
    }

    private void BitField(int width, Reg to, Reg a, int right, int highest, bool signed) => Word(
        (width == 8 ? 0x80400000 : 0) | (signed ? 0x13000000u : 0x53000000) | ((uint)right << 16) | ((uint)highest << 10) | Rn(a) | Rd(to));

    private static uint Immediate12(long immediate)
    {
        ulong size = (ulong)Math.Abs(immediate);
        return size <= 0xfff ? (uint)size << 10 : 0x400000 | ((uint)(size >> 12) << 10);
    }

    private int Place(uint word)
    {
        Word(word);
        return Length - 4;
    }

    private static uint Wide(int width) => width == 8 ? 0x80000000 : 0;

    private static uint SizeBits(int size) => (uint)BitOperations.Log2((uint)size) << 30;

    private static uint Rd(Reg register) => (uint)register;

    private static uint Rn(Reg register) => (uint)register << 5;

    private static uint Rm(Reg register) => (uint)register << 16;

    private void Word(uint word)
    {
        if (_count == _words.Length)
            Array.Resize(ref _words, _count * 2);
        _words[_count++] = word;
    }
}
