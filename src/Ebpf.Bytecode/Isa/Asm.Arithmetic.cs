using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

// Arithmetic: every operation on 64 bits and on 32 (which clears the upper half), with an immediate (sign-extended) or a register.
internal static partial class Asm
{
    /// <summary>dst += value.</summary>
    public static Instruction Add64(Register dst, int value) => Alu64(Opcodes.Add, dst, value);

    /// <summary>dst += src.</summary>
    public static Instruction Add64(Register dst, Register src) => Alu64(Opcodes.Add, dst, src);

    /// <summary>dst += value on 32 bits.</summary>
    public static Instruction Add32(Register dst, int value) => Alu32(Opcodes.Add, dst, value);

    /// <summary>dst += src on 32 bits.</summary>
    public static Instruction Add32(Register dst, Register src) => Alu32(Opcodes.Add, dst, src);

    /// <summary>dst -= value.</summary>
    public static Instruction Sub64(Register dst, int value) => Alu64(Opcodes.Sub, dst, value);

    /// <summary>dst -= src.</summary>
    public static Instruction Sub64(Register dst, Register src) => Alu64(Opcodes.Sub, dst, src);

    /// <summary>dst -= value on 32 bits.</summary>
    public static Instruction Sub32(Register dst, int value) => Alu32(Opcodes.Sub, dst, value);

    /// <summary>dst -= src on 32 bits.</summary>
    public static Instruction Sub32(Register dst, Register src) => Alu32(Opcodes.Sub, dst, src);

    /// <summary>dst *= value.</summary>
    public static Instruction Mul64(Register dst, int value) => Alu64(Opcodes.Mul, dst, value);

    /// <summary>dst *= src.</summary>
    public static Instruction Mul64(Register dst, Register src) => Alu64(Opcodes.Mul, dst, src);

    /// <summary>dst *= value on 32 bits.</summary>
    public static Instruction Mul32(Register dst, int value) => Alu32(Opcodes.Mul, dst, value);

    /// <summary>dst *= src on 32 bits.</summary>
    public static Instruction Mul32(Register dst, Register src) => Alu32(Opcodes.Mul, dst, src);

    /// <summary>dst /= value, unsigned; by 0: 0.</summary>
    public static Instruction Div64(Register dst, int value) => Alu64(Opcodes.Div, dst, value);

    /// <summary>dst /= src, unsigned; by 0: 0.</summary>
    public static Instruction Div64(Register dst, Register src) => Alu64(Opcodes.Div, dst, src);

    /// <summary>dst /= value on 32 bits, unsigned; by 0: 0.</summary>
    public static Instruction Div32(Register dst, int value) => Alu32(Opcodes.Div, dst, value);

    /// <summary>dst /= src on 32 bits, unsigned; by 0: 0.</summary>
    public static Instruction Div32(Register dst, Register src) => Alu32(Opcodes.Div, dst, src);

    /// <summary>dst |= value.</summary>
    public static Instruction Or64(Register dst, int value) => Alu64(Opcodes.Or, dst, value);

    /// <summary>dst |= src.</summary>
    public static Instruction Or64(Register dst, Register src) => Alu64(Opcodes.Or, dst, src);

    /// <summary>dst |= value on 32 bits.</summary>
    public static Instruction Or32(Register dst, int value) => Alu32(Opcodes.Or, dst, value);

    /// <summary>dst |= src on 32 bits.</summary>
    public static Instruction Or32(Register dst, Register src) => Alu32(Opcodes.Or, dst, src);

    /// <summary>dst &amp;= value.</summary>
    public static Instruction And64(Register dst, int value) => Alu64(Opcodes.And, dst, value);

    /// <summary>dst &amp;= src.</summary>
    public static Instruction And64(Register dst, Register src) => Alu64(Opcodes.And, dst, src);

    /// <summary>dst &amp;= value on 32 bits.</summary>
    public static Instruction And32(Register dst, int value) => Alu32(Opcodes.And, dst, value);

    /// <summary>dst &amp;= src on 32 bits.</summary>
    public static Instruction And32(Register dst, Register src) => Alu32(Opcodes.And, dst, src);

