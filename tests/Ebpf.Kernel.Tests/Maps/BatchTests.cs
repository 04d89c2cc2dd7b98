using System.Runtime.InteropServices;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Maps;

/// <summary>Many elements at once, on both platforms: with system calls for it, and key by key.</summary>
public sealed class BatchTests
{
    private const int Many = 5000;

    public static TheoryData<string, string> Maps() => new()
    {
        { "linux", "HASH_map" }, { "linux", "LRU_HASH_map" }, { "embedded", "HASH_map" },
    };

    [Theory]
    [MemberData(nameof(Maps))]
    public void What_is_put_in_at_once_is_found_and_taken_out_at_once(string platform, string name)
    {
        using LoadedObject live = Load(platform, name);
        BpfMap<uint, uint> map = live.Maps[name].As<uint, uint>();
        uint[] keys = [.. Enumerable.Range(0, Many).Select(static i => (uint)i * 7)];
        uint[] values = [.. keys.Select(static k => k + 1)];

        map.UpdateMany(keys, values);

        Assert.Equal(keys.Zip(values, KeyValuePair.Create).ToHashSet(), map.Entries().ToHashSet());
        Assert.Equal(100, map.DeleteMany([.. keys[..100], 1, 2, 3]));
        Assert.Equal(keys[100..].ToHashSet(), map.Drain().Select(static e => e.Key).ToHashSet());
        Assert.Empty(map.Entries());
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("embedded")]
    public void Putting_in_stops_at_the_first_that_finds_no_room(string platform)
    {
        using LoadedObject live = Load(platform, "HASH_map", capacity: 100);
        BpfMap<uint, uint> map = live.Maps["HASH_map"].As<uint, uint>();
        uint[] keys = [.. Enumerable.Range(0, 150).Select(static i => (uint)i)];

        Assert.Equal(100, map.TryUpdateMany(keys, keys));
        Assert.Throws<BpfException>(() => map.UpdateMany(keys.AsSpan(100), keys.AsSpan(100)));
        Assert.Equal(100, map.Untyped.Count());
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("embedded")]
    public void Arrays_are_read_and_written_at_once(string platform)
    {
        using LoadedObject live = Load(platform, "ARRAY_map");
        BpfMap<uint, uint> map = live.Maps["ARRAY_map"].As<uint, uint>();
        uint[] keys = [.. Enumerable.Range(0, Many).Select(static i => (uint)i)];

        map.UpdateMany(keys, keys);

        Assert.Equal(keys, map.Entries().OrderBy(static e => e.Key).Select(static e => e.Value));
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("embedded")]
    public void Values_of_all_cpus_are_read_at_once(string platform)
    {
        using LoadedObject live = Load(platform, "PERCPU_HASH_map");
        BpfMap map = live.Maps["PERCPU_HASH_map"];
        byte[] keys = new byte[4 * 100], values = new byte[map.HostValueSize * 100];
        for (int i = 0; i < 100; i++)
        {
            MemoryMarshal.Write(keys.AsSpan(4 * i), i);
            values.AsSpan(i * map.HostValueSize, map.HostValueSize).Fill(0);
            for (int at = 0; at < map.HostValueSize; at += 8)
            {
                MemoryMarshal.Write(values.AsSpan((i * map.HostValueSize) + at), i);
            }
        }

        map.UpdateMany(keys, values);

        Assert.All(map.Entries(), e => Assert.Equal(values.AsSpan(BitConverter.ToInt32(e.Key) * map.HostValueSize, map.HostValueSize).ToArray(), e.Value));
        Assert.Equal(100, map.Entries().Count());
    }

    [Fact]
    public async Task A_walk_finds_what_stays_while_others_delete_and_insert()
    {
        Kernel.Require();
        using LoadedObject live = Load("linux", "HASH_map");
        BpfMap<uint, uint> map = live.Maps["HASH_map"].As<uint, uint>();
        uint[] stays = [.. Enumerable.Range(0, 1000).Select(static i => (uint)i)];
        map.UpdateMany(stays, stays);
        using var end = new CancellationTokenSource();
        Task churn = Task.Run(() =>
        {
            for (uint i = 0; !end.IsCancellationRequested; i++)
            {
                map.TryUpdate(10_000 + (i % 500), i);
                map.TryDelete(10_000 + ((i + 250) % 500));
            }
        });

        try
        {
            for (int i = 0; i < 20; i++)
            {
                Assert.Superset(stays.ToHashSet(), map.Entries().Select(static e => e.Key).ToHashSet());
                Assert.Superset(stays.ToHashSet(), map.Keys().ToHashSet());
            }
        }
        finally
        {
            await end.CancelAsync();
            await churn;
        }
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("embedded")]
    public void The_memory_of_an_array_is_the_array(string platform)
    {
        BpfObject obj = TestData.OpenSample("map").Only();
        obj.Maps["ARRAY_map"].Flags |= MapFlags.Mmapable;
        using LoadedObject live = obj.Load(Of(platform));
        BpfMap<uint, uint> map = live.Maps["ARRAY_map"].As<uint, uint>();
        map[3] = 33;

        using BpfMapMemory memory = map.Untyped.OpenMemory();

        Assert.Equal(33u, memory.Get<uint>(3));
        memory.Get<uint>(4) = 44;
        Assert.Equal(44u, map[4]);
        Assert.Equal(10, memory.Count);
        Assert.Equal(8, memory.Stride);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(10).Length);
        Assert.Throws<BpfException>(() => live.Maps["HASH_map"].OpenMemory());
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("embedded")]
    public void A_value_with_a_lock_is_looked_up_and_set_under_it(string platform)
    {
        using LoadedObject live = TestData.Open("spin_lock").Only().Load(Of(platform));
        BpfMap map = live.Maps["accounts"];
        byte[] key = new byte[map.KeySize], value = new byte[map.HostValueSize];

        map.Update(key, value, MapUpdateFlags.Lock);

        Assert.True(map.TryLookup(key, value, MapLookupFlags.Lock));
    }

    private static LoadedObject Load(string platform, string name, uint capacity = Many)
    {
        BpfObject obj = TestData.OpenSample("map").Only();
        // An LRU map may drop elements before it is full.
        obj.Maps[name].MaxEntries = name.StartsWith("LRU", StringComparison.Ordinal) ? 4 * capacity : capacity;
        return obj.Load(Of(platform));
    }

    private static Platform Of(string name)
    {
        if (name == "embedded")
        {
            return Platform.Embedded;
        }

        Kernel.Require();
        return Platform.Linux;
    }
}
