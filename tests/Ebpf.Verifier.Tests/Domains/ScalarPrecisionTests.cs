using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.Tests.Domains;

/// <summary>What real programs need to be known. Each case is at least as sharp as the kernel's rules.</summary>
public class ScalarPrecisionTests
{
    private const OperandWidth Whole = OperandWidth.Bits64, Half = OperandWidth.Bits32;

    [Fact]
    public void A_masked_byte_is_at_most_its_mask() =>
        Assert.Equal(Scalar.Unsigned(0, 0xf), Scalar.OfWidth(8).And(Scalar.Constant(0xful)));

    [Fact]
    public void A_header_length_from_its_nibble_is_a_multiple_of_four_up_to_sixty()
    {
        Scalar length = Scalar.OfWidth(8).And(Scalar.Constant(0xful)).ShiftLeft(2);

        Assert.Equal((0ul, 60ul), (length.UMin, length.UMax));
        Assert.Equal(2, length.Bits.TrailingZeros);
    }

    [Fact]
    public void A_bounds_check_on_the_low_half_of_a_zero_extended_number_bounds_the_whole()
    {
        Scalar index = Scalar.OfWidth(32), limit = Scalar.Constant(63ul);

        Assert.True(Scalar.Refine(Comparison.Greater, ref index, ref limit, taken: false, Half));

        Assert.Equal(Scalar.Unsigned(0, 63), index);
    }

    [Fact]
    public void A_signed_check_from_both_sides_bounds_the_unsigned_range()
    {
        Scalar index = Scalar.Unknown, limit = Scalar.Constant(100ul), zero = Scalar.Constant(0ul);

        Scalar.Refine(Comparison.SignedGreater, ref index, ref limit, taken: false, Whole);
        Scalar.Refine(Comparison.SignedLess, ref index, ref zero, taken: false, Whole);

        Assert.Equal(Scalar.Unsigned(0, 100), index);
    }

    [Fact]
    public void An_int_result_checked_in_32_bits_and_sign_extended_keeps_its_range()
    {
        Scalar result = Scalar.OfWidth(32), zero = Scalar.Constant(0ul), limit = Scalar.Constant(256ul);

        Scalar.Refine(Comparison.SignedLess, ref result, ref zero, taken: false, Half);
        Scalar.Refine(Comparison.SignedGreater, ref result, ref limit, taken: false, Half);

        Assert.Equal(Scalar.Unsigned(0, 256), result.ShiftLeft(32).ShiftRightSigned(32));
        Assert.Equal(Scalar.Unsigned(0, 256), result.SignExtend(32));
    }

    [Fact]
    public void An_error_code_keeps_its_sign_through_a_32_bit_move()
    {
        Scalar code = Scalar.Signed(-4095, 0);

        Assert.Equal(code, code.ZeroExtend32().SignExtend(32));
        Assert.Equal((-4095, 0), (code.ZeroExtend32().SMin32, code.ZeroExtend32().SMax32));
    }

    [Fact]
    public void A_number_that_is_not_zero_is_at_least_one()
    {
        Scalar size = Scalar.Unsigned(0, 512), zero = Scalar.Constant(0ul);

        Scalar.Refine(Comparison.Equal, ref size, ref zero, taken: false, Whole);

        Assert.Equal((1ul, 512ul), (size.UMin, size.UMax));
    }

    [Fact]
    public void Equality_gives_each_side_what_the_other_knows()
    {
        Scalar left = Scalar.OfWidth(8), right = Scalar.Unsigned(200, 1000);

        Scalar.Refine(Comparison.Equal, ref left, ref right, taken: true, Whole);

        Assert.Equal(Scalar.Unsigned(200, 255), left);
        Assert.Equal(left, right);
    }

    [Fact]
    public void A_variable_on_both_sides_bounds_both()
    {
        Scalar index = Scalar.Unknown, length = Scalar.Unsigned(4, 64);

        Scalar.Refine(Comparison.Less, ref index, ref length, taken: true, Whole);

        Assert.Equal(Scalar.Unsigned(0, 63), index);
        Assert.Equal(Scalar.Unsigned(4, 64), length);
    }

