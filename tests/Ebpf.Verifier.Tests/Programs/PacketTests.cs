using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class PacketTests
{
    // R2 = data, R3 = data_end, R4 = data + 14
    private static readonly Instruction[] Start = [Load(Size.W, R2, R1, 0), Load(Size.W, R3, R1, 4), Mov64(R4, R2), Add64(R4, 14)];

    private static readonly Instruction[] End = [Mov64(R0, 0), Exit()];

    [Fact]
    public void A_packet_access_without_a_comparison_is_refused()
    {
        Rejection rejection = Check.Refuses(Rule.PacketAccess, ProgramType.Xdp, [], [.. Start, Load(Size.B, R0, R2, 0), .. End]);

        Assert.Contains("known to hold 0 bytes", rejection.Reason);
        Assert.Contains("data_end", rejection.Suggestion);
    }

    [Theory]
    [InlineData(Opcodes.Jgt)]
    [InlineData(Opcodes.Jge)]
    public void Leaving_where_the_pointer_is_beyond_the_end_allows_the_bytes_before_it(byte comparison) => Check.Accepts(
        ProgramType.Xdp, [], [.. Start, JumpIf(comparison, R4, R3, 1), Load(Size.B, R0, R2, 13), .. End]);

    [Theory]
    [InlineData(Opcodes.Jlt)]
    [InlineData(Opcodes.Jle)]
    public void Going_on_where_the_pointer_is_before_the_end_allows_the_bytes_before_it(byte comparison) => Check.Accepts(
        ProgramType.Xdp, [], [.. Start, JumpIf(comparison, R4, R3, 1), Jump(1), Load(Size.B, R0, R2, 13), .. End]);

    [Theory]
    [InlineData(Opcodes.Jlt)]
    [InlineData(Opcodes.Jle)]
    public void The_operands_may_stand_the_other_way_round(byte comparison) => Check.Accepts(
        ProgramType.Xdp, [], [.. Start, JumpIf(comparison, R3, R4, 1), Load(Size.B, R0, R2, 13), .. End]);

    [Fact]
    public void The_byte_after_the_known_ones_is_refused() => Check.Refuses(
        Rule.PacketAccess, ProgramType.Xdp, [], [.. Start, JumpIf(Opcodes.Jgt, R4, R3, 1), Load(Size.B, R0, R2, 14), .. End]);

    [Fact]
    public void A_strict_comparison_gives_one_byte_more() => Check.Accepts(
        ProgramType.Xdp, [], [.. Start, JumpIf(Opcodes.Jge, R4, R3, 1), Load(Size.B, R0, R2, 14), .. End]);

    [Fact]
    public void The_wrong_way_of_the_comparison_allows_nothing() => Check.Refuses(
        Rule.PacketAccess, ProgramType.Xdp, [], [.. Start, JumpIf(Opcodes.Jlt, R4, R3, 1), Load(Size.B, R0, R2, 0), .. End]);

    [Fact]
    public void A_comparison_of_the_lower_halves_says_nothing() => Check.Refuses(
        Rule.PacketAccess, ProgramType.Xdp, [], [.. Start, JumpIf32(Opcodes.Jgt, R4, R3, 1), Load(Size.B, R0, R2, 0), .. End]);

    [Fact]
    public void A_variable_offset_needs_its_own_comparison()
    {
        Instruction[] variable = [Load(Size.B, R5, R2, 0), Add64(R2, R5)];
        Instruction[] checkedStart = [.. Start, JumpIf(Opcodes.Jgt, R4, R3, 6), .. variable];

        Check.Refuses(Rule.PacketAccess, ProgramType.Xdp, [], [.. checkedStart, Load(Size.B, R0, R2, 0), Mov64(R0, 0), Mov64(R0, 0), Mov64(R0, 0), .. End]);
        Check.Accepts(ProgramType.Xdp, [], [.. checkedStart, Mov64(R4, R2), Add64(R4, 1), JumpIf(Opcodes.Jgt, R4, R3, 1), Load(Size.B, R0, R2, 0), .. End]);
    }

    [Fact]
    public void A_helper_that_moves_the_packet_voids_the_pointers() => Check.Refuses(
        Rule.NotAPointer,
        ProgramType.Xdp,
        [],
        [.. Start, Mov64(R6, R2), JumpIf(Opcodes.Jgt, R4, R3, 3), Mov64(R2, 0), Call(HelperId.XdpAdjustHead), Load(Size.B, R0, R6, 0), .. End]);

    [Fact]
    public void The_context_is_read_field_by_field()
    {
        Check.Refuses(Rule.ContextAccess, ProgramType.Xdp, [], Load(Size.B, R0, R1, 0), Exit());
        Check.Refuses(Rule.ContextAccess, ProgramType.Xdp, [], Load(Size.W, R0, R1, 64), Exit());
        Check.Refuses(Rule.ContextAccess, ProgramType.Xdp, [], Add64(R1, 4), Load(Size.W, R0, R1, 0), Exit());
        Check.Accepts(ProgramType.Xdp, [], Load(Size.W, R0, R1, 12), Exit());
    }

    [Fact]
    public void Facts_name_the_pointer_field_that_is_read()
    {
        VerificationResult result = Check.Accepts(ProgramType.Xdp, [], [.. Start, .. End]);

        Assert.Equal("data", result.Facts!.Context.Fields[result.Facts.Instructions[0].ContextField].Name);
        Assert.Equal("data_end", result.Facts.Context.Fields[result.Facts.Instructions[1].ContextField].Name);
    }
}
