using System.Numerics;

namespace Ebpf.Verifier.Domains;

/// <summary>Widening, for loops that are not unrolled.</summary>
internal readonly partial struct Scalar
{
    /// <summary>
    /// A scalar with the members of both in which every bound that <paramref name="next"/> moves outwards jumps to a width that programs use, so that a
    /// chain of widenings ends after few steps. Deliberately not settled: sharpening would let a chain go on.
    /// </summary>
    internal Scalar Widen(in Scalar next)
    {
        if (IsEmpty)
            return next;
        if (next.IsEmpty)
            return this;
        return new Scalar(
            Bits.Union(next.Bits),
            next.UMin < UMin ? 0 : UMin,
            next.UMax > UMax ? Tnum.LowBits(UsualWidth(next.UMax)) : UMax,
            next.SMin < SMin ? LessUsual(next.SMin) : SMin,
            next.SMax > SMax ? MoreUsual(next.SMax) : SMax,
            next.UMin32 < UMin32 ? 0 : UMin32,
            next.UMax32 > UMax32 ? (uint)Tnum.LowBits(UsualWidth(next.UMax32)) : UMax32,
            next.SMin32 < SMin32 ? (int)Math.Max(LessUsual(next.SMin32), int.MinValue) : SMin32,
            next.SMax32 > SMax32 ? (int)Math.Min(MoreUsual(next.SMax32), int.MaxValue) : SMax32);
    }

    private static long LessUsual(long value) => value >= 0 ? 0 : ~(long)Tnum.LowBits(Math.Min(UsualWidth((ulong)~value), 63));

    private static long MoreUsual(long value) => value < 0 ? -1 : (long)Tnum.LowBits(Math.Min(UsualWidth((ulong)value), 63));

    private static int UsualWidth(ulong value) => (64 - BitOperations.LeadingZeroCount(value)) switch
    {
        <= 8 => 8,
        <= 16 => 16,
        <= 31 => 31,
        32 => 32,
        <= 63 => 63,
        _ => 64,
    };
}