    /// <summary>dst &lt;&lt;= value.</summary>
    public static Instruction Lsh64(Register dst, int value) => Alu64(Opcodes.Lsh, dst, value);

    /// <summary>dst &lt;&lt;= src.</summary>
    public static Instruction Lsh64(Register dst, Register src) => Alu64(Opcodes.Lsh, dst, src);

    /// <summary>dst &lt;&lt;= value on 32 bits.</summary>
    public static Instruction Lsh32(Register dst, int value) => Alu32(Opcodes.Lsh, dst, value);

    /// <summary>dst &lt;&lt;= src on 32 bits.</summary>
    public static Instruction Lsh32(Register dst, Register src) => Alu32(Opcodes.Lsh, dst, src);

    /// <summary>dst &gt;&gt;= value.</summary>
    public static Instruction Rsh64(Register dst, int value) => Alu64(Opcodes.Rsh, dst, value);

    /// <summary>dst &gt;&gt;= src.</summary>
    public static Instruction Rsh64(Register dst, Register src) => Alu64(Opcodes.Rsh, dst, src);

    /// <summary>dst &gt;&gt;= value on 32 bits.</summary>
    public static Instruction Rsh32(Register dst, int value) => Alu32(Opcodes.Rsh, dst, value);

    /// <summary>dst &gt;&gt;= src on 32 bits.</summary>
    public static Instruction Rsh32(Register dst, Register src) => Alu32(Opcodes.Rsh, dst, src);

    /// <summary>dst %= value, unsigned; by 0: dst unchanged.</summary>
    public static Instruction Mod64(Register dst, int value) => Alu64(Opcodes.Mod, dst, value);

    /// <summary>dst %= src, unsigned; by 0: dst unchanged.</summary>
    public static Instruction Mod64(Register dst, Register src) => Alu64(Opcodes.Mod, dst, src);

    /// <summary>dst %= value on 32 bits, unsigned; by 0: dst unchanged.</summary>
    public static Instruction Mod32(Register dst, int value) => Alu32(Opcodes.Mod, dst, value);

    /// <summary>dst %= src on 32 bits, unsigned; by 0: dst unchanged.</summary>
    public static Instruction Mod32(Register dst, Register src) => Alu32(Opcodes.Mod, dst, src);

    /// <summary>dst ^= value.</summary>
    public static Instruction Xor64(Register dst, int value) => Alu64(Opcodes.Xor, dst, value);

    /// <summary>dst ^= src.</summary>
    public static Instruction Xor64(Register dst, Register src) => Alu64(Opcodes.Xor, dst, src);

    /// <summary>dst ^= value on 32 bits.</summary>
    public static Instruction Xor32(Register dst, int value) => Alu32(Opcodes.Xor, dst, value);

    /// <summary>dst ^= src on 32 bits.</summary>
    public static Instruction Xor32(Register dst, Register src) => Alu32(Opcodes.Xor, dst, src);

    /// <summary>dst = value.</summary>
    public static Instruction Mov64(Register dst, int value) => Alu64(Opcodes.Mov, dst, value);

    /// <summary>dst = src.</summary>
    public static Instruction Mov64(Register dst, Register src) => Alu64(Opcodes.Mov, dst, src);

    /// <summary>dst = value on 32 bits.</summary>
    public static Instruction Mov32(Register dst, int value) => Alu32(Opcodes.Mov, dst, value);

    /// <summary>dst = src on 32 bits.</summary>
    public static Instruction Mov32(Register dst, Register src) => Alu32(Opcodes.Mov, dst, src);

    /// <summary>dst s&gt;&gt;= value.</summary>
    public static Instruction Arsh64(Register dst, int value) => Alu64(Opcodes.Arsh, dst, value);

    /// <summary>dst s&gt;&gt;= src.</summary>
    public static Instruction Arsh64(Register dst, Register src) => Alu64(Opcodes.Arsh, dst, src);