    [Fact]
    public void A_tested_bit_is_known_on_both_branches()
    {
        Scalar flags = Scalar.OfWidth(32), bit = Scalar.Constant(8ul), taken = flags, passed = flags, other = bit;

        Scalar.Refine(Comparison.AnySet, ref taken, ref bit, taken: true, Whole);
        Scalar.Refine(Comparison.AnySet, ref passed, ref other, taken: false, Whole);

        Assert.Equal(8ul, taken.Bits.Value);
        Assert.False(passed.Bits.Contains(8));
    }

    [Fact]
    public void Contradicting_checks_make_a_branch_impossible()
    {
        Scalar index = Scalar.Unsigned(0, 10), limit = Scalar.Constant(20ul);

        Assert.Equal(BranchOutcome.Never, Scalar.Decide(Comparison.Greater, index, limit, Whole));
        Assert.False(Scalar.Refine(Comparison.Greater, ref index, ref limit, taken: true, Whole));
        Assert.True(index.IsEmpty && limit.IsEmpty);
    }

    [Fact]
    public void A_sum_that_surely_wraps_keeps_its_range()
    {
        Scalar sum = Scalar.Unsigned(ulong.MaxValue - 4, ulong.MaxValue).Add(Scalar.Unsigned(5, 6));

        Assert.Equal((0ul, 5ul), (sum.UMin, sum.UMax));
    }

    [Fact]
    public void Subtracting_crosses_zero_with_a_signed_range()
    {
        Scalar difference = Scalar.Unsigned(0, 10).Sub(Scalar.Unsigned(0, 20));

        Assert.Equal((-20L, 10L), (difference.SMin, difference.SMax));
        Assert.Equal((-20, 10), (difference.SMin32, difference.SMax32));
    }

    [Fact]
    public void A_remainder_is_below_its_divisor_and_a_quotient_below_its_dividend()
    {
        Assert.Equal(Scalar.Unsigned(0, 9), Scalar.OfWidth(32).Mod32(Scalar.Constant(10ul)));
        Assert.Equal(Scalar.Unsigned(0, 25), Scalar.OfWidth(8).Div(Scalar.Constant(10ul)));
        Assert.Equal(Scalar.Signed(-9, 9), Scalar.Unknown.SignedMod(Scalar.Constant(-10L)));
    }

    [Fact]
    public void A_sign_mask_anded_with_a_negative_constant_stays_in_a_small_signed_range()
    {
        // clang turns "r < 0 ? -13 : 0" into an arithmetic shift and an and.
        Scalar masked = Scalar.Signed(-1, 0).And(Scalar.Constant(-13L));

        Assert.Equal((-16L, 0L), (masked.SMin, masked.SMax));
    }

    [Fact]
    public void A_power_of_two_by_a_bounded_shift_is_bounded()
    {
        Scalar power = Scalar.Constant(1ul).ShiftLeft(Scalar.Unsigned(0, 5));

        Assert.Equal((1ul, 32ul), (power.UMin, power.UMax));
    }

    [Fact]
    public void A_32_bit_shift_count_is_masked() =>
        Assert.Equal(Scalar.Constant(2ul), Scalar.Constant(1ul).ShiftLeft32(Scalar.Constant(33ul)));

    [Fact]
    public void A_swapped_port_is_a_16_bit_number() =>
        Assert.Equal(Scalar.OfWidth(16), Scalar.Unknown.SwapBytes(16));

    [Fact]
    public void Subset_compares_part_by_part()
    {
        Assert.True(Scalar.Unsigned(4, 8).IsSubsetOf(Scalar.Unsigned(0, 15)));
        Assert.False(Scalar.Unsigned(4, 16).IsSubsetOf(Scalar.Unsigned(0, 15)));
        Assert.False(Scalar.Unsigned(4, 8).IsSubsetOf(Scalar.Unsigned(0, 15).And(Scalar.Constant(~1ul))));
        Assert.True(Scalar.Empty.IsSubsetOf(Scalar.Constant(1ul)));
    }

    [Fact]
    public void A_scalar_takes_64_bytes() => Assert.Equal(64, System.Runtime.CompilerServices.Unsafe.SizeOf<Scalar>());
}
