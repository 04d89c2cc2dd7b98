using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class RegisterTests
{
    [Fact]
    public void A_program_that_returns_a_number_is_accepted() => Check.Accepts(Mov64(R0, 0), Exit());

    [Fact]
    public void A_program_that_sets_no_return_value_is_refused() => Check.Refuses(Rule.UninitialisedRegister, Exit());

    [Fact]
    public void A_register_that_only_one_path_sets_is_refused_where_both_meet() => Check.Refuses(
        Rule.UninitialisedRegister,
        Load(Size.W, R2, R1, 0),
        JumpIf(Opcodes.Jeq, R2, 0, 1),
        Mov64(R3, 1),
        Mov64(R0, R3),
        Exit());

    [Fact]
    public void Calls_clear_the_argument_registers() => Check.Refuses(
        Rule.UninitialisedRegister,
        Mov64(R1, 1),
        Call(HelperId.KtimeGetNs),
        Mov64(R0, R1),
        Exit());

    [Fact]
    public void Registers_six_to_nine_survive_calls() => Check.Accepts(
        Mov64(R6, 1),
        Call(HelperId.KtimeGetNs),
        Mov64(R0, R6),
        Exit());

    [Fact]
    public void The_frame_pointer_cannot_be_written() => Check.Refuses(Rule.FramePointerWrite, Mov64(R10, 0), Mov64(R0, 0), Exit());

    [Fact]
    public void A_number_is_not_a_pointer() => Check.Refuses(Rule.NotAPointer, Mov64(R1, 100), Load(Size.B, R0, R1, 0), Exit());

    [Fact]
    public void A_branch_that_cannot_be_taken_is_not_looked_at() => Check.Accepts(
        Mov64(R0, 5),
        JumpIf(Opcodes.Jeq, R0, 5, 1),
        Load(Size.B, R0, R0, 0),
        Exit());

    [Fact]
    public void Facts_name_the_branch_that_is_always_taken()
    {
        VerificationResult result = Check.Accepts(Mov64(R0, 5), JumpIf(Opcodes.Jeq, R0, 5, 1), Mov64(R0, 0), Exit());

        Assert.True(result.Facts!.Instructions[1].Flags.HasFlag(InstructionFlags.AlwaysTaken));
        Assert.False(result.Facts.Instructions[2].Flags.HasFlag(InstructionFlags.Reachable));
    }

    [Fact]
    public void What_is_learned_of_a_copy_is_learned_of_the_original() => Check.Accepts(
        ProgramType.SocketFilter,
        [],
        Mov64(R3, R10),
        Add64(R3, -8),
        StoreImmediate(Size.DW, R10, -8, 0),
        Load(Size.W, R4, R1, 0),
        Mov64(R5, R4),
        JumpIf(Opcodes.Jgt, R5, 7, 2),
        Add64(R3, R4),
        Load(Size.B, R0, R3, 0),
        Mov64(R0, 0),
        Exit());

    [Fact]
    public void A_constant_division_by_zero_is_refused() => Check.Refuses(Rule.InvalidInstruction, Mov64(R0, 1), Div64(R0, 0), Exit());

    [Fact]
    public void Reserved_fields_must_be_zero() => Check.Refuses(Rule.InvalidInstruction, Mov64(R0, 1) with { Source = R3 }, Exit());

    [Fact]
    public void Code_may_not_run_past_the_end() => Check.Refuses(Rule.InvalidControlFlow, Mov64(R0, 0));

    [Fact]
    public void Jumps_stay_in_the_program() => Check.Refuses(Rule.InvalidControlFlow, Mov64(R0, 0), Jump(5), Exit());

    [Fact]
    public void Jumps_do_not_land_inside_wide_instructions() => Check.Refuses(Rule.InvalidControlFlow, [Jump(1), .. LoadImmediate64(R0, 1), Exit()]);

    [Fact]
    public void An_empty_program_is_refused() => Check.Refuses(Rule.InvalidControlFlow);
}
