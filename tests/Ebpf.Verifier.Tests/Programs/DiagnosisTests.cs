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
        Assert.EndsWith("holds 0 bytes there\n", log.Replace("hold ", "holds "));
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
}
