using System.Runtime.CompilerServices;

namespace Ebpf.Verifier.Domains;

/// <summary>How the five parts of a scalar sharpen each other.</summary>
internal readonly partial struct Scalar
{
    /// <summary>The same members, with every part as sharp as the others make it; <see cref="Empty"/> where the parts contradict each other.</summary>
    internal Scalar Settle() => new Parts(this).Settle();

    /// <summary>The parts of a scalar while a rule makes it. Mutable and on the stack only: copying a scalar for each change of a part would cost more than the rules.</summary>
    private ref struct Parts
    {
        public Tnum Bits;
        public ulong UMin, UMax;
        public long SMin, SMax;
        public uint UMin32, UMax32;
        public int SMin32, SMax32;

        public Parts(in Scalar scalar)
        {
            Bits = scalar.Bits;
            (UMin, UMax) = (scalar.UMin, scalar.UMax);
            (SMin, SMax) = (scalar.SMin, scalar.SMax);
            (UMin32, UMax32) = (scalar.UMin32, scalar.UMax32);
            (SMin32, SMax32) = (scalar.SMin32, scalar.SMax32);
        }

        /// <summary>Nothing known but the bits.</summary>
        public Parts(Tnum bits)
        {
            Bits = bits;
            (UMin, UMax) = (ulong.MinValue, ulong.MaxValue);
            (SMin, SMax) = (long.MinValue, long.MaxValue);
            (UMin32, UMax32) = (uint.MinValue, uint.MaxValue);
            (SMin32, SMax32) = (int.MinValue, int.MaxValue);
        }

        /// <summary>Only the numbers from <paramref name="first"/> up to <paramref name="last"/>, in the order that wraps round.</summary>
        public void KeepArc(ulong first, ulong last)
        {
            if (first <= last)
            {
                UMin = Math.Max(UMin, first);
                UMax = Math.Min(UMax, last);
            }
            if ((long)first <= (long)last)
            {
                SMin = Math.Max(SMin, (long)first);
                SMax = Math.Min(SMax, (long)last);
            }
        }

        /// <summary>Only the numbers whose low half is from <paramref name="first"/> up to <paramref name="last"/>, in the order that wraps round.</summary>
        public void KeepArc32(uint first, uint last)
        {
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

        /// <summary>Lets the parts sharpen each other until they agree. Two rounds nearly always do; a bound keeps the cost fixed.</summary>
        public Scalar Settle()
        {
            for (int round = 0; round < 4; round++)
            {
                if (Bits.Mask == 0)
                    return TheOnlyMember();

                RangesFromBits();
                Agree(ref UMin, ref UMax, ref SMin, ref SMax);
                HalfFromWhole();
                Agree(ref UMin32, ref UMax32, ref SMin32, ref SMax32);
                bool isNarrowed = WholeFromHalf();
                if (isNarrowed)
                    Agree(ref UMin, ref UMax, ref SMin, ref SMax);
                if (UMin > UMax || SMin > SMax || UMin32 > UMax32 || SMin32 > SMax32 || !TryBitsFromRanges() || !TryOnlyMember())
                    return Empty;
                if (Bits.Mask == 0)
                    return TheOnlyMember();

                // Bits that the ranges have made known matter to the ranges only if they leave less room.
                Tnum low = Bits.Low32;
                if (!isNarrowed && Bits.Min <= UMin && Bits.Max >= UMax && low.Min <= UMin32 && low.Max >= UMax32)
                    break;
            }
            return new Scalar(Bits, UMin, UMax, SMin, SMax, UMin32, UMax32, SMin32, SMax32);
        }

        private readonly Scalar TheOnlyMember() =>
            new Scalar(Bits, UMin, UMax, SMin, SMax, UMin32, UMax32, SMin32, SMax32).Contains(Bits.Value) ? Constant(Bits.Value) : Empty;

        /// <summary>No member is below the known ones or above everything that may be one.</summary>
        private void RangesFromBits()
        {
            UMin = Math.Max(UMin, Bits.Min);
            UMax = Math.Min(UMax, Bits.Max);
            // Signed, the sign bit weighs the other way.
            SMin = Math.Max(SMin, (long)(Bits.Value | (Bits.Mask & (1ul << 63))));
            SMax = Math.Min(SMax, (long)(Bits.Value | (Bits.Mask & ~(1ul << 63))));
            (uint value, uint mask) = ((uint)Bits.Value, (uint)Bits.Mask);
            UMin32 = Math.Max(UMin32, value);
            UMax32 = Math.Min(UMax32, value | mask);
            SMin32 = Math.Max(SMin32, (int)(value | (mask & (1u << 31))));
            SMax32 = Math.Min(SMax32, (int)(value | (mask & ~(1u << 31))));
        }

        /// <summary>Where bits and range have one number in common, it is that; false where they have none.</summary>
        private bool TryOnlyMember()
        {
            // Free bits that lie together at the bottom leave no gaps, and a range knows as much.
            if ((Bits.Mask & (Bits.Mask + 1)) == 0 || UMin > UMax)
                return true;
            if (!Bits.TryNext(UMin, out ulong first) || first > UMax)
                return false;
            if (!Bits.TryPrevious(UMax, out ulong last))
                return false;
            if (first == last)
                Bits = Tnum.Constant(first);
            return true;
        }

        /// <summary>The bits that all numbers of a range share are known.</summary>
        private bool TryBitsFromRanges()
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
        private void HalfFromWhole()
        {
            if (UMax - UMin <= uint.MaxValue)
                KeepArc32((uint)UMin, (uint)UMax);
            if ((ulong)SMax - (ulong)SMin <= uint.MaxValue)
                KeepArc32((uint)SMin, (uint)SMax);
        }

        /// <summary>The bounds of the whole move inwards to the next number whose low half is allowed; false where they stay.</summary>
        private bool WholeFromHalf()
        {
            (ulong uMin, ulong uMax, long sMin, long sMax) = (UMin, UMax, SMin, SMax);
            if (UMin32 != 0 || UMax32 != uint.MaxValue)
            {
                // Signed order is unsigned order with the sign bit flipped, which leaves the low half alone.
                const ulong Sign = 1ul << 63;
                UMin = NextWithHalf(UMin);
                UMax = PreviousWithHalf(UMax);
                SMin = (long)(NextWithHalf((ulong)SMin ^ Sign) ^ Sign);
                SMax = (long)(PreviousWithHalf((ulong)SMax ^ Sign) ^ Sign);
            }
            if (SMin >= int.MinValue && SMax <= int.MaxValue)
            {
                // A number that is its own low half sign-extended has the low half's signed range.
                SMin = Math.Max(SMin, SMin32);
                SMax = Math.Min(SMax, SMax32);
            }
            return uMin != UMin || uMax != UMax || sMin != SMin || sMax != SMax;
        }

        private readonly ulong NextWithHalf(ulong from)
        {
            uint low = (uint)from;
            if (low >= UMin32 && low <= UMax32)
                return from;
            ulong high = from & ~0xffff_fffful;
            ulong next = low < UMin32 ? high | UMin32 : high + (1ul << 32) | UMin32;
            // Where there is none up to the end of the order, the bounds meet elsewhere.
            return next >= from ? next : from;
        }

        private readonly ulong PreviousWithHalf(ulong from)
        {
            uint low = (uint)from;
            if (low >= UMin32 && low <= UMax32)
                return from;
            ulong high = from & ~0xffff_fffful;
            ulong previous = low > UMax32 ? high | UMax32 : high - (1ul << 32) | UMax32;
            return previous <= from ? previous : from;
        }

        /// <summary>Makes an unsigned and a signed range of the same numbers agree.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Agree(ref ulong uMin, ref ulong uMax, ref long sMin, ref long sMax)
        {
            // A range on one side of the sign boundary is the same range in both orders, and what it shares with the other is too.
            if ((ulong)sMin <= (ulong)sMax)
            {
                uMin = Math.Max(uMin, (ulong)sMin);
                uMax = Math.Min(uMax, (ulong)sMax);
                (sMin, sMax) = ((long)uMin, (long)uMax);
            }
            else if ((long)uMin <= (long)uMax)
            {
                sMin = Math.Max(sMin, (long)uMin);
                sMax = Math.Min(sMax, (long)uMax);
                (uMin, uMax) = ((ulong)sMin, (ulong)sMax);
            }
            else if (uMax < (ulong)sMin)
            {
                // Both cross: unsigned, the signed range is [0, sMax] and [sMin, max]. Only the first overlaps.
                sMin = (long)uMin;
                uMax = (ulong)sMax;
            }
            else if ((ulong)sMax < uMin)
            {
                // Only the second overlaps.
                sMax = (long)uMax;
                uMin = (ulong)sMin;
            }
        }

        /// <summary>The same for the low half.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Agree(ref uint uMin, ref uint uMax, ref int sMin, ref int sMax)
        {
            // A range on one side of the sign boundary is the same range in both orders, and what it shares with the other is too.
            if ((uint)sMin <= (uint)sMax)
            {
                uMin = Math.Max(uMin, (uint)sMin);
                uMax = Math.Min(uMax, (uint)sMax);
                (sMin, sMax) = ((int)uMin, (int)uMax);
            }
            else if ((int)uMin <= (int)uMax)
            {
                sMin = Math.Max(sMin, (int)uMin);
                sMax = Math.Min(sMax, (int)uMax);
                (uMin, uMax) = ((uint)sMin, (uint)sMax);
            }
            else if (uMax < (uint)sMin)
            {
                // Both cross: unsigned, the signed range is [0, sMax] and [sMin, max]. Only the first overlaps.
                sMin = (int)uMin;
                uMax = (uint)sMax;
            }
            else if ((uint)sMax < uMin)
            {
                // Only the second overlaps.
                sMax = (int)uMax;
                uMin = (uint)sMin;
            }
        }
    }
}