    /// <summary>dst s&gt;&gt;= value on 32 bits.</summary>
    public static Instruction Arsh32(Register dst, int value) => Alu32(Opcodes.Arsh, dst, value);

    /// <summary>dst s&gt;&gt;= src on 32 bits.</summary>
    public static Instruction Arsh32(Register dst, Register src) => Alu32(Opcodes.Arsh, dst, src);

    /// <summary>dst s/= value, signed.</summary>
    public static Instruction SDiv64(Register dst, int value) => Alu64(Div, dst, value) with { Offset = 1 };

    /// <summary>dst s/= src, signed.</summary>
    public static Instruction SDiv64(Register dst, Register src) => Alu64(Div, dst, src) with { Offset = 1 };

    /// <summary>dst s/= value on 32 bits, signed.</summary>
    public static Instruction SDiv32(Register dst, int value) => Alu32(Div, dst, value) with { Offset = 1 };

    /// <summary>dst s/= src on 32 bits, signed.</summary>
    public static Instruction SDiv32(Register dst, Register src) => Alu32(Div, dst, src) with { Offset = 1 };

    /// <summary>dst s%= value, signed.</summary>
    public static Instruction SMod64(Register dst, int value) => Alu64(Mod, dst, value) with { Offset = 1 };

    /// <summary>dst s%= src, signed.</summary>
    public static Instruction SMod64(Register dst, Register src) => Alu64(Mod, dst, src) with { Offset = 1 };

    /// <summary>dst s%= value on 32 bits, signed.</summary>
    public static Instruction SMod32(Register dst, int value) => Alu32(Mod, dst, value) with { Offset = 1 };

    /// <summary>dst s%= src on 32 bits, signed.</summary>
    public static Instruction SMod32(Register dst, Register src) => Alu32(Mod, dst, src) with { Offset = 1 };

    /// <summary>dst = -dst.</summary>
    public static Instruction Neg64(Register dst) => Alu64(Neg, dst, 0);

    /// <summary>dst = -dst on 32 bits.</summary>
    public static Instruction Neg32(Register dst) => Alu32(Neg, dst, 0);

    /// <summary>dst = src, sign-extended from 8, 16 or 32 bits to 64.</summary>
    public static Instruction MovSx64(Register dst, Register src, short bits) => Alu64(Mov, dst, src) with { Offset = bits };

    /// <summary>dst = src, sign-extended from 8 or 16 bits to 32.</summary>
    public static Instruction MovSx32(Register dst, Register src, short bits) => Alu32(Mov, dst, src) with { Offset = bits };

    /// <summary>dst = its low 16, 32 or 64 bits in little-endian order.</summary>
    public static Instruction ToLittleEndian(Register dst, int bits) => Alu32(End, dst, bits);

    /// <summary>dst = its low 16, 32 or 64 bits in big-endian order.</summary>
    public static Instruction ToBigEndian(Register dst, int bits) => Alu32(End, dst, Register.R0) with { Immediate = bits };

    /// <summary>dst = its low 16, 32 or 64 bits with the bytes in reverse order.</summary>
    public static Instruction ByteSwap(Register dst, int bits) => Alu64(End, dst, bits);

    /// <summary>An operation (<c>Opcodes.Add</c> …) on 64 bits with an immediate.</summary>
    public static Instruction Alu64(byte operation, Register dst, int value) => new((byte)((byte)InstructionClass.Alu64 | operation | K), dst, Register.R0, 0, value);

    /// <summary>An operation on 64 bits with a register.</summary>
    public static Instruction Alu64(byte operation, Register dst, Register src) => new((byte)((byte)InstructionClass.Alu64 | operation | X), dst, src, 0, 0);

    /// <summary>An operation on 32 bits with an immediate.</summary>
    public static Instruction Alu32(byte operation, Register dst, int value) => new((byte)((byte)InstructionClass.Alu | operation | K), dst, Register.R0, 0, value);

    /// <summary>An operation on 32 bits with a register.</summary>
    public static Instruction Alu32(byte operation, Register dst, Register src) => new((byte)((byte)InstructionClass.Alu | operation | X), dst, src, 0, 0);
}
