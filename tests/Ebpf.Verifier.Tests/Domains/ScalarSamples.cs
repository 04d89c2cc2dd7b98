using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.Tests.Domains;

/// <summary>Small sets of numbers at every place where 32- and 64-bit, signed and unsigned order change, with what a scalar says of them.</summary>
internal static class ScalarSamples
{
    private static readonly ulong[] Corners =
        [0, 1ul << 7, 1ul << 15, 1ul << 31, 1ul << 32, 3ul << 31, 1ul << 63, (1ul << 63) + (1ul << 31), ulong.MaxValue - (1ul << 31) + 1, (1ul << 63) - (1ul << 31)];

    /// <summary>A scalar and members of it.</summary>
    internal sealed record Sample(Scalar Scalar, ulong[] Members);

    /// <summary>All ranges within three numbers of a corner, and all tristate numbers of three bits at telling places.</summary>
    internal static readonly Sample[] All = [.. Ranges(), .. TristateNumbers(), new Sample(Scalar.Unknown, [.. Corners.SelectMany(Around)])];

    /// <summary>Every number within three of a corner.</summary>
    internal static ulong[] Around(ulong corner) => [.. Enumerable.Range(-3, 7).Select(d => corner + (ulong)d)];

    private static IEnumerable<Sample> Ranges()
    {
        foreach (ulong corner in Corners)
        {
            ulong[] near = Around(corner);
            for (int first = 0; first < near.Length; first += 1)
            {
                for (int last = first; last < near.Length; last += 2)
                {
                    ulong[] members = near[first..(last + 1)];
                    Scalar hull = members.Aggregate(Scalar.Empty, (hull, value) => hull.Union(Scalar.Constant(value)));
                    yield return new Sample(hull, members);
                }
            }
        }
    }

    private static IEnumerable<Sample> TristateNumbers()
    {
        foreach (int place in new[] { 0, 6, 30, 61 })
        {
            for (int number = 0; number < 27; number++)
            {
                ulong value = 0, mask = 0;
                for (int bit = 0, rest = number; bit < 3; bit++, rest /= 3)
                {
                    value |= rest % 3 == 1 ? 1ul << (place + bit) : 0;
                    mask |= rest % 3 == 2 ? 1ul << (place + bit) : 0;
                }
                var bits = new Tnum(value, mask);
                ulong[] members = [.. Enumerable.Range(0, 8).Select(n => (ulong)n << place).Where(bits.Contains)];
                yield return new Sample(Scalar.From(bits), members);
            }
        }
    }

    /// <summary>A random number, often one at which an order changes.</summary>
    internal static readonly Gen<ulong> Number = Gen.OneOf(
        Gen.ULong,
        Gen.Select(Gen.Int[0, 63], Gen.Int[-3, 3], (bit, near) => (1ul << bit) + (ulong)near),
        Gen.Int[-300, 300].Select(n => (ulong)n),
        Gen.UInt.Select(n => (ulong)n),
        Gen.Int.Select(n => (ulong)n));

    /// <summary>A number, and a scalar that is known to have it among its members.</summary>
    internal static readonly Gen<(ulong Member, Scalar Scalar)> Random =
        Gen.Select(Number, Number, Number, Number, Number, Gen.Int[0, 31]).Select((member, a, b, c, mask, parts) => (member, Make(member, a, b, c, mask, parts)));

    private static Scalar Make(ulong member, ulong a, ulong b, ulong c, ulong mask, int parts)
    {
        Scalar scalar = Scalar.Unknown;
        if ((parts & 1) != 0)
            scalar = scalar with { Bits = new Tnum(member & ~mask, mask) };
        if ((parts & 2) != 0)
            scalar = scalar with { UMin = Math.Min(member, a), UMax = Math.Max(member, b) };
        if ((parts & 4) != 0)
            scalar = scalar with { SMin = Math.Min((long)member, (long)b), SMax = Math.Max((long)member, (long)c) };
        if ((parts & 8) != 0)
            scalar = scalar with { UMin32 = Math.Min((uint)member, (uint)a), UMax32 = Math.Max((uint)member, (uint)c) };
        if ((parts & 16) != 0)
            scalar = scalar with { SMin32 = Math.Min((int)member, (int)(c >> 7)), SMax32 = Math.Max((int)member, (int)(a >> 3)) };
        return scalar.Settle();
    }
}
