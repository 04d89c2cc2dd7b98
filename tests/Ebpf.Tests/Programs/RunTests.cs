namespace Ebpf.Tests.Programs;

public sealed class RunTests
{
    [Fact]
    public void A_packet_program_gets_64_zero_bytes_unless_told_otherwise()
    {
        using LoadedObject live = TestData.Open("tail_call_same_section").Only("callee").Load();

        RunResult result = live.Programs["callee"].Run();

        Assert.Equal(42u, result.ReturnValue);
        Assert.Equal(new byte[64], result.Data.ToArray());
        Assert.Equal(7u, live.Programs["callee"].Run(new RunOptions { Data = new byte[65] }).ReturnValue);
    }

    [Fact]
    public void A_program_without_packet_refuses_one()
    {
        using LoadedObject live = TestData.Open("ctx_syscall").Only("calculate").Load();

        BpfException e = Assert.Throws<BpfException>(() => live.Programs["calculate"].Run(new RunOptions { Data = new byte[64] }));

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Equal("calculate", e.Program);
    }

    [Fact]
    public void The_context_comes_back_as_the_program_left_it()
    {
        using LoadedObject live = TestData.Open("ctx_syscall").Only("calculate").Load();
        byte[] context = new byte[64];
        context[0] = 20;
        context[8] = 7;

        RunResult result = live.Programs["calculate"].Run(new RunOptions { Context = context });

        Assert.Equal(27, result.Context.Span[16]);
        Assert.Equal(140, result.Context.Span[24]);
        Assert.Equal(20, context[0]);
    }

    [Fact]
    public void What_makes_a_run_repeatable_reaches_the_engine()
    {
        using var platform = new TestPlatform();
        using LoadedObject live = TestData.Open("globals").Only("writes").Load(platform.Platform);

        live.Programs["writes"].Run(new RunOptions { Time = 1, RandomSeed = 2, Cpu = 1, Pid = 3, Comm = "me", Repeat = 4 });

        Runtime.RunRequest run = platform.LastRun!;
        Assert.Equal((1UL, 2UL, 1, (3UL << 32) | 3, "me", 4), (run.Time, run.RandomSeed, run.Cpu, run.PidTgid, run.Comm, run.Repeat));
    }

    [Fact]
    public void Repeated_runs_answer_the_last()
    {
        using LoadedObject live = TestData.Open("globals").Only("writes").Load();

        RunResult result = live.Programs["writes"].Run(new RunOptions { Repeat = 7 });

        Assert.Equal(7u, result.ReturnValue);
        Assert.Equal(7, result.Repeat);
        Assert.Throws<ArgumentOutOfRangeException>(() => live.Programs["writes"].Run(new RunOptions { Repeat = 0 }));
    }

    [Fact]
    public void What_a_program_prints_comes_with_its_result()
    {
        BpfObject obj = TestData.Open("printk");
        using LoadedObject live = obj.Load();

        Assert.Contains(obj.Programs.Names, name => live.Programs[name].Run().Printk.Count > 0);
    }

    [Fact]
    public void Programs_run_on_many_threads_and_none_is_freed_under_another()
    {
        using var platform = new TestPlatform(slots: 2);
        long before = platform.Heap.LiveBlocks;
        for (int round = 0; round < 20; round++)
        {
            LoadedObject live = TestData.Open("several_programs").Load(platform.Platform);
            BpfProgram program = live.Programs["xdp_second"];
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        Assert.Equal(12u, program.Run().ReturnValue);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            }))];
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            live.Dispose();
            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            Assert.Equal(0, platform.LiveHandles);
        }

        // What is left are the engine's own run states, one a slot: registers and stack, context, packet.
        Assert.InRange(platform.Heap.LiveBlocks - before, 0, 2 * 3);
    }
}
