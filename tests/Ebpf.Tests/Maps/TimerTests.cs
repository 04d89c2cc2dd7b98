using System.Diagnostics;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;

namespace Ebpf.Tests.Maps;

/// <summary>Timers in map values: tests/testdata/timers.bpf.c.</summary>
public sealed class TimerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("in_a_hash", "hashed", 5u, false)]
    [InlineData("in_a_hash", "hashed", 5u, true)]
    [InlineData("in_an_array", "indexed", 3u, false)]
    [InlineData("in_an_array", "indexed", 3u, true)]
    public void A_timer_calls_back_with_its_element_until_it_is_not_armed_again(string program, string mapName, uint key, bool checks)
    {
        using var platform = new EmbeddedPlatform(programs: new ProgramOptions { Checks = checks });
        Exception? failure = null;
        platform.Engine.Timers.Failed += e => failure = e;
        using LoadedObject live = TestData.Open("timers").Only(program).Load(new Platform(platform));

        Assert.Equal(0u, live.Programs[program].Run().ReturnValue);

        byte[] element = Wait(live.Maps[mapName], key, 3);
        Assert.Null(failure);
        Assert.Equal(key, BitConverter.ToUInt64(element, 24));
        Assert.Equal(0UL, BitConverter.ToUInt64(element, 8));
        Thread.Sleep(20);
        Assert.Equal(3UL, BitConverter.ToUInt64(live.Maps[mapName].Lookup(BpfMap.Key(key))));
    }

    [Fact]
    public void A_timer_that_is_cancelled_says_whether_it_was_armed()
    {
        using LoadedObject live = TestData.Open("timers").Only("cancelled").Load();

        Assert.Equal(0u, live.Programs["cancelled"].Run().ReturnValue);
    }

    [Fact]
    public void A_timer_goes_with_its_element_and_with_its_map()
    {
        using var platform = new EmbeddedPlatform();
        LoadedObject live = TestData.Open("timers").Load(new Platform(platform));

        Assert.Equal(0u, live.Programs["deleted"].Run().ReturnValue);
        Assert.Equal(0, platform.Engine.Timers.Count);
        Assert.Equal(0u, live.Programs["cancelled"].Run().ReturnValue);
        Assert.Equal(0u, live.Programs["in_a_hash"].Run().ReturnValue);
        Assert.Equal(2, platform.Engine.Timers.Count);
        live.Dispose();
        Assert.Equal(0, platform.Engine.Timers.Count);
    }

    [Fact]
    public void Elements_that_are_replaced_while_their_timers_fire_are_never_touched_again()
    {
        using var platform = new TestPlatform(slots: 4);
        LoadedObject live = TestData.Open("timers").Only("in_a_hash").Load(platform.Platform);
        BpfProgram program = live.Programs["in_a_hash"];
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency;
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (Stopwatch.GetTimestamp() < end)
            {
                program.Run();
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        live.Dispose();
        Assert.Equal(0, platform.LiveHandles);
    }

    private static byte[] Wait(BpfMap map, uint key, ulong count)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            byte[] element = map.Lookup(BpfMap.Key(key));
            if (BitConverter.ToUInt64(element) >= count || Stopwatch.GetElapsedTime(start) > s_patience)
            {
                Assert.Equal(count, BitConverter.ToUInt64(element));
                return element;
            }

            Thread.Sleep(1);
        }
    }
}
