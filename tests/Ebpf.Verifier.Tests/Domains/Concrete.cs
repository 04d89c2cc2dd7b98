using System.Buffers.Binary;
using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.Tests.Domains;

internal delegate Scalar Rule(in Scalar left, in Scalar right);

/// <summary>Each rule of the domain beside the instruction as RFC 9669 defines it, written down independently.</summary>
internal static class Concrete
{
    internal static readonly Dictionary<string, (Rule Rule, Func<ulong, ulong, ulong> Instruction)> Binary = new()
    {
        ["add"] = ((in a, in b) => a.Add(b), (x, y) => x + y),
        ["sub"] = ((in a, in b) => a.Sub(b), (x, y) => x - y),
        ["mul"] = ((in a, in b) => a.Mul(b), (x, y) => x * y),
        ["div"] = ((in a, in b) => a.Div(b), (x, y) => y == 0 ? 0 : x / y),
        ["mod"] = ((in a, in b) => a.Mod(b), (x, y) => y == 0 ? x : x % y),
        ["sdiv"] = ((in a, in b) => a.SignedDiv(b), (x, y) => (ulong)SignedDiv((long)x, (long)y)),
        ["smod"] = ((in a, in b) => a.SignedMod(b), (x, y) => (ulong)SignedMod((long)x, (long)y)),
        ["and"] = ((in a, in b) => a.And(b), (x, y) => x & y),
        ["or"] = ((in a, in b) => a.Or(b), (x, y) => x | y),
        ["xor"] = ((in a, in b) => a.Xor(b), (x, y) => x ^ y),
        ["lsh"] = ((in a, in b) => a.ShiftLeft(b), (x, y) => x << (int)(y & 63)),
        ["rsh"] = ((in a, in b) => a.ShiftRight(b), (x, y) => x >> (int)(y & 63)),
        ["arsh"] = ((in a, in b) => a.ShiftRightSigned(b), (x, y) => (ulong)((long)x >> (int)(y & 63))),
        ["add32"] = ((in a, in b) => a.Add32(b), (x, y) => (uint)x + (uint)y & 0xffff_ffff),
        ["sub32"] = ((in a, in b) => a.Sub32(b), (x, y) => (uint)((uint)x - (uint)y)),
        ["mul32"] = ((in a, in b) => a.Mul32(b), (x, y) => (uint)((uint)x * (uint)y)),
        ["div32"] = ((in a, in b) => a.Div32(b), (x, y) => (uint)y == 0 ? 0 : (uint)x / (uint)y),
        ["mod32"] = ((in a, in b) => a.Mod32(b), (x, y) => (uint)y == 0 ? (uint)x : (uint)x % (uint)y),
        ["sdiv32"] = ((in a, in b) => a.SignedDiv32(b), (x, y) => (uint)SignedDiv((int)x, (int)y)),
        ["smod32"] = ((in a, in b) => a.SignedMod32(b), (x, y) => (uint)SignedMod((int)x, (int)y)),
        ["and32"] = ((in a, in b) => a.And32(b), (x, y) => (uint)x & (uint)y),
        ["or32"] = ((in a, in b) => a.Or32(b), (x, y) => (uint)x | (uint)y),
        ["xor32"] = ((in a, in b) => a.Xor32(b), (x, y) => (uint)x ^ (uint)y),
        ["lsh32"] = ((in a, in b) => a.ShiftLeft32(b), (x, y) => (uint)x << (int)(y & 31)),
        ["rsh32"] = ((in a, in b) => a.ShiftRight32(b), (x, y) => (uint)x >> (int)(y & 31)),
        ["arsh32"] = ((in a, in b) => a.ShiftRightSigned32(b), (x, y) => (uint)((int)x >> (int)(y & 31))),
        ["union"] = ((in a, in b) => a.Union(b), (x, _) => x),
        ["union, the other"] = ((in a, in b) => a.Union(b), (_, y) => y),
        ["widen"] = ((in a, in b) => a.Widen(b), (x, _) => x),
        ["widen, the other"] = ((in a, in b) => a.Widen(b), (_, y) => y),
    };

    internal static readonly Dictionary<string, (Func<Scalar, Scalar> Rule, Func<ulong, ulong> Instruction)> Unary = new()
    {
        ["neg"] = (a => a.Neg(), x => 0 - x),
        ["neg32"] = (a => a.Neg32(), x => (uint)(0 - x)),
        ["zero-extend 32"] = (a => a.ZeroExtend32(), x => (uint)x),
        ["truncate 8"] = (a => a.Truncate(8), x => (byte)x),
        ["truncate 16"] = (a => a.Truncate(16), x => (ushort)x),
        ["truncate 32"] = (a => a.Truncate(32), x => (uint)x),
        ["truncate 64"] = (a => a.Truncate(64), x => x),
        ["movsx 8"] = (a => a.SignExtend(8), x => (ulong)(sbyte)x),
        ["movsx 16"] = (a => a.SignExtend(16), x => (ulong)(short)x),
        ["movsx 32"] = (a => a.SignExtend(32), x => (ulong)(int)x),
        ["movsx32 8"] = (a => a.SignExtend32(8), x => (uint)(sbyte)x),
        ["movsx32 16"] = (a => a.SignExtend32(16), x => (uint)(short)x),
        ["bswap 16"] = (a => a.SwapBytes(16), x => BinaryPrimitives.ReverseEndianness((ushort)x)),
        ["bswap 32"] = (a => a.SwapBytes(32), x => BinaryPrimitives.ReverseEndianness((uint)x)),
        ["bswap 64"] = (a => a.SwapBytes(64), BinaryPrimitives.ReverseEndianness),
    };

    internal static bool Holds(Comparison comparison, ulong x, ulong y, OperandWidth width) =>
        width == OperandWidth.Bits64 ? Holds64(comparison, x, y) : Holds32(comparison, (uint)x, (uint)y);

    private static bool Holds64(Comparison comparison, ulong x, ulong y) => comparison switch
    {
        Comparison.Equal => x == y,
        Comparison.NotEqual => x != y,
        Comparison.Greater => x > y,
        Comparison.GreaterOrEqual => x >= y,
        Comparison.Less => x < y,
        Comparison.LessOrEqual => x <= y,
        Comparison.SignedGreater => (long)x > (long)y,
        Comparison.SignedGreaterOrEqual => (long)x >= (long)y,
        Comparison.SignedLess => (long)x < (long)y,
        Comparison.SignedLessOrEqual => (long)x <= (long)y,
        Comparison.AnySet => (x & y) != 0,
        _ => (x & y) == 0,
    };

    private static bool Holds32(Comparison comparison, uint x, uint y) => comparison switch
    {
        Comparison.SignedGreater or Comparison.SignedGreaterOrEqual or Comparison.SignedLess or Comparison.SignedLessOrEqual => Holds64(comparison, (ulong)(int)x, (ulong)(int)y),
        _ => Holds64(comparison, x, y),
    };

    private static long SignedDiv(long x, long y) => y switch { 0 => 0, -1 => unchecked(-x), _ => x / y };

    private static long SignedMod(long x, long y) => y switch { 0 => x, -1 => 0, _ => x % y };

    private static int SignedDiv(int x, int y) => y switch { 0 => 0, -1 => unchecked(-x), _ => x / y };

    private static int SignedMod(int x, int y) => y switch { 0 => x, -1 => 0, _ => x % y };
}
