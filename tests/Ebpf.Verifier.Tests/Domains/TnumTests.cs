using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.Tests.Domains;

public class TnumTests
{
    private const int Bits = 4;

    private static readonly Tnum[] All =
        [.. from mask in Enumerable.Range(0, 1 << Bits) from value in Enumerable.Range(0, 1 << Bits) where (value & mask) == 0 select new Tnum((ulong)value, (ulong)mask)];

    private static ulong[] Members(Tnum t) => [.. Enumerable.Range(0, 1 << Bits).Select(n => (ulong)n).Where(t.Contains)];

    private static readonly Dictionary<string, (Func<Tnum, Tnum, Tnum> Rule, Func<ulong, ulong, ulong> Operation)> Operations = new()
    {
        ["+"] = ((a, b) => a + b, (x, y) => x + y),
        ["-"] = ((a, b) => a - b, (x, y) => x - y),
        ["*"] = ((a, b) => a * b, (x, y) => x * y),
        ["&"] = ((a, b) => a & b, (x, y) => x & y),
        ["|"] = ((a, b) => a | b, (x, y) => x | y),
        ["^"] = ((a, b) => a ^ b, (x, y) => x ^ y),
    };

    public static TheoryData<string> OperationNames => [.. Operations.Keys];

    [Theory, MemberData(nameof(OperationNames))]
    public void Every_result_on_members_of_four_bits_is_a_member(string name)
    {
        (Func<Tnum, Tnum, Tnum> rule, Func<ulong, ulong, ulong> operation) = Operations[name];
        foreach (Tnum a in All)
        {
            foreach (Tnum b in All)
            {
                Tnum result = rule(a, b);
                Assert.True((result.Value & result.Mask) == 0);
                Assert.All(Members(a), x => Assert.All(Members(b), y => Assert.True(result.Contains(operation(x, y)), $"{x} {name} {y}")));
            }
        }
    }

    [Theory, InlineData("+"), InlineData("-"), InlineData("&"), InlineData("|"), InlineData("^")]
    public void Sums_differences_and_bitwise_results_are_the_sharpest_there_are(string name)
    {
        (Func<Tnum, Tnum, Tnum> rule, Func<ulong, ulong, ulong> operation) = Operations[name];
        foreach (Tnum a in All)
        {
            foreach (Tnum b in All)
            {
                Tnum sharpest = (from x in Members(a) from y in Members(b) select Tnum.Constant(operation(x, y))).Aggregate((t, u) => t.Union(u));
                Assert.Equal(sharpest, rule(a, b));
            }
        }
    }

    [Fact]
    public void Set_operations_agree_with_sets()
    {
        foreach (Tnum a in All)
        {
            foreach (Tnum b in All)
            {
                ulong[] both = [.. Members(a).Intersect(Members(b))];
                Assert.Equal(both.Length == 0, a.IsDisjointFrom(b));
                if (both.Length > 0)
                    Assert.Equal(both, Members(a.Intersect(b)));
                Assert.Equal(Members(a).All(b.Contains), a.IsSubsetOf(b));
                Assert.All(Members(a).Union(Members(b)), x => Assert.True(a.Union(b).Contains(x)));
            }
        }
    }

    [Fact]
    public void The_members_next_to_a_number_are_found()
    {
        foreach (Tnum a in All)
        {
            ulong[] members = [.. Members(a)];
            for (ulong from = 0; from < 20; from++)
            {
                bool hasNext = a.TryNext(from, out ulong next), hasPrevious = a.TryPrevious(from, out ulong previous);
                Assert.Equal(members.Any(m => m >= from), hasNext);
                Assert.Equal(members.Any(m => m <= from), hasPrevious);
                if (hasNext)
                    Assert.Equal(members.Where(m => m >= from).Min(), next);
                if (hasPrevious)
                    Assert.Equal(members.Where(m => m <= from).Max(), previous);
            }
        }
    }

    [Theory]
    [InlineData(0x10, 0x10, 0x10, 0)]
    [InlineData(0x10, 0x1f, 0x10, 0xf)]
    [InlineData(0x0f, 0x10, 0, 0x1f)]
    [InlineData(0, ulong.MaxValue, 0, ulong.MaxValue)]
    public void A_range_gives_its_common_leading_bits(ulong min, ulong max, ulong value, ulong mask) =>
        Assert.Equal(new Tnum(value, mask), Tnum.Range(min, max));
}
