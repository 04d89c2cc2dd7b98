using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class FunctionTests
{
    [Fact]
    public void A_static_function_is_verified_with_what_its_caller_hands_in()
    {
        Instruction[] function = [Load(Size.DW, R0, R1, 0), Exit()];

        Check.Accepts([Mov64(R1, R10), Add64(R1, -8), StoreImmediate(Size.DW, R10, -8, 1), CallLocal(1), Exit(), .. function]);
        Check.Refuses(Rule.NotAPointer, [Mov64(R1, 8), Mov64(R2, 0), Mov64(R3, 0), CallLocal(1), Exit(), .. function]);
    }

    [Fact]
    public void What_a_function_writes_to_its_callers_stack_is_known_to_the_caller() => Check.Accepts(
        StoreImmediate(Size.DW, R10, -8, 1),
        Mov64(R1, R10),
        Add64(R1, -8),
        CallLocal(4),
        Load(Size.DW, R0, R10, -8),
        JumpIf(Opcodes.Jeq, R0, 5, 1),
        Load(Size.B, R0, R0, 0),
        Exit(),
        StoreImmediate(Size.DW, R1, 0, 5),
        Mov64(R0, 0),
        Exit());

    [Fact]
    public void Callee_saved_registers_of_the_caller_are_not_seen_by_the_callee() => Check.Refuses(
        Rule.UninitialisedRegister,
        Mov64(R6, 1),
        CallLocal(1),
        Exit(),
        Mov64(R0, R6),
        Exit());

    [Fact]
    public void Recursion_is_refused()
    {
        Rejection rejection = Check.Refuses(Rule.StackDepth, CallLocal(1), Exit(), CallLocal(-1), Exit());

        Assert.Contains("calls itself", rejection.Reason);
    }

    [Fact]
    public void More_than_eight_frames_are_refused()
    {
        List<Instruction> code = [];
        for (int i = 0; i < 9; i++)
            code.AddRange([CallLocal(1), Exit()]);
        code.AddRange([Mov64(R0, 0), Exit()]);

        Check.Refuses(Rule.StackDepth, [.. code]);
        Check.Accepts([.. code.Skip(4)]);
    }

    [Fact]
    public void A_function_that_sets_no_result_is_fine_as_long_as_nobody_reads_it()
    {
        Check.Accepts(CallLocal(2), Mov64(R0, 0), Exit(), Mov64(R1, 0), Exit());
        Check.Refuses(Rule.UninitialisedRegister, CallLocal(1), Exit(), Mov64(R1, 0), Exit());
    }

    [Fact]
    public void A_global_function_without_types_cannot_be_called()
    {
        ProgramSpec program = Check.Program(ProgramType.SocketFilter, CallLocal(1), Exit(), Mov64(R0, 0), Exit()) with
        {
            Functions = [new FunctionSpec(0, "test", 0, true), new FunctionSpec(2, "global", 0, true)],
        };

        VerificationResult result = ProgramVerifier.Verify(program, [], VerifierOptions.Default);

        Assert.Equal(Rule.FunctionSignature, result.Rejection?.Rule);
        Assert.Contains("global", result.Rejection!.Reason);
    }

    [Fact]
    public void Facts_list_the_functions()
    {
        VerificationResult result = Check.Accepts(CallLocal(1), Exit(), StoreImmediate(Size.DW, R10, -24, 0), Mov64(R0, 0), Exit());

        Assert.Equal([new FunctionFact(0, 2, 0, false), new FunctionFact(2, 5, 24, false)], result.Facts!.Functions);
    }
}
