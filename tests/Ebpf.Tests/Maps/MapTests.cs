using System.Buffers.Binary;

namespace Ebpf.Tests.Maps;

public sealed class MapTests : IDisposable
{
    private readonly TestPlatform _platform = new(slots: 3);
    private readonly LoadedObject _live;

    public MapTests() => _live = TestData.OpenSample("map").Only().Load(_platform.Platform);

    public void Dispose()
    {
        _live.Dispose();
        _platform.Dispose();
    }

    [Fact]
    public void A_typed_map_looks_up_updates_and_deletes()
    {
        BpfMap<uint, uint> map = _live.Maps["HASH_map"].As<uint, uint>();

        Assert.False(map.TryLookup(1, out _));
        map[1] = 10;
        map.Update(2, 20);
        Assert.True(map.TryLookup(1, out uint value));
        Assert.Equal(10u, value);
        Assert.Equal(20u, map[2]);
        Assert.True(map.ContainsKey(2));
        Assert.True(map.TryDelete(1));
        Assert.False(map.TryDelete(1));
        Assert.True(map.TryLookupAndDelete(2, out value));
        Assert.Equal(20u, value);
        Assert.Empty(map.Keys());
    }

    [Fact]
    public void Throwing_methods_say_what_is_wrong_with_which_map()
    {
        BpfMap<uint, uint> map = _live.Maps["HASH_map"].As<uint, uint>();

        BpfException missing = Assert.Throws<BpfException>(() => map[1]);
        Assert.Equal(Errno.ENOENT, missing.Errno);
        Assert.Contains("'HASH_map'", missing.Message, StringComparison.Ordinal);

        map[1] = 1;
        Assert.False(map.TryUpdate(1, 2, MapUpdateFlags.NoExist));
        Assert.Equal(Errno.EEXIST, Assert.Throws<BpfException>(() => map.Update(1, 2, MapUpdateFlags.NoExist)).Errno);
        Assert.False(map.TryUpdate(2, 2, MapUpdateFlags.Exist));

        for (uint i = 0; i < 10; i++)
        {
            map[i] = i;
        }

        Assert.False(map.TryUpdate(100, 1));
        Assert.Equal(Errno.E2BIG, Assert.Throws<BpfException>(() => map.Update(100, 1)).Errno);
    }

    [Fact]
    public void Types_must_be_as_large_as_keys_and_values()
    {
        BpfMap map = _live.Maps["HASH_map"];

        Assert.Throws<ArgumentException>(() => map.As<ulong, uint>());
        Assert.Throws<ArgumentException>(() => map.As<uint, ulong>());
        Assert.Throws<ArgumentException>(() => map.TryLookup([1, 2], new byte[4]));
        Assert.Throws<ArgumentException>(() => map.Update([1, 0, 0, 0], [1]));
    }

