using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Random calls, by programs and by the host, against dictionaries.</summary>
public unsafe class HashMapModelTests
{
    [Theory]
    [InlineData(1, 8, MapFlags.None)]
    [InlineData(3, 5, MapFlags.NoPrealloc)]
    [InlineData(4, 4, MapFlags.None)]
    [InlineData(4, 8, MapFlags.NoPrealloc)]
    [InlineData(8, 8, MapFlags.None)]
    [InlineData(12, 40, MapFlags.ZeroSeed)]
    [InlineData(16, 16, MapFlags.NoPrealloc)]
    [InlineData(61, 100, MapFlags.None)]
    public void A_hash_agrees_with_a_dictionary(int keySize, int valueSize, MapFlags flags)
    {
        using MapRoom room = new();
        Random random = new(keySize);
        foreach (int capacity in new[] { 1, 7, 100 })
        {
            using EmbeddedMap map = room.Map(MapType.Hash, (uint)keySize, (uint)valueSize, (uint)capacity, flags);
            Dictionary<string, byte[]> model = [];
            for (int run = 0; run < 20; run++)
            {
                // Half of the calls are made within a run, where nothing that is deleted can be reclaimed.
                ExecutionSlot? slot = run % 2 == 0 ? room.Slots.Enter() : null;
                for (int step = 0; step < 300; step++)
                    Step(map, model, random, capacity);
                slot?.Dispose();
            }

            CheckIteration(map, model);
        }
    }

