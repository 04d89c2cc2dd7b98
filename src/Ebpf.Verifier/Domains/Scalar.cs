using System.Runtime.InteropServices;

namespace Ebpf.Verifier.Domains;

/// <summary>
/// A set of 64-bit numbers, described five times over: by its bits, by unsigned and signed 64-bit ranges, and by unsigned and signed ranges of the
/// low 32 bits. A number is a member if all five agree. <see cref="Settle"/> lets each part sharpen the others; every rule returns settled scalars.
/// </summary>
/// <remarks>The scalar half of the kernel's <c>struct bpf_reg_state</c>. Blittable, 64 bytes.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly partial struct Scalar : IEquatable<Scalar>
{
    private Scalar(Tnum bits, ulong uMin, ulong uMax, long sMin, long sMax, uint uMin32, uint uMax32, int sMin32, int sMax32)
    {
        Bits = bits;
        UMin = uMin;
        UMax = uMax;
        SMin = sMin;
        SMax = sMax;
        UMin32 = uMin32;
        UMax32 = uMax32;
        SMin32 = sMin32;
        SMax32 = sMax32;
    }

    /// <summary>What is known of each bit.</summary>
    public Tnum Bits { get; init; }

    /// <summary>Least member, unsigned.</summary>
    public ulong UMin { get; init; }

    /// <summary>Greatest member, unsigned.</summary>
    public ulong UMax { get; init; }

    /// <summary>Least member, signed.</summary>
    public long SMin { get; init; }

    /// <summary>Greatest member, signed.</summary>
    public long SMax { get; init; }

    /// <summary>Least low half, unsigned.</summary>
    public uint UMin32 { get; init; }

    /// <summary>Greatest low half, unsigned.</summary>
    public uint UMax32 { get; init; }

    /// <summary>Least low half, signed.</summary>
    public int SMin32 { get; init; }

    /// <summary>Greatest low half, signed.</summary>
    public int SMax32 { get; init; }

    /// <summary>Every number.</summary>
    public static Scalar Unknown => new(Tnum.Unknown, ulong.MinValue, ulong.MaxValue, long.MinValue, long.MaxValue, uint.MinValue, uint.MaxValue, int.MinValue, int.MaxValue);

    /// <summary>No number: what a contradiction settles to. Only <see cref="IsEmpty"/>, equality and the set operations mean something for it.</summary>
    public static Scalar Empty => new(Tnum.Constant(0), ulong.MaxValue, ulong.MinValue, long.MaxValue, long.MinValue, uint.MaxValue, uint.MinValue, int.MaxValue, int.MinValue);

    /// <summary>Whether there is no member, so that the path on which it arose is impossible.</summary>
    public bool IsEmpty => UMin > UMax;

    /// <summary>Whether there is exactly one member.</summary>
    public bool IsConstant => Bits.Mask == 0 && !IsEmpty;

    /// <summary>The only member; meaningful where <see cref="IsConstant"/>.</summary>
    public ulong Value => Bits.Value;

    /// <summary>Whether the low half has exactly one value.</summary>
    public bool IsConstant32 => (uint)Bits.Mask == 0 && !IsEmpty;

    /// <summary>Whether nothing is known.</summary>
    public bool IsUnknown => Bits.Mask == ulong.MaxValue && SMin == long.MinValue && SMax == long.MaxValue && UMin == 0 && UMax == ulong.MaxValue
        && UMin32 == 0 && UMax32 == uint.MaxValue && SMin32 == int.MinValue && SMax32 == int.MaxValue;

    /// <summary>Whether the upper 32 bits of every member are zero.</summary>
    public bool IsUpperHalfZero => UMax <= uint.MaxValue;

    /// <summary>One number.</summary>
    public static Scalar Constant(ulong value) =>
        new(Tnum.Constant(value), value, value, (long)value, (long)value, (uint)value, (uint)value, (int)value, (int)value);

    /// <summary>One number, signed.</summary>
    public static Scalar Constant(long value) => Constant((ulong)value);

    /// <summary>The numbers that agree with the given bits.</summary>
    public static Scalar From(Tnum bits) => (Unknown with { Bits = bits }).Settle();

    /// <summary>The numbers from <paramref name="min"/> to <paramref name="max"/>, unsigned.</summary>
    public static Scalar Unsigned(ulong min, ulong max) => (Unknown with { UMin = min, UMax = max }).Settle();

    /// <summary>The numbers from <paramref name="min"/> to <paramref name="max"/>, signed.</summary>
    public static Scalar Signed(long min, long max) => (Unknown with { SMin = min, SMax = max }).Settle();

    /// <summary>Every number of <paramref name="bits"/> bits, zero-extended: what a load of that width gives.</summary>
    public static Scalar OfWidth(int bits) => Unsigned(0, Tnum.LowBits(bits));

    /// <summary>Whether a number is a member.</summary>
    public bool Contains(ulong value) =>
        Bits.Contains(value)
        && value >= UMin && value <= UMax && (long)value >= SMin && (long)value <= SMax
        && (uint)value >= UMin32 && (uint)value <= UMax32 && (int)value >= SMin32 && (int)value <= SMax32;

    /// <summary>Whether this describes, part by part, no number that <paramref name="other"/> does not.</summary>
    /// <remarks>As the kernel's range_within and tnum_in: the test that lets a verified state stand for this one.</remarks>
    public bool IsSubsetOf(in Scalar other) =>
        IsEmpty
        || (other.UMin <= UMin && UMax <= other.UMax
            && other.SMin <= SMin && SMax <= other.SMax
            && other.UMin32 <= UMin32 && UMax32 <= other.UMax32
            && other.SMin32 <= SMin32 && SMax32 <= other.SMax32
            && Bits.IsSubsetOf(other.Bits));

    /// <summary>The members of both; empty where there are none.</summary>
    public Scalar Intersect(in Scalar other)
    {
        if (IsEmpty || other.IsEmpty || Bits.IsDisjointFrom(other.Bits))
            return Empty;
        return new Scalar(
            Bits.Intersect(other.Bits),
            Math.Max(UMin, other.UMin), Math.Min(UMax, other.UMax),
            Math.Max(SMin, other.SMin), Math.Min(SMax, other.SMax),
            Math.Max(UMin32, other.UMin32), Math.Min(UMax32, other.UMax32),
            Math.Max(SMin32, other.SMin32), Math.Min(SMax32, other.SMax32)).Settle();
    }

    /// <summary>The members of either, and what lies between: the join.</summary>
    public Scalar Union(in Scalar other)
    {
        if (IsEmpty)
            return other;
        if (other.IsEmpty)
            return this;
        return new Scalar(
            Bits.Union(other.Bits),
            Math.Min(UMin, other.UMin), Math.Max(UMax, other.UMax),
            Math.Min(SMin, other.SMin), Math.Max(SMax, other.SMax),
            Math.Min(UMin32, other.UMin32), Math.Max(UMax32, other.UMax32),
            Math.Min(SMin32, other.SMin32), Math.Max(SMax32, other.SMax32)).Settle();
    }

    /// <summary>Equality part by part.</summary>
    public bool Equals(Scalar other) =>
        Bits == other.Bits
        && UMin == other.UMin && UMax == other.UMax && SMin == other.SMin && SMax == other.SMax
        && UMin32 == other.UMin32 && UMax32 == other.UMax32 && SMin32 == other.SMin32 && SMax32 == other.SMax32;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Scalar other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Bits.Value, Bits.Mask, UMin, UMax, SMin, SMax, UMin32, SMin32);

    public static bool operator ==(in Scalar left, in Scalar right) => left.Equals(right);

    public static bool operator !=(in Scalar left, in Scalar right) => !left.Equals(right);

    /// <summary>The ranges that say more than others, for logs.</summary>
    public override string ToString()
    {
        if (IsEmpty)
            return "nothing";
        if (IsConstant)
            return ((long)Value).ToString();
        if (IsUnknown)
            return "anything";
        return $"u [{UMin}, {UMax}] s [{SMin}, {SMax}] u32 [{UMin32}, {UMax32}] s32 [{SMin32}, {SMax32}] bits {Bits}";
    }
}
