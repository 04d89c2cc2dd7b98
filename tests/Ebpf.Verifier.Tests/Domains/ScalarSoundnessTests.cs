using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.Tests.Domains;

public class ScalarSoundnessTests
{
    public static TheoryData<string> BinaryRules => [.. Concrete.Binary.Keys];

    public static TheoryData<string> UnaryRules => [.. Concrete.Unary.Keys];

    public static TheoryData<string> Comparisons => [.. Enum.GetNames<Comparison>()];

    [Theory, MemberData(nameof(BinaryRules))]
    public void Every_result_of_a_binary_instruction_on_members_is_a_member_of_the_result(string name)
    {
        (Rule rule, Func<ulong, ulong, ulong> instruction) = Concrete.Binary[name];
        foreach (ScalarSamples.Sample a in ScalarSamples.All)
        {
            foreach (ScalarSamples.Sample b in ScalarSamples.All)
            {
                Scalar result = rule(a.Scalar, b.Scalar);
                foreach (ulong x in a.Members)
                {
                    foreach (ulong y in b.Members)
                    {
                        if (!result.Contains(instruction(x, y)))
                            Assert.Fail($"{x:x} of {a.Scalar}, {y:x} of {b.Scalar}: {instruction(x, y):x} is not in {result}");
                    }
                }
            }
        }
    }

    [Theory, MemberData(nameof(UnaryRules))]
    public void Every_result_of_a_unary_instruction_on_members_is_a_member_of_the_result(string name)
    {
        (Func<Scalar, Scalar> rule, Func<ulong, ulong> instruction) = Concrete.Unary[name];
        foreach (ScalarSamples.Sample a in ScalarSamples.All)
        {
            Scalar result = rule(a.Scalar);
            foreach (ulong x in a.Members)
                Assert.True(result.Contains(instruction(x)), $"{x:x} of {a.Scalar}: {instruction(x):x} is not in {result}");
        }
    }

    [Theory, MemberData(nameof(Comparisons))]
    public void A_branch_keeps_every_pair_of_members_that_goes_that_way_and_a_decision_never_errs(string name)
    {
        Comparison comparison = Enum.Parse<Comparison>(name);
        foreach (OperandWidth width in Enum.GetValues<OperandWidth>())
        {
            foreach (ScalarSamples.Sample a in ScalarSamples.All)
            {
                foreach (ScalarSamples.Sample b in ScalarSamples.All)
                    AssertBranch(comparison, width, a.Scalar, b.Scalar, a.Members, b.Members);
            }
        }
    }

    [Theory, MemberData(nameof(BinaryRules))]
    public void Binary_rules_are_sound_on_random_scalars(string name)
    {
        (Rule rule, Func<ulong, ulong, ulong> instruction) = Concrete.Binary[name];
        Gen.Select(ScalarSamples.Random, ScalarSamples.Random).Sample((a, b) =>
            rule(a.Scalar, b.Scalar).Contains(instruction(a.Member, b.Member)), iter: 100_000);
    }

    [Theory, MemberData(nameof(UnaryRules))]
    public void Unary_rules_are_sound_on_random_scalars(string name)
    {
        (Func<Scalar, Scalar> rule, Func<ulong, ulong> instruction) = Concrete.Unary[name];
        ScalarSamples.Random.Sample(a => rule(a.Scalar).Contains(instruction(a.Member)), iter: 100_000);
    }

    [Theory, MemberData(nameof(Comparisons))]
    public void Branches_are_sound_on_random_scalars(string name)
    {
        Comparison comparison = Enum.Parse<Comparison>(name);
        Gen.Select(ScalarSamples.Random, ScalarSamples.Random, Gen.Enum<OperandWidth>()).Sample((a, b, width) =>
            AssertBranch(comparison, width, a.Scalar, b.Scalar, [a.Member], [b.Member]), iter: 100_000);
    }

    [Fact]
    public void Settling_keeps_the_members_and_never_makes_a_part_wider()
    {
        ScalarSamples.Random.Sample(a =>
        {
            Assert.True(a.Scalar.Contains(a.Member));
            Scalar again = a.Scalar.Settle();
            Assert.True(again.Contains(a.Member) && again.IsSubsetOf(a.Scalar));
        }, iter: 200_000);
    }

    [Fact]
    public void A_settled_scalar_stays_as_it_is() =>
        ScalarSamples.Random.Sample(a => Assert.Equal(a.Scalar, a.Scalar.Settle()), iter: 500_000);

    [Fact]
    public void The_intersection_has_every_common_member_and_the_subset_test_tells_the_truth()
    {
        Gen.Select(ScalarSamples.Random, ScalarSamples.Random).Sample((a, b) =>
        {
            Scalar both = a.Scalar.Intersect(b.Scalar);
            if (b.Scalar.Contains(a.Member))
                Assert.True(both.Contains(a.Member));
            else
                Assert.False(a.Scalar.IsSubsetOf(b.Scalar));
            Assert.True(a.Scalar.IsSubsetOf(a.Scalar.Union(b.Scalar)));
        }, iter: 200_000);
    }

    [Fact]
    public void A_chain_of_widenings_ends()
    {
        Gen.Select(ScalarSamples.Random, ScalarSamples.Random.Array[600]).Sample((start, steps) =>
        {
            Scalar state = start.Scalar;
            int changes = 0;
            foreach ((_, Scalar next) in steps)
            {
                if (next.IsSubsetOf(state))
                    continue;
                state = state.Widen(next);
                changes++;
            }
            // 8 bounds with 7 widths each, and 64 bits that become unknown once.
            Assert.InRange(changes, 0, 8 * 7 + 64);
        }, iter: 300);
    }

    private static void AssertBranch(Comparison comparison, OperandWidth width, Scalar a, Scalar b, ulong[] aMembers, ulong[] bMembers)
    {
        BranchOutcome outcome = Scalar.Decide(comparison, a, b, width);
        Scalar aTaken = a, bTaken = b, aPassed = a, bPassed = b;
        bool canBeTaken = Scalar.Refine(comparison, ref aTaken, ref bTaken, taken: true, width);
        bool canBePassed = Scalar.Refine(comparison, ref aPassed, ref bPassed, taken: false, width);
        Assert.True((canBeTaken || aTaken.IsEmpty) && (canBePassed || aPassed.IsEmpty));
        foreach (ulong x in aMembers)
        {
            foreach (ulong y in bMembers)
            {
                bool holds = Concrete.Holds(comparison, x, y, width);
                bool kept = holds ? aTaken.Contains(x) && bTaken.Contains(y) : aPassed.Contains(x) && bPassed.Contains(y);
                bool decided = outcome == BranchOutcome.Unknown || outcome == (holds ? BranchOutcome.Always : BranchOutcome.Never);
                if (!kept || !decided)
                    Assert.Fail($"{x:x} of {a}, {y:x} of {b}, {width}: {holds}, decided {outcome}, taken {aTaken} and {bTaken}, passed {aPassed} and {bPassed}");
            }
        }
    }
}
