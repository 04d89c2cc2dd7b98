using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Interpreter;

public sealed class CallTests
{
    [Fact]
    public void A_function_gets_its_arguments_and_gives_back_r0_and_the_saved_registers() => Assert.Equal(
        1234UL + 11,
        EngineRoom.Value(
            Mov64(R6, 1), Mov64(R7, 2), Mov64(R8, 3), Mov64(R9, 5), Mov64(R1, 1000), Mov64(R2, 234),
            CallLocal(5),
            Add64(R0, R6), Add64(R0, R7), Add64(R0, R8), Add64(R0, R9), Exit(),
            Mov64(R6, 77), Mov64(R7, 77), Mov64(R8, 77), Mov64(R9, 77), Mov64(R0, R1), Add64(R0, R2), Exit()));

    [Fact]
    public void A_function_has_a_stack_of_its_own_and_reaches_its_callers() => Assert.Equal(
        7UL,
        EngineRoom.Value(
            StoreImmediate(Size.DW, R10, -8, 7), Mov64(R1, R10), Add64(R1, -8), CallLocal(2), Load(Size.DW, R0, R10, -8), Exit(),
            StoreImmediate(Size.DW, R10, -8, 9), Load(Size.DW, R0, R1, 0), Exit()));

    [Fact]
    public void Functions_nest()
    {
        // f(n) = n == 0 ? 0 : n + f(n - 1)
        Instruction[] code =
        [
            Mov64(R1, 20), CallLocal(1), Exit(),
            Mov64(R0, 0), JumpIf(Opcodes.Jeq, R1, 0, 4), Mov64(R6, R1), Add64(R1, -1), CallLocal(-5), Add64(R0, R6), Exit(),
        ];

        Assert.Equal(210UL, EngineRoom.Value(code));
    }

    [Fact]
    public void Endless_recursion_ends_with_a_fault() =>
        Assert.Equal("calls are nested too deeply", EngineRoom.Fault(CallLocal(-1), Exit()).Reason);

    [Fact]
    public void A_call_through_a_register_reaches_a_function_by_its_address() => Assert.Equal(
        42UL, EngineRoom.Value([.. LoadFunction(R2, 5), Mov64(R1, 40), CallRegister(R2), Add64(R0, 1), Exit(), Mov64(R0, R1), Add64(R0, 1), Exit()]));

    [Fact]
    public void A_call_through_a_register_reaches_a_helper_by_its_number()
    {
        using var room = new EngineRoom();
        Instruction[] code = [Mov64(R6, (int)HelperId.KtimeGetNs), CallRegister(R6), Exit()];

        Assert.Equal(123456UL, room.Run(ProgramType.Unspec, new RunRequest { Time = 123456 }, code).ReturnValue);
    }

    [Fact]
    public void A_call_through_a_register_to_nowhere_ends_with_a_fault() =>
        Assert.Contains("neither a function", EngineRoom.Fault(Mov64(R6, -1), CallRegister(R6), Exit()).Reason);

    [Fact]
    public void A_helper_that_the_engine_lacks_is_refused_by_name_when_the_program_is_created()
    {
        using var room = new EngineRoom();

        BpfException e = Assert.Throws<BpfException>(() => room.Program(EngineRoom.Spec(ProgramType.Kprobe, Call(HelperId.OverrideReturn), Exit())));

        Assert.Equal(Errno.EOPNOTSUPP, e.Errno);
        Assert.Contains("bpf_override_return", e.Message);
    }

    [Fact]
    public void A_number_that_is_no_helper_is_refused()
    {
        using var room = new EngineRoom();

        BpfException e = Assert.Throws<BpfException>(() => room.Program(EngineRoom.Spec(ProgramType.Kprobe, Call(99999), Exit())));

        Assert.Contains("99999", e.Message);
    }
}
