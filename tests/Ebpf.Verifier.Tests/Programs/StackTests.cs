using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class StackTests
{
    [Fact]
    public void What_is_written_is_read_back() => Check.Accepts(
        StoreImmediate(Size.DW, R10, -8, 7),
        Load(Size.DW, R0, R10, -8),
        JumpIf(Opcodes.Jeq, R0, 7, 1),
        Load(Size.B, R0, R0, 0),
        Exit());

    [Theory]
    [InlineData(0)]
    [InlineData(-520)]
    [InlineData(8)]
    public void Access_outside_the_frame_is_refused(short offset) =>
        Check.Refuses(Rule.StackAccess, StoreImmediate(Size.DW, R10, offset, 0), Mov64(R0, 0), Exit());

    [Fact]
    public void Misaligned_access_is_refused() =>
        Check.Refuses(Rule.MemoryAccess, StoreImmediate(Size.DW, R10, -12, 0), Mov64(R0, 0), Exit());

    [Fact]
    public void A_spilled_pointer_is_a_pointer_again_when_it_is_filled() => Check.Accepts(
        Store(Size.DW, R10, -8, R1),
        Load(Size.DW, R2, R10, -8),
        Load(Size.W, R0, R2, 0),
        Exit());

    [Fact]
    public void A_spilled_pointer_that_was_partly_overwritten_is_none_any_more() => Check.Refuses(
        Rule.NotAPointer,
        Store(Size.DW, R10, -8, R1),
        StoreImmediate(Size.B, R10, -5, 0),
        Load(Size.DW, R2, R10, -8),
        Load(Size.W, R0, R2, 0),
        Exit());

    [Fact]
    public void Part_of_a_spilled_pointer_cannot_be_read() => Check.Refuses(
        Rule.StackAccess,
        Store(Size.DW, R10, -8, R1),
        Load(Size.W, R0, R10, -8),
        Exit());

    [Fact]
    public void Zero_bytes_are_known_to_be_zero() => Check.Accepts(
        StoreImmediate(Size.DW, R10, -8, 0),
        Load(Size.H, R0, R10, -4),
        JumpIf(Opcodes.Jeq, R0, 0, 1),
        Load(Size.B, R0, R0, 0),
        Exit());

    [Fact]
    public void A_store_at_a_variable_offset_forgets_every_byte_it_may_have_hit() => Check.Refuses(
        Rule.NotAPointer,
        Store(Size.DW, R10, -8, R1),
        StoreImmediate(Size.DW, R10, -16, 0),
        Load(Size.W, R2, R1, 0),
        And64(R2, 15),
        Mov64(R3, R10),
        Add64(R3, R2),
        StoreImmediate(Size.B, R3, -16, 1),
        Load(Size.DW, R4, R10, -8),
        Load(Size.W, R0, R4, 0),
        Exit());

    [Fact]
    public void Root_may_read_unwritten_stack_under_the_Linux_policy_only()
    {
        var program = Check.Program(ProgramType.SocketFilter, Load(Size.DW, R0, R10, -8), Exit());

        Assert.True(ProgramVerifier.Verify(program, [], VerifierOptions.Default).IsAccepted);
        Assert.Equal(Rule.StackAccess, ProgramVerifier.Verify(program, [], new VerifierOptions { Policy = VerifierPolicy.Strict }).Rejection?.Rule);
    }

    [Fact]
    public void Facts_tell_how_much_stack_the_frame_uses()
    {
        VerificationResult result = Check.Accepts(StoreImmediate(Size.B, R10, -33, 0), Mov64(R0, 0), Exit());

        Assert.Equal(40, result.Facts!.Functions[0].StackBytes);
    }

    [Fact]
    public void Stack_over_a_chain_of_calls_is_at_most_512_bytes()
    {
        Rejection rejection = Check.Refuses(
            Rule.StackDepth,
            StoreImmediate(Size.DW, R10, -300, 0) with { Offset = -304 },
            CallLocal(1),
            Exit(),
            StoreImmediate(Size.DW, R10, -256, 0),
            Mov64(R0, 0),
            Exit());

        Assert.Contains("560", rejection.Reason);
    }

    [Fact]
    public void A_pointer_to_the_own_stack_is_not_returned() => Check.Refuses(
        Rule.PointerLeak,
        CallLocal(2),
        Mov64(R0, 0),
        Exit(),
        Mov64(R0, R10),
        Exit());
}
