namespace Ebpf.Verifier.Domains;

/// <summary>Shifts. A count is taken modulo the width, RFC 9669 §4.1.</summary>
internal readonly partial struct Scalar
{
    /// <summary>Shifted left by a constant below 64.</summary>
    internal Scalar ShiftLeft(int count)
    {
        if (IsConstant)
            return Constant(Value << count);
        var shifted = new Parts(Bits << count);
        // A range survives if nothing of it is shifted out.
        if (UMax <= ulong.MaxValue >>> count)
            (shifted.UMin, shifted.UMax) = (UMin << count, UMax << count);
        if (SMin << count >> count == SMin && SMax << count >> count == SMax)
            (shifted.SMin, shifted.SMax) = (SMin << count, SMax << count);
        if (count < 32 && UMax32 <= uint.MaxValue >>> count)
            (shifted.UMin32, shifted.UMax32) = (UMin32 << count, UMax32 << count);
        if (count < 32 && SMin32 << count >> count == SMin32 && SMax32 << count >> count == SMax32)
            (shifted.SMin32, shifted.SMax32) = (SMin32 << count, SMax32 << count);
        return shifted.Settle();
    }

    /// <summary>Shifted right by a constant below 64, zeros coming in.</summary>
    internal Scalar ShiftRight(int count) => new Parts(Bits >>> count) { UMin = UMin >>> count, UMax = UMax >>> count }.Settle();

    /// <summary>Shifted right by a constant below 64, copies of the sign coming in.</summary>
    internal Scalar ShiftRightSigned(int count) => new Parts(Bits >> count) { SMin = SMin >> count, SMax = SMax >> count }.Settle();

    /// <summary>The low half shifted left by a constant below 32.</summary>
    internal Scalar ShiftLeft32(int count) => ShiftLeft(count).ZeroExtend32();

    /// <summary>The low half shifted right by a constant below 32, zeros coming in.</summary>
    internal Scalar ShiftRight32(int count) => ZeroExtend32().ShiftRight(count);

    /// <summary>The low half shifted right by a constant below 32, copies of its sign coming in.</summary>
    internal Scalar ShiftRightSigned32(int count) => SignExtend(32).ShiftRightSigned(count).ZeroExtend32();

    /// <summary>Shifted left by another scalar.</summary>
    internal Scalar ShiftLeft(in Scalar count)
    {
        // There are at most 64 counts: the union over those that are possible is the sharpest answer, and variable shifts are rare.
        Scalar counts = count.And(Constant(63ul)), all = Empty;
        for (int n = (int)counts.UMin; n <= (int)counts.UMax && !all.IsUnknown; n++)
            all = counts.Contains((ulong)n) ? all.Union(ShiftLeft(n)) : all;
        return all;
    }

    /// <summary>Shifted right by another scalar, zeros coming in.</summary>
    internal Scalar ShiftRight(in Scalar count)
    {
        Scalar counts = count.And(Constant(63ul)), all = Empty;
        for (int n = (int)counts.UMin; n <= (int)counts.UMax && !all.IsUnknown; n++)
            all = counts.Contains((ulong)n) ? all.Union(ShiftRight(n)) : all;
        return all;
    }

    /// <summary>Shifted right by another scalar, copies of the sign coming in.</summary>
    internal Scalar ShiftRightSigned(in Scalar count)
    {
        Scalar counts = count.And(Constant(63ul)), all = Empty;
        for (int n = (int)counts.UMin; n <= (int)counts.UMax && !all.IsUnknown; n++)
            all = counts.Contains((ulong)n) ? all.Union(ShiftRightSigned(n)) : all;
        return all;
    }

    /// <summary>The low half shifted left by another scalar.</summary>
    internal Scalar ShiftLeft32(in Scalar count) => ShiftLeft(count.And(Constant(31ul))).ZeroExtend32();

    /// <summary>The low half shifted right by another scalar, zeros coming in.</summary>
    internal Scalar ShiftRight32(in Scalar count) => ZeroExtend32().ShiftRight(count.And(Constant(31ul)));

    /// <summary>The low half shifted right by another scalar, copies of its sign coming in.</summary>
    internal Scalar ShiftRightSigned32(in Scalar count) => SignExtend(32).ShiftRightSigned(count.And(Constant(31ul))).ZeroExtend32();
}
