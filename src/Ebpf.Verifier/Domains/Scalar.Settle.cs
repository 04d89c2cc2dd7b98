namespace Ebpf.Verifier.Domains;

/// <summary>How the five parts of a scalar sharpen each other.</summary>
internal readonly partial struct Scalar
{
    // Each round passes every part to every other once. Two or three rounds reach the fixpoint in practice; a bound keeps the cost fixed.
    private const int Rounds = 4;

    /// <summary>The same members, with every part as sharp as the others make it; <see cref="Empty"/> where the parts contradict each other.</summary>
    internal Scalar Settle()
    {
        if (Bits.Mask == 0)
            return Contains(Bits.Value) ? Constant(Bits.Value) : Empty;

        var parts = new Parts(this);
        for (int round = 0; round < Rounds; round++)
        {
            Parts before = parts;
            parts.RangesFromBits();
            parts.HalfFromWhole();
            parts.WholeFromHalf();
            Parts.Agree(ref parts.UMin32, ref parts.UMax32, ref parts.SMin32, ref parts.SMax32);
            Parts.Agree(ref parts.UMin, ref parts.UMax, ref parts.SMin, ref parts.SMax);
            if (parts.IsContradictory || !parts.TryBitsFromRanges())
                return Empty;
            if (parts.Equals(in before))
                break;
        }
        Scalar settled = parts.ToScalar();
        if (!settled.IsConstant)
            return settled;
        return settled.Contains(settled.Value) ? Constant(settled.Value) : Empty;
    }

    /// <summary>The parts of a scalar while they are being settled.</summary>
    private ref struct Parts(in Scalar scalar)
    {
        public Tnum Bits = scalar.Bits;
        public ulong UMin = scalar.UMin, UMax = scalar.UMax;
        public long SMin = scalar.SMin, SMax = scalar.SMax;
        public uint UMin32 = scalar.UMin32, UMax32 = scalar.UMax32;
        public int SMin32 = scalar.SMin32, SMax32 = scalar.SMax32;

        public readonly bool IsContradictory => UMin > UMax || SMin > SMax || UMin32 > UMax32 || SMin32 > SMax32;

        public readonly Scalar ToScalar() => new(Bits, UMin, UMax, SMin, SMax, UMin32, UMax32, SMin32, SMax32);

        public readonly bool Equals(in Parts other) =>
            UMin == other.UMin && UMax == other.UMax && SMin == other.SMin && SMax == other.SMax
            && UMin32 == other.UMin32 && UMax32 == other.UMax32 && SMin32 == other.SMin32 && SMax32 == other.SMax32
            && Bits == other.Bits;

        /// <summary>No member is below the known ones or above everything that may be one.</summary>
        public void RangesFromBits()
        {
            UMin = Math.Max(UMin, Bits.Min);
            UMax = Math.Min(UMax, Bits.Max);
            // Signed, the sign bit weighs the other way.
            SMin = Math.Max(SMin, (long)(Bits.Value | (Bits.Mask & (1ul << 63))));
            SMax = Math.Min(SMax, (long)(Bits.Value | (Bits.Mask & ~(1ul << 63))));
            Tnum low = Bits.Low32;
            UMin32 = Math.Max(UMin32, (uint)low.Min);
            UMax32 = Math.Min(UMax32, (uint)low.Max);
            SMin32 = Math.Max(SMin32, (int)((uint)low.Value | ((uint)low.Mask & (1u << 31))));
            SMax32 = Math.Min(SMax32, (int)((uint)low.Value | ((uint)low.Mask & ~(1u << 31))));
        }

        /// <summary>The bits that all numbers of a range share are known.</summary>
        public bool TryBitsFromRanges()
        {
            Tnum whole = Tnum.Range(UMin, UMax);
            Tnum half = Tnum.Range(UMin32, UMax32);
            half = new Tnum(half.Value, half.Mask | ~0xffff_fffful);
            if (Bits.IsDisjointFrom(whole))
                return false;
            Bits = Bits.Intersect(whole);
            if (Bits.IsDisjointFrom(half))
                return false;
            Bits = Bits.Intersect(half);
            return true;
        }

        /// <summary>A 64-bit range of at most 2^32 numbers bounds the low half.</summary>
        public void HalfFromWhole()
        {
            if (UMax - UMin <= uint.MaxValue && UMin <= UMax)
                BoundHalf((uint)UMin, (uint)UMax);
            if ((ulong)SMax - (ulong)SMin <= uint.MaxValue && SMin <= SMax)
                BoundHalf((uint)SMin, (uint)SMax);
        }

        private void BoundHalf(uint first, uint last)
        {
            // The low halves are those from first up to last, wrapping round: a range in whichever order does not wrap.
            if (first <= last)
            {
                UMin32 = Math.Max(UMin32, first);
                UMax32 = Math.Min(UMax32, last);
            }
            if ((int)first <= (int)last)
            {
                SMin32 = Math.Max(SMin32, (int)first);
                SMax32 = Math.Min(SMax32, (int)last);
            }
        }

        /// <summary>The bounds of the whole move inwards to the next number whose low half is allowed.</summary>
        public void WholeFromHalf()
        {
            if (UMin32 > UMax32)
                return;
            if (TryNextWithHalf(UMin, out ulong next))
                UMin = next;
            if (TryPreviousWithHalf(UMax, out ulong previous))
                UMax = previous;
            // Signed order is unsigned order with the sign bit flipped, which leaves the low half alone.
            const ulong Sign = 1ul << 63;
            if (TryNextWithHalf((ulong)SMin ^ Sign, out next))
                SMin = (long)(next ^ Sign);
            if (TryPreviousWithHalf((ulong)SMax ^ Sign, out previous))
                SMax = (long)(previous ^ Sign);
            WholeFromSignedHalf();
        }

        private void WholeFromSignedHalf()
        {
            // A number that is its own low half sign-extended has the low half's signed range.
            if (SMin >= int.MinValue && SMax <= int.MaxValue)
            {
                SMin = Math.Max(SMin, SMin32);
                SMax = Math.Min(SMax, SMax32);
            }
        }

        private readonly bool TryNextWithHalf(ulong from, out ulong next)
        {
            uint low = (uint)from;
            ulong high = from & ~0xffff_fffful;
            next = low <= UMax32 ? high | Math.Max(low, UMin32) : high + (1ul << 32) | UMin32;
            return next >= from;
        }

        private readonly bool TryPreviousWithHalf(ulong from, out ulong previous)
        {
            uint low = (uint)from;
            ulong high = from & ~0xffff_fffful;
            previous = low >= UMin32 ? high | Math.Min(low, UMax32) : high - (1ul << 32) | UMax32;
            return previous <= from;
        }

        /// <summary>Makes an unsigned and a signed range of the same numbers agree.</summary>
        public static void Agree(ref ulong uMin, ref ulong uMax, ref long sMin, ref long sMax)
        {
            // A range on one side of the sign boundary is the same range in both orders.
            if ((long)uMin <= (long)uMax)
            {
                sMin = Math.Max(sMin, (long)uMin);
                sMax = Math.Min(sMax, (long)uMax);
            }
            if ((ulong)sMin <= (ulong)sMax)
            {
                uMin = Math.Max(uMin, (ulong)sMin);
                uMax = Math.Min(uMax, (ulong)sMax);
            }
            else if (uMax < (ulong)sMin)
            {
                // Both cross: unsigned, the signed range is [0, sMax] and [sMin, max]. Only the first overlaps.
                sMin = Math.Max(sMin, (long)uMin);
                uMax = Math.Min(uMax, (ulong)sMax);
            }
            else if ((ulong)sMax < uMin)
            {
                // Only the second overlaps.
                sMax = Math.Min(sMax, (long)uMax);
                uMin = Math.Max(uMin, (ulong)sMin);
            }
        }

        /// <summary>The same for the low half.</summary>
        public static void Agree(ref uint uMin, ref uint uMax, ref int sMin, ref int sMax)
        {
            if ((int)uMin <= (int)uMax)
            {
                sMin = Math.Max(sMin, (int)uMin);
                sMax = Math.Min(sMax, (int)uMax);
            }
            if ((uint)sMin <= (uint)sMax)
            {
                uMin = Math.Max(uMin, (uint)sMin);
                uMax = Math.Min(uMax, (uint)sMax);
            }
            else if (uMax < (uint)sMin)
            {
                sMin = Math.Max(sMin, (int)uMin);
                uMax = Math.Min(uMax, (uint)sMax);
            }
            else if ((uint)sMax < uMin)
            {
                sMax = Math.Min(sMax, (int)uMax);
                uMin = Math.Max(uMin, (uint)sMin);
            }
        }
    }
}
