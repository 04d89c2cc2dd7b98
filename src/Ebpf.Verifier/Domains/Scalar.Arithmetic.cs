namespace Ebpf.Verifier.Domains;

/// <summary>
/// Arithmetic, RFC 9669 §4.1: everything wraps, division by zero gives zero, a remainder by zero leaves the dividend. The 32-bit forms take the low
/// halves of their operands and clear the upper half of the result.
/// </summary>
internal readonly partial struct Scalar
{
    /// <summary>The sums.</summary>
    internal Scalar Add(in Scalar other)
    {
        if (IsConstant && other.IsConstant)
            return Constant(Value + other.Value);
        var sum = new Parts(Bits + other.Bits);
        // Sums of two ranges run from the sum of the firsts to the sum of the lasts, perhaps through the wrap; unless they go all the way round.
        if (UMax - UMin <= ulong.MaxValue - (other.UMax - other.UMin))
            sum.KeepArc(UMin + other.UMin, UMax + other.UMax);
        if (Width(SMin, SMax) <= ulong.MaxValue - Width(other.SMin, other.SMax))
            sum.KeepArc((ulong)(SMin + other.SMin), (ulong)(SMax + other.SMax));
        if (UMax32 - UMin32 <= uint.MaxValue - (other.UMax32 - other.UMin32))
            sum.KeepArc32(UMin32 + other.UMin32, UMax32 + other.UMax32);
        if (Width(SMin32, SMax32) <= uint.MaxValue - Width(other.SMin32, other.SMax32))
            sum.KeepArc32((uint)(SMin32 + other.SMin32), (uint)(SMax32 + other.SMax32));
        return sum.Settle();
    }

    /// <summary>The differences.</summary>
    internal Scalar Sub(in Scalar other)
    {
        if (IsConstant && other.IsConstant)
            return Constant(Value - other.Value);
        var difference = new Parts(Bits - other.Bits);
        // From the first minus the last to the last minus the first, with the widths of both ranges.
        if (UMax - UMin <= ulong.MaxValue - (other.UMax - other.UMin))
            difference.KeepArc(UMin - other.UMax, UMax - other.UMin);
        if (Width(SMin, SMax) <= ulong.MaxValue - Width(other.SMin, other.SMax))
            difference.KeepArc((ulong)(SMin - other.SMax), (ulong)(SMax - other.SMin));
        if (UMax32 - UMin32 <= uint.MaxValue - (other.UMax32 - other.UMin32))
            difference.KeepArc32(UMin32 - other.UMax32, UMax32 - other.UMin32);
        if (Width(SMin32, SMax32) <= uint.MaxValue - Width(other.SMin32, other.SMax32))
            difference.KeepArc32((uint)(SMin32 - other.SMax32), (uint)(SMax32 - other.SMin32));
        return difference.Settle();
    }

    /// <summary>The products.</summary>
    internal Scalar Mul(in Scalar other)
    {
        if (IsConstant && other.IsConstant)
            return Constant(Value * other.Value);
        var product = new Parts(Bits * other.Bits);
        if (Math.BigMul(UMax, other.UMax, out ulong greatest) == 0)
            (product.UMin, product.UMax) = (UMin * other.UMin, greatest);
        if (TryProducts(SMin, SMax, other.SMin, other.SMax, out Int128 min, out Int128 max) && min >= long.MinValue && max <= long.MaxValue)
            (product.SMin, product.SMax) = ((long)min, (long)max);
        if ((ulong)UMax32 * other.UMax32 <= uint.MaxValue)
            (product.UMin32, product.UMax32) = (UMin32 * other.UMin32, UMax32 * other.UMax32);
        if (TryProducts(SMin32, SMax32, other.SMin32, other.SMax32, out min, out max) && min >= int.MinValue && max <= int.MaxValue)
            (product.SMin32, product.SMax32) = ((int)min, (int)max);
        return product.Settle();
    }

    /// <summary>The unsigned quotients.</summary>
    internal Scalar Div(in Scalar other)
    {
        if (other.UMax == 0)
            return Constant(0ul);
        if (other.IsConstant && ulong.IsPow2(other.Value))
            return ShiftRight(System.Numerics.BitOperations.TrailingZeroCount(other.Value));
        // The divisor zero gives zero; any other quotient is at most the dividend by the least divisor.
        ulong least = other.UMin == 0 ? 0 : UMin / other.UMax;
        return Unsigned(least, UMax / Math.Max(other.UMin, 1));
    }

    /// <summary>The unsigned remainders.</summary>
    internal Scalar Mod(in Scalar other)
    {
        // A dividend below every divisor stays, and a divisor zero leaves every dividend.
        if (other.UMax == 0 || UMax < other.UMin)
            return this;
        if (IsConstant && other.IsConstant)
            return Constant(Value % other.Value);
        if (other.IsConstant && ulong.IsPow2(other.Value))
            return And(Constant(other.Value - 1));
        return Unsigned(0, other.UMin == 0 ? UMax : Math.Min(UMax, other.UMax - 1));
    }

    /// <summary>The signed quotients, rounded towards zero; the least number by -1 is itself.</summary>
    internal Scalar SignedDiv(in Scalar other)
    {
        if (SMin >= 0 && other.SMin >= 0)
            return Div(other);
        if (other.IsConstant)
            return SignedDivBy((long)other.Value);
        if (SMin == long.MinValue && other.Contains(ulong.MaxValue))
            return Unknown;
        // No quotient is farther from zero than its dividend.
        long farthest = Math.Max(SMax, -Math.Min(SMin, 0));
        return SMin == long.MinValue ? Unknown : Signed(-farthest, farthest);
    }

    private Scalar SignedDivBy(long divisor)
    {
        // Division by a constant is monotone, falling where the constant is negative.
        if (divisor == 0)
            return Constant(0ul);
        if (divisor == -1)
            return Neg();
        return divisor > 0 ? Signed(SMin / divisor, SMax / divisor) : Signed(SMax / divisor, SMin / divisor);
    }

    /// <summary>The signed remainders: they have the sign of the dividend.</summary>
    internal Scalar SignedMod(in Scalar other)
    {
        if (SMin >= 0 && other.SMin >= 0)
            return Mod(other);
        if (other.IsConstant && other.Value == 0)
            return this;
        // A remainder is closer to zero than the divisor, and no farther than the dividend; a divisor zero leaves the dividend.
        ulong limit = other.Contains(0) ? ulong.MaxValue : Math.Max(Magnitude(other.SMin), Magnitude(other.SMax)) - 1;
        long min = SMin >= 0 ? 0 : limit >= Magnitude(SMin) ? SMin : -(long)limit;
        long max = SMax <= 0 ? 0 : limit >= (ulong)SMax ? SMax : (long)limit;
        return Signed(min, max);
    }

    /// <summary>The negatives.</summary>
    internal Scalar Neg() => Constant(0ul).Sub(this);

    /// <summary>The low halves' sums.</summary>
    internal Scalar Add32(in Scalar other) => Add(other).ZeroExtend32();

    /// <summary>The low halves' differences.</summary>
    internal Scalar Sub32(in Scalar other) => Sub(other).ZeroExtend32();

    /// <summary>The low halves' products.</summary>
    internal Scalar Mul32(in Scalar other) => Mul(other).ZeroExtend32();

    /// <summary>The low halves' unsigned quotients.</summary>
    internal Scalar Div32(in Scalar other) => ZeroExtend32().Div(other.ZeroExtend32());

    /// <summary>The low halves' unsigned remainders.</summary>
    internal Scalar Mod32(in Scalar other) => ZeroExtend32().Mod(other.ZeroExtend32());

    /// <summary>The low halves' signed quotients.</summary>
    internal Scalar SignedDiv32(in Scalar other) => SignExtend(32).SignedDiv(other.SignExtend(32)).ZeroExtend32();

    /// <summary>The low halves' signed remainders.</summary>
    internal Scalar SignedMod32(in Scalar other) => SignExtend(32).SignedMod(other.SignExtend(32)).ZeroExtend32();

    /// <summary>The low halves' negatives.</summary>
    internal Scalar Neg32() => Neg().ZeroExtend32();

    private static ulong Width(long min, long max) => (ulong)max - (ulong)min;

    private static uint Width(int min, int max) => (uint)max - (uint)min;

    private static ulong Magnitude(long value) => value < 0 ? 0ul - (ulong)value : (ulong)value;

    private static bool TryProducts(long aMin, long aMax, long bMin, long bMax, out Int128 min, out Int128 max)
    {
        // The extremes lie at the corners. Ranges as wide as the type overflow anyway.
        min = max = 0;
        if (aMin == long.MinValue || aMax == long.MaxValue || bMin == long.MinValue || bMax == long.MaxValue)
            return false;
        Int128 p = (Int128)aMin * bMin, q = (Int128)aMin * bMax, r = (Int128)aMax * bMin, s = (Int128)aMax * bMax;
        min = Int128.Min(Int128.Min(p, q), Int128.Min(r, s));
        max = Int128.Max(Int128.Max(p, q), Int128.Max(r, s));
        return true;
    }
}
