using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class DiagnosisTests
{
    private static readonly ProgramSpec Broken = Check.Program(ProgramType.Xdp, Load(Size.W, R2, R1, 0), Load(Size.B, R0, R2, 0), Exit()) with
    {
        Lines = [new LineSpec(0, "a.c", "void *data = ctx->data;", 10, 5), new LineSpec(1, "a.c", "return *data;", 11, 5)],
    };

    [Fact]
    public void A_refusal_names_the_source_line_and_the_function()
    {
        Rejection rejection = ProgramVerifier.Verify(Broken, [], VerifierOptions.Default).Rejection!;

        Assert.Equal(1, rejection.Instruction);
        Assert.Equal(11, rejection.Source?.Line);
        Assert.Equal("test", rejection.Function);
    }

    [Fact]
    public void The_log_of_a_refusal_ends_with_the_path_that_led_there()
    {
        string log = ProgramVerifier.Verify(Broken, [], VerifierOptions.Default).Log;

        Assert.Contains("; return *data; @ a.c:11", log);
        Assert.Contains("1: (71) r0 = *(u8 *)(r2 + 0)", log);
        Assert.Contains("known to hold 0 bytes there\n\nRefused:     packet-access\n", log);
    }

    [Fact]
    public void The_whole_walk_is_logged_where_it_is_asked_for()
    {
        ProgramSpec program = Check.Program(ProgramType.SocketFilter, Load(Size.W, R0, R1, 0), JumpIf(Opcodes.Jeq, R0, 0, 1), Mov64(R0, 1), Exit());

        string log = ProgramVerifier.Verify(program, [], new VerifierOptions { Verbose = true }).Log;

        Assert.Contains("from 1 to 3:", log);
        Assert.Contains("processed 5 insns", log);
    }

    [Fact]
    public void An_accepted_program_has_no_log_unless_asked() =>
        Assert.Equal("", ProgramVerifier.Verify(Check.Program(ProgramType.SocketFilter, Mov64(R0, 0), Exit()), [], VerifierOptions.Default).Log);

    [Fact]
    public void Garbage_is_answered_and_never_thrown_at()
    {
        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            Instruction[] code = new Instruction[random.Next(1, 12)];
            byte[] bytes = new byte[8];
            for (int slot = 0; slot < code.Length; slot++)
            {
                random.NextBytes(bytes);
                code[slot] = Instruction.Read(bytes, littleEndian: true);
                if (random.Next(2) == 0)
                    code[slot] = code[slot] with { Offset = (short)random.Next(-3, 4), Immediate = random.Next(-8, 8), Destination = (Register)random.Next(11), Source = (Register)random.Next(3) };
            }

            code[^1] = Exit();
            VerificationResult result = ProgramVerifier.Verify(Check.Program(ProgramType.Xdp, code), [], new VerifierOptions { InstructionLimit = 1000 });
            Assert.True(result.IsAccepted || result.Rejection!.Reason.Length > 0);
        }
    }

    [Fact]
    public void A_program_made_to_take_long_is_answered()
    {
        // Every jump goes back by one: what is known at the start trickles through the whole program against the order of its code.
        const int Length = 60_000;
        Instruction[] code = new Instruction[Length];
        Array.Fill(code, JumpIf(Opcodes.Jne, R1, 0, -2));
        code[0] = Mov64(R0, 0);
        code[1] = Mov64(R2, R10);
        code[^1] = Exit();

        VerificationResult result = ProgramVerifier.Verify(Check.Program(ProgramType.Xdp, code), [], new VerifierOptions { InstructionLimit = 10_000 });

        Assert.Equal(Rule.TooComplex, result.Rejection?.Rule);
    }

    private static Rejection Refused(params Instruction[] code) => ProgramVerifier.Verify(Check.Program(ProgramType.Xdp, code), [], VerifierOptions.Default).Rejection!;

    private static (int, CausalKind)[] Path(Rejection rejection) => [.. rejection.Path.Select(static step => (step.Instruction, step.Kind))];

    [Fact]
    public void The_causal_path_names_the_load_that_made_a_pointer_and_the_branch_that_tested_a_copy_of_it()
    {
        Rejection rejection = Refused(
            Load(Size.W, R2, R1, 0),
            Load(Size.W, R3, R1, 4),
            Mov64(R4, R2),
            Add64(R4, 4),
            JumpIf(Opcodes.Jgt, R4, R3, 1),
            Load(Size.B, R0, R2, 4),
            Mov64(R0, 0),
            Exit());

        Assert.Equal(R2, rejection.Register);
        Assert.Equal([(0, CausalKind.Made), (4, CausalKind.NotTaken)], Path(rejection));
    }

    [Fact]
    public void The_causal_path_follows_a_value_through_the_stack_and_into_a_function()
    {
        Rejection rejection = Refused(
            Load(Size.W, R6, R1, 16),
            Store(Size.DW, R10, -8, R6),
            Load(Size.DW, R1, R10, -8),
            CallLocal(1),
            Exit(),
            Mov64(R2, R10),
            Add64(R2, R1),
            StoreImmediate(Size.B, R2, -8, 0),
            Mov64(R0, 0),
            Exit());

        Assert.Equal(Rule.StackAccess, rejection.Rule);
        Assert.Equal([(0, CausalKind.Made), (3, CausalKind.Entered), (5, CausalKind.Made), (6, CausalKind.Made)], Path(rejection));
    }

    [Fact]
    public void The_causal_path_says_which_call_cleared_an_argument_register()
    {
        Rejection rejection = Refused(Mov64(R1, 5), Call(7), Mov64(R0, R1), Exit());

        Assert.Equal(Rule.UninitialisedRegister, rejection.Rule);
        Assert.Equal([(1, CausalKind.Cleared)], Path(rejection));
    }

    [Fact]
    public void The_causal_path_is_that_of_the_branch_that_fails_not_of_the_one_walked_before()
    {
        // The way on which the jump is not taken is walked first, and is fine.
        Rejection rejection = Refused(
            Load(Size.W, R2, R1, 16),
            JumpIf(Opcodes.Jgt, R2, 5, 4),
            Mov64(R3, 1),
            Mov64(R3, 2),
            Mov64(R0, 0),
            Exit(),
            Mov64(R3, R10),
            Add64(R3, R2),
            Load(Size.B, R0, R3, 0),
            Exit());

        Assert.Equal([(0, CausalKind.Made), (1, CausalKind.Taken), (6, CausalKind.Made), (7, CausalKind.Made)], Path(rejection));
    }

    [Fact]
    public void A_refusal_fits_on_a_screen_and_points_at_the_column()
    {
        string log = ProgramVerifier.Verify(Broken, [], VerifierOptions.Default).Log;

        string[] screen = log[log.IndexOf("Refused:", StringComparison.Ordinal)..].TrimEnd('\n').Split('\n');
        Assert.InRange(screen.Length, 5, 24);
        Assert.Equal("Refused:     packet-access", screen[0]);
        int at = Array.FindIndex(screen, static line => line.Contains("a.c:11:5", StringComparison.Ordinal));
        Assert.Equal(screen[at].IndexOf("return", StringComparison.Ordinal) + 4, screen[at + 1].IndexOf('^', StringComparison.Ordinal));
        Assert.Contains("Causal path: 0: r2 = *(u32 *)(r1 + 0)", log);
    }

    [Fact]
    public void A_path_of_many_rounds_keeps_its_end()
    {
        // 200,000 steps before the refusal: more than is kept.
        Rejection rejection = Refused(
            Mov64(R6, R1),
            Mov64(R1, 0),
            Add64(R1, 1),
            JumpIf(Opcodes.Jlt, R1, 100_000, -2),
            Load(Size.W, R2, R6, 0),
            Load(Size.B, R0, R2, 0),
            Exit());

        Assert.Equal(Rule.PacketAccess, rejection.Rule);
        Assert.Equal([(4, CausalKind.Made)], Path(rejection));
    }
}
