using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class TailCallTests
{
    private static readonly MapSpec Programs = Check.Map(MapType.ProgArray, 4, 4, 4);

    // R2 = packet, of which one byte is there; R6 = context, R7 = R2
    private static readonly Instruction[] Start =
        [Mov64(R6, R1), Load(Size.W, R7, R1, 0), Load(Size.W, R3, R1, 4), Mov64(R4, R7), Add64(R4, 1), JumpIf(Opcodes.Jle, R4, R3, 2), Mov64(R0, 0), Exit()];

    private static Instruction[] TailCall => [.. LoadMap(R2, 0), Mov64(R3, 0), Call(HelperId.TailCall)];

    [Fact]
    public void After_a_tail_call_that_failed_the_packet_is_as_it_was() => Check.Accepts(
        ProgramType.Xdp, [Programs], [.. Start, Mov64(R1, R6), .. TailCall, Load(Size.B, R0, R7, 0), Exit()]);

    [Fact]
    public void What_a_subprogram_with_a_tail_call_did_to_the_packet_is_not_known()
    {
        Instruction[] main = [.. Start, Mov64(R1, R6), CallLocal(2), Load(Size.B, R0, R7, 0), Exit()];

        Rejection rejection = Refuses(main, [.. TailCall, Mov64(R0, 0), Exit()]);

        Assert.Equal(Rule.NotAPointer, rejection.Rule);
        Assert.Equal(main.Length - 2, rejection.Instruction);
    }

    [Fact]
    public void What_a_subprogram_with_a_tail_call_returns_is_not_known()
    {
        Instruction[] main = [Mov64(R2, R10), CallLocal(4), Mov64(R1, R10), Add64(R1, R0), Load(Size.B, R0, R1, -8), Exit()];

        Rejection rejection = Refuses(main, [.. TailCall, Mov64(R0, 0), Exit()]);

        Assert.Equal(main.Length - 3, rejection.Instruction);
    }

    [Fact]
    public void A_tail_call_in_a_subprogram_may_leave_the_rest_of_it_undone()
    {
        Instruction[] main =
        [
            StoreImmediate(Size.DW, R10, -8, 100), Mov64(R2, R10), CallLocal(5),
            Load(Size.DW, R1, R10, -8), Add64(R1, R10), Load(Size.B, R0, R1, -24), Mov64(R0, 0), Exit(),
        ];

        Refuses(main, [Mov64(R6, R2), .. TailCall, StoreImmediate(Size.DW, R6, -8, 0), Mov64(R0, 0), Exit()]);
    }

    private static Rejection Refuses(Instruction[] main, Instruction[] subprogram)
    {
        ProgramSpec program = Check.Program(ProgramType.Xdp, [.. main, .. subprogram]);
        program = program with { Functions = [.. program.Functions, new FunctionSpec(main.Length, "below", 0, false)] };
        VerificationResult result = ProgramVerifier.Verify(program, [Programs], VerifierOptions.Default);
        Assert.NotNull(result.Rejection);
        return result.Rejection;
    }
}