    [Fact]
    public void An_array_has_all_its_keys_from_the_start_and_cannot_lose_one()
    {
        BpfMap<uint, uint> map = _live.Maps["ARRAY_map"].As<uint, uint>();

        Assert.Equal(Enumerable.Range(0, 10).Select(static i => (uint)i), map.Keys());
        Assert.False(map.TryLookup(10, out _));
        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => map.TryDelete(0)).Errno);
    }

    [Theory]
    [InlineData("PERCPU_ARRAY_map")]
    [InlineData("PERCPU_HASH_map")]
    [InlineData("LRU_PERCPU_HASH_map")]
    public void A_per_CPU_map_has_a_value_for_each_CPU(string name)
    {
        BpfMap untyped = _live.Maps[name];
        BpfMap<uint, uint> map = untyped.As<uint, uint>();

        map.UpdatePerCpu(3, [1, 2, 3]);

        Assert.True(untyped.IsPerCpu);
        Assert.Equal(24, untyped.HostValueSize);
        Assert.Equal([1u, 2, 3], map.LookupPerCpu(3));
        Assert.Throws<InvalidOperationException>(() => map[3]);
        Assert.Throws<InvalidOperationException>(() => _live.Maps["HASH_map"].As<uint, uint>().LookupPerCpu(1));
        Assert.Throws<ArgumentException>(() => map.UpdatePerCpu(3, [1]));
    }

    [Fact]
    public void A_queue_gives_the_oldest_and_a_stack_the_newest()
    {
        BpfQueue<uint> queue = _live.Maps["QUEUE_map"].AsQueue<uint>();
        BpfQueue<uint> stack = _live.Maps["STACK_map"].AsQueue<uint>();
        Assert.False(queue.TryPop(out _));

        for (uint i = 1; i <= 10; i++)
        {
            Assert.True(queue.TryPush(i));
            Assert.True(stack.TryPush(i));
        }

        Assert.False(queue.TryPush(11));
        Assert.True(queue.TryPush(11, MapUpdateFlags.Exist));
        Assert.True(queue.TryPeek(out uint oldest));
        Assert.Equal(2u, oldest);
        Assert.True(queue.TryPop(out oldest));
        Assert.Equal(2u, oldest);
        Assert.True(stack.TryPop(out uint newest));
        Assert.Equal(10u, newest);
        Assert.Throws<ArgumentException>(() => _live.Maps["HASH_map"].AsQueue<uint>());
    }

    [Fact]
    public void Entries_can_be_deleted_while_they_are_walked()
    {
        BpfMap<uint, uint> map = _live.Maps["HASH_map"].As<uint, uint>();
        for (uint i = 0; i < 10; i++)
        {
            map[i] = i * i;
        }

        var seen = new List<uint>();
        foreach (KeyValuePair<uint, uint> entry in map.Entries())
        {
            Assert.Equal(entry.Key * entry.Key, entry.Value);
            seen.Add(entry.Key);
            map.Delete(entry.Key);
            map.TryDelete(entry.Key + 1);
        }

        Assert.Empty(map.Keys());
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.InRange(seen.Count, 5, 10);
    }

    [Fact]
    public void Walking_survives_others_that_change_the_map()
    {
        BpfMap<uint, uint> map = _live.Maps["HASH_map"].As<uint, uint>();
        map[1000] = 1;
        using var stop = new CancellationTokenSource();
        var churn = new Thread(() =>
        {
            for (uint i = 0; !stop.IsCancellationRequested; i++)
            {
                map.TryUpdate(i % 50, i);
                map.TryDelete((i + 25) % 50);
            }
        });
        churn.Start();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                List<uint> keys = [.. map.Keys()];
                Assert.Contains(1000u, keys);
                Assert.Equal(keys.Count, keys.Distinct().Count());
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }
    }

    [Fact]
    public void A_frozen_map_is_read_only_for_the_host()
    {
        BpfMap map = _live.Maps["ARRAY_map"];

        map.Freeze();

        Assert.Equal(Errno.EPERM, Assert.Throws<BpfException>(() => map.Update(BpfMap.Key(0), new byte[4])).Errno);
        Assert.Equal(new byte[4], map.Lookup(BpfMap.Key(0)));
    }

    [Fact]
    public void Maps_and_programs_have_descriptors_of_their_own_on_Linux_and_none_elsewhere()
    {
        using LoadedObject live = TestData.OpenSample("map").Load();

        int?[] fds = [.. live.Maps.Select(static m => m.Fd), .. live.Programs.Select(static p => p.Fd)];

        if (OperatingSystem.IsLinux())
        {
            Assert.All(fds, static fd => Assert.True(fd > 2));
            Assert.Equal(fds.Length, fds.Distinct().Count());
        }
        else
        {
            Assert.All(fds, Assert.Null);
        }
    }

    [Fact]
    public void A_disposed_map_says_so()
    {
        BpfMap map = _live.Maps["HASH_map"];
        _live.Dispose();

        Assert.Throws<ObjectDisposedException>(() => map.TryLookup([0, 0, 0, 0], new byte[4]));
    }

    [Fact]
    public void A_program_sees_what_the_host_wrote_and_the_other_way_round()
    {
        using LoadedObject live = TestData.Open("tail_call_same_section").Only("caller").Load();

        live.Programs["caller"].Run();

        Assert.Equal(1, BinaryPrimitives.ReadInt32LittleEndian(live.Maps["canary"].Lookup(BpfMap.Key(0))));
    }
}
