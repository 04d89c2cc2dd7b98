using System.Buffers.Binary;
using System.Numerics;

namespace Ebpf.Verifier.Domains;

/// <summary>
/// A tristate number: each of 64 bits is known zero, known one, or unknown. A bit that is set in <see cref="Mask"/> is unknown and zero in
/// <see cref="Value"/>; the number stands for every value that agrees with <see cref="Value"/> outside the mask.
/// </summary>
/// <remarks>The same abstraction as the kernel's <c>struct tnum</c> (include/linux/tnum.h); Vishwanathan et al., CGO 2022.</remarks>
internal readonly record struct Tnum(ulong Value, ulong Mask)
{
    /// <summary>Any value at all.</summary>
    public static Tnum Unknown => new(0, ulong.MaxValue);

    /// <summary>The least member, unsigned.</summary>
    public ulong Min => Value;

    /// <summary>The greatest member, unsigned.</summary>
    public ulong Max => Value | Mask;

    /// <summary>Whether there is exactly one member.</summary>
    public bool IsConstant => Mask == 0;

    /// <summary>The low 32 bits; the upper ones known zero.</summary>
    public Tnum Low32 => new((uint)Value, (uint)Mask);

    /// <summary>The upper 32 bits in place; the lower ones known zero.</summary>
    public Tnum High32 => new(Value & ~0xffff_fffful, Mask & ~0xffff_fffful);

    /// <summary>How many low bits are known zero.</summary>
    public int TrailingZeros => BitOperations.TrailingZeroCount(Max);

    /// <summary>One value.</summary>
    public static Tnum Constant(ulong value) => new(value, 0);

    /// <summary>The bits that all numbers from <paramref name="min"/> to <paramref name="max"/> share: their common leading bits.</summary>
    public static Tnum Range(ulong min, ulong max)
    {
        int differing = 64 - BitOperations.LeadingZeroCount(min ^ max);
        ulong mask = LowBits(differing);
        return new(min & ~mask, mask);
    }

    /// <summary>A number whose lowest <paramref name="count"/> bits are set.</summary>
    internal static ulong LowBits(int count) => count >= 64 ? ulong.MaxValue : (1ul << count) - 1;

    /// <summary>Whether a value is a member.</summary>
    public bool Contains(ulong value) => (value & ~Mask) == Value;

    /// <summary>The least member that is not below a number; false where there is none.</summary>
    public bool TryNext(ulong from, out ulong next)
    {
        next = (from & Mask) | Value;
        if (next == from)
            return true;
        int bit = 63 - BitOperations.LeadingZeroCount(next ^ from);
        ulong below = LowBits(bit + 1);
        if (next > from)
        {
            // Above by a known bit: everything that is free below it may be zero.
            next &= ~(Mask & below);
            return true;
        }

        // Below by a known bit: the free bits above it count up by one, those below it start again.
        ulong counted = ((from | ~Mask | below) + 1) & Mask & ~below;
        next = counted | Value;
        return next > from;
    }

    /// <summary>The greatest member that is not above a number; false where there is none.</summary>
    public bool TryPrevious(ulong from, out ulong previous)
    {
        bool found = new Tnum(~Value & ~Mask, Mask).TryNext(~from, out ulong mirrored);
        previous = ~mirrored;
        return found;
    }

    /// <summary>Whether every member is also one of <paramref name="other"/>.</summary>
    public bool IsSubsetOf(Tnum other) => (Mask & ~other.Mask) == 0 && other.Contains(Value);

    /// <summary>Whether the two have no member in common: some bit is known one in one and known zero in the other.</summary>
    public bool IsDisjointFrom(Tnum other) => ((Value ^ other.Value) & ~Mask & ~other.Mask) != 0;

    /// <summary>The members of both. The two must have one in common.</summary>
    public Tnum Intersect(Tnum other) => new(Value | other.Value, Mask & other.Mask);

    /// <summary>The least tristate number with the members of either.</summary>
    public Tnum Union(Tnum other)
    {
        ulong mask = Mask | other.Mask | (Value ^ other.Value);
        return new(Value & ~mask, mask);
    }

    /// <summary>The number whose bits are all known but the lowest 32, which are those of <paramref name="low"/>.</summary>
    public Tnum WithLow32(Tnum low) => new(High32.Value | low.Low32.Value, High32.Mask | low.Low32.Mask);

    public static Tnum operator +(Tnum a, Tnum b)
    {
        // A sum bit is unknown where an operand's bit is, or where the carries of the least and the greatest sum differ.
        ulong least = a.Value + b.Value;
        ulong greatest = a.Max + b.Max;
        ulong mask = (least ^ greatest) | a.Mask | b.Mask;
        return new(least & ~mask, mask);
    }

    public static Tnum operator -(Tnum a, Tnum b)
    {
        ulong difference = a.Value - b.Value;
        ulong greatest = difference + a.Mask;
        ulong least = difference - b.Mask;
        ulong mask = (greatest ^ least) | a.Mask | b.Mask;
        return new(difference & ~mask, mask);
    }

    public static Tnum operator &(Tnum a, Tnum b)
    {
        ulong value = a.Value & b.Value;
        return new(value, a.Max & b.Max & ~value);
    }

    public static Tnum operator |(Tnum a, Tnum b)
    {
        ulong value = a.Value | b.Value;
        return new(value, (a.Mask | b.Mask) & ~value);
    }

    public static Tnum operator ^(Tnum a, Tnum b)
    {
        ulong mask = a.Mask | b.Mask;
        return new((a.Value ^ b.Value) & ~mask, mask);
    }

    public static Tnum operator *(Tnum a, Tnum b)
    {
        // Long multiplication: a known one adds b shifted, an unknown bit adds either that or nothing.
        ulong known = a.Value * b.Value;
        Tnum unknown = Constant(0);
        while ((a.Value | a.Mask) != 0)
        {
            if ((a.Value & 1) != 0)
                unknown += new Tnum(0, b.Mask);
            else if ((a.Mask & 1) != 0)
                unknown += new Tnum(0, b.Max);
            a >>>= 1;
            b <<= 1;
        }
        return Constant(known) + unknown;
    }

    public static Tnum operator <<(Tnum a, int count) => new(a.Value << count, a.Mask << count);

    /// <summary>Shifts zeros in.</summary>
    public static Tnum operator >>>(Tnum a, int count) => new(a.Value >>> count, a.Mask >>> count);

    /// <summary>Shifts the sign bit in, known or not.</summary>
    public static Tnum operator >>(Tnum a, int count) => new((ulong)((long)a.Value >> count), (ulong)((long)a.Mask >> count));

    /// <summary>The low <paramref name="bits"/> bits, the others known zero.</summary>
    public Tnum Truncate(int bits) => new(Value & LowBits(bits), Mask & LowBits(bits));

    /// <summary>The low <paramref name="bits"/> bits, the others copies of the highest of them.</summary>
    public Tnum SignExtend(int bits) => (this << (64 - bits)) >> (64 - bits);

    /// <summary>The bytes of the low <paramref name="bits"/> bits in reverse order, the others known zero.</summary>
    public Tnum SwapBytes(int bits) =>
        new(BinaryPrimitives.ReverseEndianness(Value) >>> (64 - bits), BinaryPrimitives.ReverseEndianness(Mask) >>> (64 - bits));

    /// <inheritdoc/>
    public override string ToString() => IsConstant ? $"0x{Value:x}" : $"(0x{Value:x}; 0x{Mask:x})";
}
