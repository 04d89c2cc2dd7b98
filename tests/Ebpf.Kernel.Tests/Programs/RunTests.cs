using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Programs;

public sealed class RunTests
{
    [Fact]
    public void A_program_runs_as_often_as_it_is_asked_to()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("writes").Load(Platform.Linux);

        RunResult run = live.Programs["writes"].Run(new RunOptions { Repeat = 1000 });

        Assert.Equal(1000UL, live.Variables["counter"].Get<ulong>());
        Assert.Equal(1000u, run.ReturnValue);
        Assert.Equal(1000, run.Repeat);
    }

    [Fact]
    public void The_packet_comes_back_as_the_program_left_it()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("packets").Load(Platform.Linux);
        byte[] packet = [.. Enumerable.Range(0, 64).Select(static i => (byte)i)];

        RunResult run = live.Programs.First(static p => p.Type == ProgramType.Xdp).Run(new RunOptions { Data = packet });

        Assert.NotEmpty(run.Data.ToArray());
    }

    [Fact]
    public void A_packet_without_an_Ethernet_header_is_refused_with_the_reason()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("reads").Load(Platform.Linux);

        BpfException e = Assert.Throws<BpfException>(() => live.Programs["reads"].Run(new RunOptions { Data = new byte[13] }));

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains("14", e.Message);
    }

    [Fact]
    public void What_the_kernel_does_not_do_is_said_and_the_platform_that_does_is_named()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("reads").Load(Platform.Linux);
        BpfProgram program = live.Programs["reads"];

        Assert.All(
            [new RunOptions { Time = 1 }, new RunOptions { RandomSeed = 1 }, new RunOptions { Pid = 1 }, new RunOptions { Comm = "x" }, new RunOptions { HookResult = 1 }, new RunOptions { KernelStack = new ulong[1] }],
            options => Assert.Contains("Platform.Embedded", Assert.Throws<BpfNotSupportedException>(() => program.Run(options)).Message));
    }

    [Fact]
    public void Programs_of_types_without_test_runs_name_the_embedded_platform()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("ctx_tracing").Load(Platform.Linux);

        foreach (BpfProgram program in live.Programs.Where(static p => p.Type is ProgramType.Kprobe or ProgramType.Tracepoint or ProgramType.PerfEvent))
        {
            BpfNotSupportedException e = Assert.Throws<BpfNotSupportedException>(() => program.Run());
            Assert.Equal(Errno.ENOTSUPP, e.Errno);
        }
    }

    [Fact]
    public void A_syscall_program_runs_repeatedly_with_its_context_anew()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("ctx_syscall").Load(Platform.Linux);
        BpfProgram program = live.Programs.First(static p => p.Type == ProgramType.Syscall);

        RunResult once = program.Run(new RunOptions { Context = new byte[64] });
        RunResult often = program.Run(new RunOptions { Context = new byte[64], Repeat = 5 });

        Assert.Equal(once.ReturnValue, often.ReturnValue);
        Assert.Equal(once.Context.ToArray(), often.Context.ToArray());
        Assert.True(often.Nanoseconds > 0);
    }
}
