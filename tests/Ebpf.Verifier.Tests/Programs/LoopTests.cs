using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class LoopTests
{
    [Fact]
    public void A_loop_with_a_constant_bound_is_accepted() => Check.Accepts(
        Mov64(R0, 0),
        Add64(R0, 1),
        JumpIf(Opcodes.Jlt, R0, 100, -2),
        Exit());

    [Fact]
    public void A_loop_that_changes_nothing_is_refused() => Check.Refuses(Rule.InfiniteLoop, Mov64(R0, 0), Jump(-2), Exit());

    [Fact]
    public void A_loop_that_depends_on_nothing_that_changes_is_refused() => Check.Refuses(
        Rule.InfiniteLoop,
        Load(Size.W, R2, R1, 0),
        Mov64(R0, 0),
        JumpIf(Opcodes.Jne, R2, 0, -2),
        Exit());

    [Fact]
    public void A_counter_that_may_wrap_round_exhausts_the_limit() => Check.Refuses(
        Rule.TooComplex,
        Mov64(R0, 0),
        Add64(R0, 1),
        JumpIf(Opcodes.Jne, R0, -1, -2),
        Exit());

    [Fact]
    public void A_limit_can_be_set()
    {
        var program = Check.Program(ProgramType.SocketFilter, Mov64(R0, 0), Add64(R0, 1), JumpIf(Opcodes.Jlt, R0, 100, -2), Exit());

        Assert.Equal(Rule.TooComplex, ProgramVerifier.Verify(program, [], new VerifierOptions { InstructionLimit = 50 }).Rejection?.Rule);
    }

    [Fact]
    public void The_bound_of_a_loop_bounds_the_index_in_it()
    {
        Instruction[] loop =
        [
            StoreImmediate(Size.DW, R10, -8, 0),
            Mov64(R2, 0),
            Mov64(R3, R10),
            Add64(R3, R2),
            StoreImmediate(Size.B, R3, -8, 1),
            Add64(R2, 1),
        ];

        Check.Accepts([.. loop, JumpIf(Opcodes.Jlt, R2, 8, -5), Mov64(R0, 0), Exit()]);
        Check.Refuses(Rule.StackAccess, [.. loop, JumpIf(Opcodes.Jlt, R2, 9, -5), Mov64(R0, 0), Exit()]);
    }

    [Fact]
    public void A_may_goto_bounds_any_loop() => Check.Accepts(
        Mov64(R6, 0),
        MayGoto(2),
        Add64(R6, 1),
        Jump(-3),
        Mov64(R0, 0),
        Exit());

    [Fact]
    public void What_goes_round_in_a_may_goto_loop_loses_its_bounds() => Check.Refuses(
        Rule.StackAccess,
        StoreImmediate(Size.DW, R10, -8, 0),
        Mov64(R6, 0),
        MayGoto(5),
        Mov64(R3, R10),
        Add64(R3, R6),
        StoreImmediate(Size.B, R3, -8, 1),
        Add64(R6, 1),
        Jump(-6),
        Mov64(R0, 0),
        Exit());

    [Fact]
    public void Many_branches_that_do_not_matter_converge()
    {
        List<Instruction> code = [Mov64(R6, R1), Mov64(R7, 0)];
        for (int i = 0; i < 200; i++)
            code.AddRange([Load(Size.W, R2, R6, 0), JumpIf(Opcodes.Jeq, R2, i, 1), Add64(R7, i), Mov64(R3, R7)]);
        code.AddRange([Mov64(R0, 0), Exit()]);

        VerificationResult result = Check.Accepts([.. code]);

        Assert.InRange(result.ProcessedInstructions, 800, 10_000);
    }

    [Fact]
    public void A_number_that_matters_later_keeps_paths_apart() => Check.Refuses(
        Rule.StackAccess,
        Load(Size.W, R2, R1, 0),
        Mov64(R7, -8),
        JumpIf(Opcodes.Jeq, R2, 0, 1),
        Mov64(R7, 8),
        Load(Size.W, R3, R1, 4),
        JumpIf(Opcodes.Jeq, R3, 0, 1),
        Mov64(R3, 1),
        JumpIf(Opcodes.Jeq, R3, 5, 1),
        Mov64(R3, 2),
        Mov64(R4, R10),
        Add64(R4, R7),
        StoreImmediate(Size.B, R4, 0, 1),
        Mov64(R0, 0),
        Exit());
}
