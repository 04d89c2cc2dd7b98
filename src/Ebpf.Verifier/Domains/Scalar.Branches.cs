using System.Numerics;

namespace Ebpf.Verifier.Domains;

/// <summary>What a comparison says about its operands.</summary>
internal readonly partial struct Scalar
{
    /// <summary>Whether <paramref name="left"/> and <paramref name="right"/>, taken independently, always or never compare so.</summary>
    internal static BranchOutcome Decide(Comparison comparison, in Scalar left, in Scalar right, OperandWidth width)
    {
        bool whole = width == OperandWidth.Bits64;
        return comparison switch
        {
            Comparison.Equal => whole ? Same(left, right) : Same32(left, right),
            Comparison.NotEqual => Opposite(whole ? Same(left, right) : Same32(left, right)),
            Comparison.Greater => whole ? Above(left.UMin, left.UMax, right.UMin, right.UMax) : Above(left.UMin32, left.UMax32, right.UMin32, right.UMax32),
            Comparison.SignedGreater => whole ? Above(left.SMin, left.SMax, right.SMin, right.SMax) : Above(left.SMin32, left.SMax32, right.SMin32, right.SMax32),
            Comparison.AnySet => CommonBits(whole ? left.Bits & right.Bits : left.Bits.Low32 & right.Bits.Low32),
            Comparison.Less or Comparison.SignedLess => Decide(comparison.Mirrored(), right, left, width),
            _ => Opposite(Decide(comparison.Negated(), left, right, width)),
        };
    }

    /// <summary>
    /// Keeps of both operands what is possible where the comparison holds (<paramref name="taken"/>) or does not hold. False, with both empty, where
    /// that cannot be.
    /// </summary>
    internal static bool Refine(Comparison comparison, ref Scalar left, ref Scalar right, bool taken, OperandWidth width)
    {
        if (!taken)
            comparison = comparison.Negated();
        bool whole = width == OperandWidth.Bits64;
        switch (comparison)
        {
            case Comparison.Equal when whole:
                left = right = left.Intersect(right);
                break;
            case Comparison.Equal:
                (left, right) = (left.WithHalfOf(right), right.WithHalfOf(left));
                break;
            case Comparison.NotEqual when whole:
                (left, right) = (left.Without(right), right.Without(left));
                break;
            case Comparison.NotEqual:
                (left, right) = (left.Without32(right), right.Without32(left));
                break;
            case Comparison.Greater or Comparison.GreaterOrEqual:
                KeepAbove(ref left, ref right, strictly: comparison == Comparison.Greater, whole);
                break;
            case Comparison.Less or Comparison.LessOrEqual:
                KeepAbove(ref right, ref left, strictly: comparison == Comparison.Less, whole);
                break;
            case Comparison.SignedGreater or Comparison.SignedGreaterOrEqual:
                KeepAboveSigned(ref left, ref right, strictly: comparison == Comparison.SignedGreater, whole);
                break;
            case Comparison.SignedLess or Comparison.SignedLessOrEqual:
                KeepAboveSigned(ref right, ref left, strictly: comparison == Comparison.SignedLess, whole);
                break;
            case Comparison.AnySet:
                (left, right) = (left.WithSomeOf(right, whole), right.WithSomeOf(left, whole));
                break;
            case Comparison.NoneSet:
                (left, right) = (left.WithNoneOf(right, whole), right.WithNoneOf(left, whole));
                break;
        }
        if (!left.IsEmpty && !right.IsEmpty)
            return true;
        left = right = Empty;
        return false;
    }

    private static BranchOutcome Opposite(BranchOutcome outcome) => outcome switch
    {
        BranchOutcome.Always => BranchOutcome.Never,
        BranchOutcome.Never => BranchOutcome.Always,
        _ => BranchOutcome.Unknown,
    };

    private static BranchOutcome Same(in Scalar left, in Scalar right)
    {
        if (left.IsConstant && right.IsConstant)
            return left.Value == right.Value ? BranchOutcome.Always : BranchOutcome.Never;
        bool disjoint = left.Bits.IsDisjointFrom(right.Bits)
            || left.UMin > right.UMax || left.UMax < right.UMin || left.SMin > right.SMax || left.SMax < right.SMin
            || left.UMin32 > right.UMax32 || left.UMax32 < right.UMin32 || left.SMin32 > right.SMax32 || left.SMax32 < right.SMin32;
        return disjoint ? BranchOutcome.Never : BranchOutcome.Unknown;
    }

    private static BranchOutcome Same32(in Scalar left, in Scalar right)
    {
        if (left.IsConstant32 && right.IsConstant32)
            return (uint)left.Value == (uint)right.Value ? BranchOutcome.Always : BranchOutcome.Never;
        bool disjoint = left.Bits.Low32.IsDisjointFrom(right.Bits.Low32)
            || left.UMin32 > right.UMax32 || left.UMax32 < right.UMin32 || left.SMin32 > right.SMax32 || left.SMax32 < right.SMin32;
        return disjoint ? BranchOutcome.Never : BranchOutcome.Unknown;
    }

    private static BranchOutcome Above(ulong min, ulong max, ulong otherMin, ulong otherMax) =>
        min > otherMax ? BranchOutcome.Always : max <= otherMin ? BranchOutcome.Never : BranchOutcome.Unknown;

    private static BranchOutcome Above(long min, long max, long otherMin, long otherMax) =>
        min > otherMax ? BranchOutcome.Always : max <= otherMin ? BranchOutcome.Never : BranchOutcome.Unknown;

    private static BranchOutcome CommonBits(Tnum common) =>
        common.Min != 0 ? BranchOutcome.Always : common.Max == 0 ? BranchOutcome.Never : BranchOutcome.Unknown;

    /// <summary>Those whose low half may be one of <paramref name="other"/>'s.</summary>
    private Scalar WithHalfOf(in Scalar other)
    {
        Tnum low = other.Bits.Low32;
        Tnum bits = new(low.Value, low.Mask | ~0xffff_fffful);
        if (Bits.IsDisjointFrom(bits))
            return Empty;
        return (this with
        {
            Bits = Bits.Intersect(bits),
            UMin32 = Math.Max(UMin32, other.UMin32),
            UMax32 = Math.Min(UMax32, other.UMax32),
            SMin32 = Math.Max(SMin32, other.SMin32),
            SMax32 = Math.Min(SMax32, other.SMax32),
        }).Settle();
    }

    /// <summary>Those that differ from <paramref name="other"/>: where it is one number, that number is taken off the ends of the ranges.</summary>
    private Scalar Without(in Scalar other)
    {
        if (!other.IsConstant)
            return this;
        if (IsConstant)
            return Value == other.Value ? Empty : this;
        ulong value = other.Value;
        return (this with
        {
            UMin = UMin == value ? UMin + 1 : UMin,
            UMax = UMax == value ? UMax - 1 : UMax,
            SMin = SMin == (long)value ? SMin + 1 : SMin,
            SMax = SMax == (long)value ? SMax - 1 : SMax,
        }).Settle();
    }

    /// <summary>The same for the low half.</summary>
    private Scalar Without32(in Scalar other)
    {
        if (!other.IsConstant32)
            return this;
        uint value = (uint)other.Value;
        if (IsConstant32)
            return (uint)Value == value ? Empty : this;
        return (this with
        {
            UMin32 = UMin32 == value ? UMin32 + 1 : UMin32,
            UMax32 = UMax32 == value ? UMax32 - 1 : UMax32,
            SMin32 = SMin32 == (int)value ? SMin32 + 1 : SMin32,
            SMax32 = SMax32 == (int)value ? SMax32 - 1 : SMax32,
        }).Settle();
    }

    private static void KeepAbove(ref Scalar high, ref Scalar low, bool strictly, bool whole)
    {
        if (whole)
        {
            if (strictly && (low.UMin == ulong.MaxValue || high.UMax == ulong.MinValue))
            {
                high = low = Empty;
                return;
            }
            ulong gap = strictly ? 1ul : 0;
            (high, low) = (
                (high with { UMin = Math.Max(high.UMin, low.UMin + gap) }).Settle(),
                (low with { UMax = Math.Min(low.UMax, high.UMax - gap) }).Settle());
        }
        else
        {
            if (strictly && (low.UMin32 == uint.MaxValue || high.UMax32 == uint.MinValue))
            {
                high = low = Empty;
                return;
            }
            uint gap = strictly ? 1u : 0;
            (high, low) = (
                (high with { UMin32 = Math.Max(high.UMin32, low.UMin32 + gap) }).Settle(),
                (low with { UMax32 = Math.Min(low.UMax32, high.UMax32 - gap) }).Settle());
        }
    }

    private static void KeepAboveSigned(ref Scalar high, ref Scalar low, bool strictly, bool whole)
    {
        if (whole)
        {
            if (strictly && (low.SMin == long.MaxValue || high.SMax == long.MinValue))
            {
                high = low = Empty;
                return;
            }
            long gap = strictly ? 1 : 0;
            (high, low) = (
                (high with { SMin = Math.Max(high.SMin, low.SMin + gap) }).Settle(),
                (low with { SMax = Math.Min(low.SMax, high.SMax - gap) }).Settle());
        }
        else
        {
            if (strictly && (low.SMin32 == int.MaxValue || high.SMax32 == int.MinValue))
            {
                high = low = Empty;
                return;
            }
            int gap = strictly ? 1 : 0;
            (high, low) = (
                (high with { SMin32 = Math.Max(high.SMin32, low.SMin32 + gap) }).Settle(),
                (low with { SMax32 = Math.Min(low.SMax32, high.SMax32 - gap) }).Settle());
        }
    }

    /// <summary>Those that share a set bit with <paramref name="other"/>: if only one bit can be shared, it is set.</summary>
    private Scalar WithSomeOf(in Scalar other, bool whole)
    {
        ulong common = Bits.Max & other.Bits.Max & (whole ? ulong.MaxValue : uint.MaxValue);
        if (common == 0)
            return Empty;
        return BitOperations.IsPow2(common) ? (this with { Bits = new Tnum(Bits.Value | common, Bits.Mask & ~common) }).Settle() : this;
    }

    /// <summary>Those that share no set bit with <paramref name="other"/>: what it surely has set is clear.</summary>
    private Scalar WithNoneOf(in Scalar other, bool whole)
    {
        ulong clear = other.Bits.Value & (whole ? ulong.MaxValue : uint.MaxValue);
        if ((Bits.Value & clear) != 0)
            return Empty;
        return (this with { Bits = new Tnum(Bits.Value, Bits.Mask & ~clear) }).Settle();
    }
}
