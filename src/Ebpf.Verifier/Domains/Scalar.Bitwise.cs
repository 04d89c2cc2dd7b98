using System.Numerics;

namespace Ebpf.Verifier.Domains;

/// <summary>And, or, exclusive or: each bit by itself, so the low half of the result is that of the low halves.</summary>
internal readonly partial struct Scalar
{
    /// <summary>The bits that both have.</summary>
    internal Scalar And(in Scalar other)
    {
        Tnum bits = Bits & other.Bits;
        // x & y is at most the smaller of the two, and signed never above the larger.
        return new Scalar(
            bits,
            bits.Min, Math.Min(UMax, other.UMax),
            ~SignedSpan(other), Math.Max(SMax, other.SMax),
            (uint)bits.Min, Math.Min(UMax32, other.UMax32),
            ~SignedSpan32(other), Math.Max(SMax32, other.SMax32)).Settle();
    }

    /// <summary>The bits that either has.</summary>
    internal Scalar Or(in Scalar other)
    {
        Tnum bits = Bits | other.Bits;
        // x | y is at least the larger of the two, and signed never below the smaller.
        return new Scalar(
            bits,
            Math.Max(UMin, other.UMin), bits.Max,
            Math.Min(SMin, other.SMin), SignedSpan(other),
            Math.Max(UMin32, other.UMin32), (uint)bits.Max,
            Math.Min(SMin32, other.SMin32), SignedSpan32(other)).Settle();
    }

    /// <summary>The bits that one has and the other has not.</summary>
    internal Scalar Xor(in Scalar other)
    {
        Tnum bits = Bits ^ other.Bits;
        long span = SignedSpan(other);
        int span32 = SignedSpan32(other);
        return new Scalar(bits, bits.Min, bits.Max, ~span, span, (uint)bits.Min, (uint)bits.Max, ~span32, span32).Settle();
    }

    /// <summary>The low halves' common bits.</summary>
    internal Scalar And32(in Scalar other) => And(other).ZeroExtend32();

    /// <summary>The low halves' united bits.</summary>
    internal Scalar Or32(in Scalar other) => Or(other).ZeroExtend32();

    /// <summary>The low halves' differing bits.</summary>
    internal Scalar Xor32(in Scalar other) => Xor(other).ZeroExtend32();

    /// <summary>
    /// The least s = 2^k - 1 with every member of both between -s - 1 and s: their bits from k on are copies of the sign, and so are the result's,
    /// whatever the bitwise operation.
    /// </summary>
    private long SignedSpan(in Scalar other)
    {
        ulong reach = Reach(SMin) | Reach(SMax) | Reach(other.SMin) | Reach(other.SMax);
        return (long)Tnum.LowBits(64 - BitOperations.LeadingZeroCount(reach));
    }

    private int SignedSpan32(in Scalar other)
    {
        ulong reach = Reach(SMin32) | Reach(SMax32) | Reach(other.SMin32) | Reach(other.SMax32);
        return (int)Tnum.LowBits(64 - BitOperations.LeadingZeroCount(reach));
    }

    private static ulong Reach(long value) => (ulong)(value < 0 ? ~value : value);
}