    [Theory]
    [InlineData(MapType.LruHash, 1)]
    [InlineData(MapType.LruHash, 2)]
    [InlineData(MapType.LruHash, 10)]
    [InlineData(MapType.LruHash, 100)]
    [InlineData(MapType.LruPerCpuHash, 1)]
    [InlineData(MapType.LruPerCpuHash, 10)]
    public void An_lru_map_always_has_the_newest_never_more_than_its_capacity_and_never_a_wrong_value(MapType type, int capacity)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, (uint)capacity);
        Random random = new(capacity);
        Dictionary<uint, ulong> last = [];
        using ExecutionSlot slot = room.Slots.Enter();
        for (int step = 0; step < 20_000; step++)
        {
            uint key = (uint)random.Next(3 * capacity);
            ulong value = (ulong)random.NextInt64();
            switch (random.Next(4))
            {
                case 0:
                    int result = map.Remove(key);
                    Assert.True(result is 0 or ENOENT);
                    Assert.True(result == ENOENT || last.ContainsKey(key));
                    last.Remove(key);
                    break;
                case 1:
                    ulong* found = map.Find<ulong, uint>(key);
                    Assert.True(found == null || last[key] == *found);
                    break;
                default:
                    bool wasThere = map.Find<ulong, uint>(key) != null;
                    ulong flags = (ulong)random.Next(3);
                    int expected = flags == 1 && wasThere ? EEXIST : flags == 2 && !wasThere ? ENOENT : 0;
                    Assert.Equal(expected, map.Put(key, value, flags));
                    if (expected == 0)
                    {
                        last[key] = value;
                        Assert.Equal(value, *map.Find<ulong, uint>(key));
                    }

                    break;
            }

            if (step % 500 == 0)
                Assert.InRange(map.Keys<uint>().Count, 0, capacity);
        }

        Assert.All(map.Keys<uint>(), key => Assert.True(last.ContainsKey(key)));
    }

    [Fact]
    public void An_lru_map_evicts_what_was_not_used_before_what_was()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.LruHash, 4, 8, 100);
        for (uint key = 0; key < 100; key++)
            map.Put(key, 0UL);
        for (uint key = 100; key < 1000; key++)
        {
            for (uint hot = 0; hot < 10; hot++)
                Assert.True(map.Find<ulong, uint>(hot) != null || key < 200);
            map.Put(key, 0UL);
            for (uint hot = 0; hot < 10; hot++)
                map.Put(hot, 0UL);
        }

        Assert.Equal(10, map.Keys<uint>().Count(key => key < 10));
    }

    [Fact]
    public void A_host_that_reads_does_not_make_an_element_look_used()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.LruHash, 4, 8, 2);
        map.Put(1u, 0UL);
        map.Put(2u, 0UL);
        map.Put(3u, 0UL); // clears the marks of 1 and 2
        uint kept = map.Keys<uint>().Single(key => key != 3);

        Assert.Equal(0, map.HostGet(kept, out ulong _));
        map.Put(4u, 0UL);

        Assert.Equal([3u, 4u], map.Keys<uint>().Order());
    }

    [Fact]
    public void A_new_per_cpu_element_has_zeroes_for_the_slots_that_did_not_insert_it()
    {
        using MapRoom room = new();
        foreach (MapType type in new[] { MapType.PerCpuHash, MapType.LruPerCpuHash })
        {
            using EmbeddedMap map = room.Map(type, 4, 4, 1);
            byte[] all = new byte[map.HostValueSize];
            all.AsSpan().Fill(0xFF);
            for (uint key = 0; key < 200; key++)
            {
                Assert.Equal(0, map.HostUpdate(BitConverter.GetBytes(key), all));
                Assert.Equal(-1, *map.Find<int, uint>(key, 3));
                Assert.Equal(0, map.Remove(key));
                Assert.Equal(0, map.Put(key, 7, slot: 2));
                for (int slot = 0; slot < MapRoom.SlotCount; slot++)
                    Assert.Equal(slot == 2 ? 7 : 0, *map.Find<int, uint>(key, slot));
                Assert.Equal(0, map.Put(key, 8, slot: 1));
                Assert.Equal(7, *map.Find<int, uint>(key, 2));
                byte[] seen = new byte[map.HostValueSize];
                Assert.Equal(0, map.HostLookupAndDelete(BitConverter.GetBytes(key), seen));
                Assert.Equal([0, 8, 7, 0], Enumerable.Range(0, 4).Select(slot => BitConverter.ToInt32(seen, slot * 8)));
            }
        }
    }

    [Theory]
    [InlineData(MapFlags.None)]
    [InlineData(MapFlags.NoPrealloc)]
    public void A_deleted_element_keeps_its_bytes_until_the_runs_that_could_see_it_have_left(MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 2000, flags);
        map.Put(1u, 11UL);
        nint address = (nint)map.Find<ulong, uint>(1u);
        HashSet<nint> places = [];
        using (room.Slots.Enter())
        {
            Threads.Run(1, _ =>
            {
                map.HostRemove(1u);
                for (int i = 0; i < 1000; i++)
                {
                    map.HostPut(2u, 99UL);
                    places.Add((nint)map.Find<ulong, uint>(2u));
                }
            });

            Assert.Equal(11UL, *(ulong*)address);
            Assert.Equal(1000, places.Count);
        }

        for (int i = 0; i < 2000; i++)
        {
            map.HostPut(2u, 99UL);
            places.Add((nint)map.Find<ulong, uint>(2u));
        }

        Assert.Contains(address, places);
    }

    [Theory]
    [InlineData(MapFlags.None)]
    [InlineData(MapFlags.NoPrealloc)]
    public void Reused_elements_bound_the_memory_of_a_map_that_changes_for_ever(MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 50, flags);
        for (uint key = 0; key < 50; key++)
            map.Put(key, 0UL);
        long before = 0;
        for (uint key = 50; key < 50_000; key++)
        {
            Assert.Equal(0, map.HostRemove(key - 50));
            Assert.Equal(0, map.HostPut(key, 1UL));
            if (key == 1000)
                before = map.MemoryBytes;
        }

        Assert.Equal(before, map.MemoryBytes);
        Assert.Equal(50, map.Keys<uint>().Count);
    }

    private static void Step(EmbeddedMap map, Dictionary<string, byte[]> model, Random random, int capacity)
    {
        byte[] key = new byte[map.Spec.KeySize], value = new byte[map.Spec.ValueSize], seen = new byte[map.Spec.ValueSize];
        // Few keys, which differ in one place only.
        key[random.Next(key.Length)] = (byte)random.Next(1, 4 + capacity);
        random.NextBytes(value);
        string name = Convert.ToHexString(key);
        bool isThere = model.TryGetValue(name, out byte[]? current);
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            switch (random.Next(7))
            {
                case 0:
                    Assert.Equal(isThere ? 0 : ENOENT, map.Delete(keyBytes, 0));
                    model.Remove(name);
                    break;
                case 1:
                    Assert.Equal(isThere ? 0 : ENOENT, map.HostLookupAndDelete(key, seen));
                    Assert.Equal(current ?? new byte[seen.Length], seen);
                    model.Remove(name);
                    break;
                case 2:
                    byte* found = map.Lookup(keyBytes, 0);
                    Assert.Equal(isThere, found != null);
                    if (isThere)
                        Assert.Equal(current, new ReadOnlySpan<byte>(found, value.Length).ToArray());
                    break;
                case 3:
                    Assert.Equal(isThere ? 0 : ENOENT, map.HostLookup(key, seen));
                    Assert.Equal(current ?? new byte[seen.Length], seen);
                    break;
                default:
                    ulong flags = (ulong)random.Next(3);
                    int expected = flags == 1 && isThere ? EEXIST
                        : flags == 2 && !isThere ? ENOENT
                        : !isThere && model.Count == capacity ? E2BIG
                        : 0;
                    Assert.Equal(expected, random.Next(2) == 0 ? map.Update(keyBytes, valueBytes, flags, 0) : map.HostUpdate(key, value, flags));
                    if (expected == 0)
                        model[name] = value;
                    break;
            }
        }
    }

    private static void CheckIteration(EmbeddedMap map, Dictionary<string, byte[]> model)
    {
        HashSet<string> seen = [];
        byte[] key = new byte[map.Spec.KeySize];
        for (int result = map.HostNextKey(default, key); result == 0; result = map.HostNextKey(key, key))
            Assert.True(seen.Add(Convert.ToHexString(key)));
        Assert.Equal(model.Keys.Order(), seen.Order());
        if (model.Count == 0)
            return;

        // A key that is gone leads to the first one.
        byte[] first = new byte[key.Length], again = new byte[key.Length];
        map.HostNextKey(default, first);
        byte[] gone = Enumerable.Repeat((byte)0xEE, key.Length).ToArray();
        Assert.Equal(0, map.HostNextKey(gone, again));
        Assert.Equal(first, again);
    }
}
