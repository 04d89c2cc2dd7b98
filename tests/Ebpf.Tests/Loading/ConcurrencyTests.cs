namespace Ebpf.Tests.Loading;

public sealed class ConcurrencyTests
{
    [Fact]
    public void Objects_load_run_and_go_on_many_threads_of_one_platform()
    {
        using var platform = new TestPlatform(slots: 4);

        Parallel.For(0, 48, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using LoadedObject live = TestData.Open("globals").Load(platform.Platform);
            BpfProgram writes = live.Programs["writes"];
            for (uint run = 1; run <= 10; run++)
            {
                Assert.Equal(run, writes.Run().ReturnValue);
            }

            Assert.Equal(10UL, live.Variables["counter"].Get<ulong>());
        });

        Assert.Equal(0, platform.LiveHandles);
    }

    [Fact]
    public void Programs_of_one_object_add_to_its_variables_while_the_host_reads_them()
    {
        using var platform = new TestPlatform(slots: 4);
        using LoadedObject live = TestData.OpenSample("broken").Only("good").Load(platform.Platform);
        BpfMap<uint, ulong> runs = live.Maps["runs"].As<uint, ulong>();
        const int each = 500;

        Parallel.For(0, 4, _ =>
        {
            ulong last = 0;
            for (int run = 0; run < each; run++)
            {
                live.Programs["good"].Run();
                ulong now = runs[0];
                Assert.True(now > last);
                last = now;
            }
        });

        Assert.Equal(4UL * each, runs[0]);
    }
}
