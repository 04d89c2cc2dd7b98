using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class GeneralHelperTests
{
    private static RunOutcome Run(RunRequest request, params ReadOnlySpan<Instruction> code)
    {
        using var room = new EngineRoom();
        RunOutcome outcome = room.Run(ProgramType.Xdp, request, code);
        Assert.Null(outcome.Fault);
        return outcome;
    }

    [Fact]
    public void A_fixed_clock_stands_still() => Assert.Equal(0UL, Run(
        new RunRequest { Time = 5_000_000 }, Call(HelperId.KtimeGetNs), Mov64(R6, R0), Call(HelperId.KtimeGetBootNs), Sub64(R0, R6), Exit()).ReturnValue);

    [Fact]
    public void The_machines_clock_does_not_go_back() => Assert.Equal(1UL, Run(
        new RunRequest(), Call(HelperId.KtimeGetNs), Mov64(R6, R0), Call(HelperId.KtimeGetNs), Mov64(R1, R0), Mov64(R0, 1), JumpIf(Opcodes.Jge, R1, R6, 1), Mov64(R0, 0), Exit()).ReturnValue);

    [Fact]
    public void Random_numbers_are_the_same_from_the_same_seed()
    {
        ulong Numbers(ulong seed) => Run(new RunRequest { RandomSeed = seed }, Call(HelperId.GetPrandomU32), Mov64(R6, R0), Lsh64(R6, 32), Call(HelperId.GetPrandomU32), Or64(R0, R6), Exit()).ReturnValue;

        Assert.Equal(Numbers(1), Numbers(1));
        Assert.NotEqual(Numbers(1), Numbers(2));
        Assert.NotEqual((uint)Numbers(1), (uint)(Numbers(1) >> 32));
    }

    [Fact]
    public void The_request_says_which_cpu_and_process_it_is()
    {
        Assert.Equal(3UL, Run(new RunRequest { Cpu = 3 }, Call(HelperId.GetSmpProcessorId), Exit()).ReturnValue);
        Assert.Equal(0x1200000034UL, Run(new RunRequest { PidTgid = 0x1200000034 }, Call(HelperId.GetCurrentPidTgid), Exit()).ReturnValue);
        Assert.Equal((ulong)Environment.ProcessId, Run(new RunRequest(), Call(HelperId.GetCurrentPidTgid), Rsh64(R0, 32), Exit()).ReturnValue);
    }

    [Fact]
    public void A_cpu_that_does_not_exist_is_an_argument_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(new RunRequest { Cpu = 4 }, Mov64(R0, 0), Exit()));

    [Theory]
    [InlineData("bash", 16, 0x0000000068736162UL)]
    [InlineData("averylongname", 4, 0x00657661UL)]
    public void The_name_of_the_task_is_cut_and_terminated(string name, int size, ulong expected) => Assert.Equal(expected, Run(
        new RunRequest { Comm = name }, StoreImmediate(Size.DW, R10, -16, 0), Mov64(R1, R10), Add64(R1, -16), Mov64(R2, size), Call(HelperId.GetCurrentComm), Load(Size.DW, R0, R10, -16), Exit()).ReturnValue);

    [Fact]
    public void A_loop_calls_back_until_the_callback_wants_no_more()
    {
        Instruction[] Code(int rounds) =>
        [
            StoreImmediate(Size.DW, R10, -8, 0), Mov64(R1, rounds), .. LoadFunction(R2, 9), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 0), Call(HelperId.Loop),
            Load(Size.DW, R1, R10, -8), Lsh64(R0, 32), Or64(R0, R1), Exit(),
            Load(Size.DW, R3, R2, 0), Add64(R3, R1), Store(Size.DW, R2, 0, R3), Mov64(R0, 0), JumpIf(Opcodes.Jlt, R1, 9, 1), Mov64(R0, 1), Exit(),
        ];

        Assert.Equal((5UL << 32) | 10, Run(new RunRequest(), Code(5)).ReturnValue);
        Assert.Equal((10UL << 32) | 45, Run(new RunRequest(), Code(1000)).ReturnValue);
        Assert.Equal(-7L, (long)Run(new RunRequest(), Code(Runtime.Run.LoopLimit + 1)).ReturnValue >> 32);
    }

    [Fact]
    public void Callbacks_nest_and_keep_the_callers_registers()
    {
        // loop(3, outer): outer runs loop(4, inner), inner adds 1 to the counter at fp-8 of the program.
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0), Mov64(R6, 77), Mov64(R1, 3), .. LoadFunction(R2, 9), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 0), Call(HelperId.Loop),
            Load(Size.DW, R0, R10, -8), Mul64(R0, 100), Add64(R0, R6), Exit(),
            Mov64(R6, 5), Mov64(R3, R2), Mov64(R1, 4), .. LoadFunction(R2, 5), Mov64(R4, 0), Call(HelperId.Loop), Mov64(R0, 0), Exit(),
            Load(Size.DW, R3, R2, 0), Add64(R3, 1), Store(Size.DW, R2, 0, R3), Mov64(R6, 6), Mov64(R0, 0), Exit(),
        ];

        Assert.Equal(1277UL, Run(new RunRequest(), code).ReturnValue);
    }

    [Fact]
    public void A_callback_that_is_no_function_stops_the_run()
    {
        using var room = new EngineRoom();

        Fault? fault = room.Run(ProgramType.Xdp, new RunRequest(), Mov64(R1, 1), Mov64(R2, 1234), Mov64(R3, 0), Mov64(R4, 0), Call(HelperId.Loop), Exit()).Fault;

        Assert.Equal(4, fault!.Instruction);
    }

    [Fact]
    public void A_fault_in_a_callback_names_its_instruction()
    {
        using var room = new EngineRoom();

        Fault? fault = room.Run(ProgramType.Xdp, new RunRequest(), [Mov64(R1, 1), .. LoadFunction(R2, 5), Mov64(R3, 0), Mov64(R4, 0), Call(HelperId.Loop), Exit(), Load(Size.B, R0, R2, 0), Exit()]).Fault;

        Assert.Equal(7, fault!.Instruction);
    }

    [Fact]
    public void A_probing_read_sees_the_run_and_nothing_else()
    {
        Instruction[] Read(params ReadOnlySpan<Instruction> address) =>
            [StoreImmediate(Size.DW, R10, -8, 99), StoreImmediate(Size.DW, R10, -16, -1), Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 8), .. address, Call(HelperId.ProbeReadKernel), Load(Size.DW, R1, R10, -16), Lsh64(R0, 32), Add64(R0, R1), Exit()];

        Assert.Equal(99UL, Run(new RunRequest(), Read(Mov64(R3, R10), Add64(R3, -8))).ReturnValue);
        Assert.Equal(-14L << 32, (long)Run(new RunRequest(), Read(Mov64(R3, 4096))).ReturnValue);
    }

    [Fact]
    public void A_probing_read_of_text_ends_with_it()
    {
        Instruction[] code =
        [
            .. LoadImmediate64(R1, 0x0000006f6c6c6568), Store(Size.DW, R10, -8, R1), StoreImmediate(Size.DW, R10, -16, -1),
            Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 8), Mov64(R3, R10), Add64(R3, -8), Call(HelperId.ProbeReadKernelStr), Mov64(R6, R0), Load(Size.B, R0, R10, -12), Lsh64(R0, 8), Or64(R0, R6), Exit(),
        ];

        Assert.Equal(0x6f06UL, Run(new RunRequest(), code).ReturnValue);
    }

    [Theory]
    [InlineData(0, 4, 0, 0x0604UL)]
    [InlineData(4, 0, 0, 0xf9fbUL)]
    [InlineData(4, 4, 5, 5UL)]
    [InlineData(3, 0, 0, 0xfdfaUL + 1)]
    public void The_difference_of_sums_is_folded(int fromSize, int toSize, int seed, ulong expected)
    {
        Instruction[] code =
        [
            Mov32(R1, 0x04030201), Store(Size.W, R10, -4, R1), Mov64(R1, R10), Add64(R1, -4), Mov64(R2, fromSize), Mov64(R3, R10), Add64(R3, -4), Mov64(R4, toSize), Mov64(R5, seed),
            Call(HelperId.CsumDiff), Exit(),
        ];

        Assert.Equal(expected, Run(new RunRequest(), code).ReturnValue);
    }

    [Fact]
    public void Library_functions_work_on_memory()
    {
        Instruction[] code =
        [
            Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 0x5a), Mov64(R3, 8), Call(HelperId.LibraryMemset),
            Mov64(R1, R10), Add64(R1, -8), Mov64(R2, R10), Add64(R2, -16), Mov64(R3, 8), Call(HelperId.LibraryMemcpy),
            Mov64(R1, R10), Add64(R1, -8), Mov64(R2, R10), Add64(R2, -16), Mov64(R3, 8), Call(HelperId.LibraryMemcmp), Mov64(R6, R0),
            Load(Size.DW, R0, R10, -8), Add64(R0, R6), Exit(),
        ];

        Assert.Equal(0x5a5a5a5a5a5a5a5aUL, Run(new RunRequest(), code).ReturnValue);
    }
}
