namespace Ebpf.Verifier.Domains;

/// <summary>Moves that change the width: extensions, truncations, byte swaps.</summary>
internal readonly partial struct Scalar
{
    /// <summary>The low half, the upper half cleared: what every 32-bit instruction leaves.</summary>
    internal Scalar ZeroExtend32() => IsUpperHalfZero
        ? this
        : new Scalar(Bits.Low32, UMin32, UMax32, 0, uint.MaxValue, UMin32, UMax32, SMin32, SMax32).Settle();

    /// <summary>The low <paramref name="bits"/> bits (8, 16, 32 or 64), zero-extended: a narrow load, store or move.</summary>
    internal Scalar Truncate(int bits)
    {
        if (bits >= 64)
            return this;
        Scalar half = ZeroExtend32();
        if (bits == 32)
            return half;
        var low = new Parts(Bits.Truncate(bits));
        // A range keeps its order in the low bits if the bits above are the same from end to end.
        if (half.UMin >> bits == half.UMax >> bits)
            (low.UMin, low.UMax) = (half.UMin & Tnum.LowBits(bits), half.UMax & Tnum.LowBits(bits));
        return low.Settle();
    }

    /// <summary>The low <paramref name="bits"/> bits (8, 16 or 32), sign-extended to 64.</summary>
    internal Scalar SignExtend(int bits)
    {
        var extended = new Parts(Bits.SignExtend(bits)) { SMin = SMin32, SMax = SMax32 };
        if (bits == 32)
        {
            (extended.UMin32, extended.UMax32) = (UMin32, UMax32);
            return extended.Settle();
        }

        // A number that fits is its own extension. Otherwise the order is kept where the zero-extended range is on one side of the sign bit.
        long limit = 1L << (bits - 1);
        if (SMin32 >= -limit && SMax32 < limit)
            return extended.Settle();
        Scalar low = Truncate(bits);
        if (low.UMax < (ulong)limit)
            (extended.SMin, extended.SMax) = ((long)low.UMin, (long)low.UMax);
        else if (low.UMin >= (ulong)limit)
            (extended.SMin, extended.SMax) = ((long)low.UMin - 2 * limit, (long)low.UMax - 2 * limit);
        else
            (extended.SMin, extended.SMax) = (-limit, limit - 1);
        return extended.Settle();
    }

    /// <summary>The low <paramref name="bits"/> bits (8 or 16), sign-extended to 32, the upper half cleared.</summary>
    internal Scalar SignExtend32(int bits) => SignExtend(bits).ZeroExtend32();

    /// <summary>The bytes of the low <paramref name="bits"/> bits (16, 32 or 64) in reverse order, zero-extended.</summary>
    internal Scalar SwapBytes(int bits) => From(Bits.SwapBytes(bits));
}
