using Ebpf.Runtime.Compiler.Ir;
using Ebpf.Runtime.Compiler.Ir.Passes;
using static Ebpf.Runtime.Tests.Compiler.IrText;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>Each pass by itself: the form before, the form after.</summary>
public sealed class PassTests
{
    private const uint All = 0x7ff;

    [Fact]
    public void Copies_are_read_where_they_came_from()
    {
        IrFunction function = Function(All, Move(2, 1), Op(IrOp.Add, 2, 2, 3), Move(4, 6), Op(IrOp.Xor, 5, 5, 4));

        CopyPropagation.Run(function);

        Assert.Equal(["r2 = Move r1", "r2 = Add r1, r3", "r4 = Move r6", "r5 = Xor r5, r6"], Of(function));
    }

    [Fact]
    public void A_copy_is_no_longer_one_when_its_source_changes()
    {
        IrFunction function = Function(All, Move(2, 1), Op(IrOp.Add, 1, 1, 8L), Op(IrOp.Add, 3, 3, (byte)2));

        CopyPropagation.Run(function);

        Assert.Equal("r3 = Add r3, r2", Of(function)[2]);
    }

    [Fact]
    public void Known_numbers_become_immediates()
    {
        IrFunction function = Function(All, Constant(2, 40), Op(IrOp.Add, 1, 1, (byte)2), Op(IrOp.Shl, 3, 3, (byte)2, 4), Constant(4, 1L << 40), Op(IrOp.Or, 5, 5, (byte)4));

        CopyPropagation.Run(function);

        // Shift counts are masked; what fits no instruction stays in its register.
        Assert.Equal(["r2 = 40", "r1 = Add r1, 40", "r3 = Shl32 r3, 8", "r4 = 1099511627776", "r5 = Or r5, r4"], Of(function));
    }

    [Fact]
    public void Cutting_what_is_short_already_is_a_copy()
    {
        IrFunction function = Function(All, Load(4, 2, 1), Move(2, 2, 4), Move(3, 2, 4), Op(IrOp.Add, 4, 4, (byte)3));

        CopyPropagation.Run(function);

        Assert.Equal(["r2 = load4 [r1]", "r3 = Move r2", "r4 = Add r4, r2"], Of(function));
    }

    [Fact]
    public void Masks_of_whole_bytes_are_extensions()
    {
        IrFunction function = Function(All, Op(IrOp.And, 2, 1, 0xffL), Op(IrOp.And, 3, 1, 0xffffL), Op(IrOp.And, 4, 1, 0xfffL));

        CopyPropagation.Run(function);

        Assert.Equal(["r2 = ZeroExtend1 r1", "r3 = ZeroExtend2 r1", "r4 = And r1, 4095"], Of(function));
    }

    [Fact]
    public void A_shift_to_the_left_end_and_back_is_an_extension()
    {
        IrFunction function = Function(
            All, Op(IrOp.Shl, 1, 1, 32L), Op(IrOp.Shr, 1, 1, 32L), Op(IrOp.Shl, 2, 3, 56L), Op(IrOp.Sar, 2, 2, 56L), Op(IrOp.Shl, 4, 4, 40L), Op(IrOp.Shr, 4, 4, 40L));

        Extensions.Run(function);

        Assert.Equal(["r1 = Move32 r1", "r2 = SignExtend1 r3 to 8", "r4 = Shl r4, 40", "r4 = Shr r4, 40"], Of(function));
    }

    [Fact]
    public void Two_shifts_that_add_up_are_a_rotation()
    {
        IrFunction function = Function(All, Op(IrOp.Shl, 2, 1, 7L, 4), Op(IrOp.Shr, 3, 1, 25L, 4), Op(IrOp.Or, 2, 2, (byte)3, 4));

        Rotates.Run(function);

        Assert.Equal("r2 = Rotl32 r1, 7", Of(function)[2]);
    }

    [Fact]
    public void A_rotation_of_a_value_that_is_gone_is_made_where_its_first_half_was()
    {
        IrFunction function = Function(All, Op(IrOp.Shl, 2, 1, 13L), Op(IrOp.Shr, 1, 1, 51L), Op(IrOp.Or, 2, 2, (byte)1));

        Rotates.Run(function);

        Assert.Equal(["r2 = Rotl r1, 13", "r1 = Shr r1, 51"], Of(function));
    }

    [Fact]
    public void Shifts_of_different_values_are_no_rotation()
    {
        IrFunction function = Function(All, Op(IrOp.Shl, 2, 1, 7L, 4), Op(IrOp.Add, 1, 1, 1L, 4), Op(IrOp.Shr, 3, 1, 25L, 4), Op(IrOp.Or, 2, 2, (byte)3, 4));

        Rotates.Run(function);

        Assert.Equal("r2 = Or32 r2, r3", Of(function)[3]);
    }

    [Fact]
    public void Addresses_are_computed_where_they_are_used()
    {
        IrFunction function = Function(
            All, Op(IrOp.Shl, 3, 2, 2L), Op(IrOp.Add, 4, 1, (byte)3), Op(IrOp.Add, 4, 4, 16L), Load(4, 5, 4, 8), Op(IrOp.Add, 2, 2, 1L), Load(1, 6, 4));

        Addresses.Run(function);

        // The index changes after the first load: the second keeps the sum.
        Assert.Equal("r5 = load4 [r4 + 8]", Of(function)[3]);
        Assert.Equal("r6 = load1 [r4]", Of(function)[5]);
    }

    [Fact]
    public void A_base_an_index_and_a_displacement_become_one_address()
    {
        IrFunction function = Function(All, Op(IrOp.Shl, 3, 2, 2L), Op(IrOp.Add, 4, 1, (byte)3), Op(IrOp.Add, 5, 4, 16L), Load(4, 0, 5, 8));

        Addresses.Run(function);

        Assert.Equal("r0 = load4 [r1 + r2 * 4 + 24]", Of(function)[3]);
    }

    [Fact]
    public void What_nobody_reads_is_removed()
    {
        IrFunction function = Function(1 << 2, Move(3, 1), Op(IrOp.Add, 2, 1, (byte)3), Op(IrOp.Mul, 4, 2, 3L), Load(8, 5, 1));

        DeadCode.Run(function);

        Assert.Equal(["r3 = Move r1", "r2 = Add r1, r3"], Of(function));
    }

    [Fact]
    public void Registers_stay_live_around_a_loop()
    {
        var function = new IrFunction();
        function.Add(Constant(1, 0));
        function.Add(Op(IrOp.Add, 1, 1, (byte)2));
        function.Add(new Node { Op = IrOp.Branch, A = 1, B = 3, D = Node.None, Width = 8, Condition = Condition.Below, Offset = 1 });
        function.Add(new Node { Op = IrOp.Exit, A = Node.None, B = Node.None, D = Node.None });
        function.Add(new Block { First = 0, Count = 1, Next = 1, Target = -1 });
        function.Add(new Block { First = 1, Count = 2, Next = 2, Target = 1 });
        function.Add(new Block { First = 3, Count = 1, Next = -1, Target = -1 });

        Liveness.Run(function);

        Assert.Equal(0b1101, function.Blocks[0].LiveIn);
        Assert.Equal(0b1111, function.Blocks[1].LiveIn);
        Assert.Equal(0b1111, function.Blocks[1].LiveOut);
    }
}
