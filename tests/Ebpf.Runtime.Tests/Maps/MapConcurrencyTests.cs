using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Threads of programs and of hosts on one map: a bounded number of steps each, and what must hold whatever their order.</summary>
public unsafe class MapConcurrencyTests
{
    private const int Workers = 4;
    private const uint KeysPerWorker = 50;

    public static TheoryData<MapType, MapFlags> Hashes => new()
    {
        { MapType.Hash, MapFlags.None },
        { MapType.Hash, MapFlags.NoPrealloc },
        { MapType.PerCpuHash, MapFlags.None },
        { MapType.PerCpuHash, MapFlags.NoPrealloc },
    };

    [Theory, MemberData(nameof(Hashes))]
    public void Each_worker_finds_exactly_what_it_put_while_others_change_their_own_keys(MapType type, MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, Workers * KeysPerWorker, flags);

        Threads.Run(Workers, worker =>
        {
            Random random = new(worker);
            Dictionary<uint, ulong> mine = [];
            for (int step = 0; step < 20_000; step++)
            {
                // One slot for the values, so that a per-CPU map shows what was put whichever slot the run has.
                using ExecutionSlot slot = room.Slots.Enter();
                uint key = (uint)worker * KeysPerWorker + (uint)random.Next((int)KeysPerWorker);
                switch (random.Next(3))
                {
                    case 0:
                        Assert.Equal(mine.Remove(key) ? 0 : ENOENT, map.Remove(key));
                        break;
                    case 1:
                        Assert.Equal(0, map.Put(key, (ulong)step));
                        mine[key] = (ulong)step;
                        break;
                    default:
                        ulong* found = map.Find<ulong, uint>(key);
                        Assert.Equal(mine.ContainsKey(key), found != null);
                        if (found != null)
                            Assert.Equal(mine[key], *found);
                        break;
                }
            }
        });

        Assert.Equal(map.Keys<uint>().Count, map.Keys<uint>().Distinct().Count());
        AssertHoldsItsCapacity(map, Workers * KeysPerWorker);
        Assert.Equal(E2BIG, map.Put(Workers * KeysPerWorker, 0UL));
    }

    [Fact]
    public void A_host_never_reads_half_of_an_update_of_a_hash()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 64, 4);

        Threads.Run(Workers, worker =>
        {
            byte[] value = new byte[64], seen = new byte[64];
            byte[] key = BitConverter.GetBytes(1);
            for (int step = 0; step < 20_000; step++)
            {
                value.AsSpan().Fill((byte)(step + worker));
                if (worker < 2)
                    Assert.Equal(0, map.HostUpdate(key, value));
                else if (map.HostLookup(key, seen) == 0)
                    Assert.False(seen.AsSpan().ContainsAnyExcept(seen[0]));
            }
        });
    }

    [Fact]
    public void No_increment_of_a_programs_counter_is_lost()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 8, 4);
        const int Increments = 50_000;

        Threads.Run(Workers, _ =>
        {
            for (int i = 0; i < Increments; i++)
            {
                using ExecutionSlot slot = room.Slots.Enter();
                Interlocked.Increment(ref *map.Find<ulong, uint>((uint)(i % 4)));
            }
        });

        for (uint key = 0; key < 4; key++)
            Assert.Equal((ulong)(Workers * Increments / 4), *map.Find<ulong, uint>(key));
    }

    [Fact]
    public void Runs_on_their_own_slots_need_no_atomics_for_per_cpu_values()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.PerCpuArray, 4, 8, 1);
        const int Increments = 50_000;

        Threads.Run(Workers + 2, _ =>
        {
            for (int i = 0; i < Increments; i++)
            {
                using ExecutionSlot slot = room.Slots.Enter();
                (*map.Find<ulong, uint>(0u, slot.Index))++;
            }
        });

        ulong sum = 0;
        for (int slot = 0; slot < MapRoom.SlotCount; slot++)
            sum += *map.Find<ulong, uint>(0u, slot);
        Assert.Equal((ulong)((Workers + 2) * Increments), sum);
    }

    [Theory]
    [InlineData(MapType.LruHash)]
    [InlineData(MapType.LruPerCpuHash)]
    public void Evictions_by_many_threads_never_fail_and_never_mix_keys_up(MapType type)
    {
        using MapRoom room = new();
        const int Capacity = 40;
        using EmbeddedMap map = room.Map(type, 4, 8, Capacity);

        Threads.Run(Workers, worker =>
        {
            Random random = new(worker);
            byte[] seen = new byte[map.HostValueSize];
            for (int step = 0; step < 20_000; step++)
            {
                using ExecutionSlot slot = room.Slots.Enter();
                uint key = (uint)random.Next(4 * Capacity);
                if (worker < 3)
                    Assert.Equal(0, map.Put(key, (ulong)key, slot: 0));
                else if (step % 3 == 0)
                    map.Remove(key);
                else if (map.HostLookup(BitConverter.GetBytes(key), seen) == 0)
                    Assert.Equal(key, BitConverter.ToUInt64(seen));
            }
        });

        List<uint> keys = map.Keys<uint>();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.InRange(keys.Count, 0, Capacity);
        Assert.All(keys, key => Assert.Equal(key, *map.Find<ulong, uint>(key)));
        AssertHoldsItsCapacity(map, Capacity);
    }

    [Fact]
    public void Several_threads_cannot_put_more_than_the_capacity()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 1000);
        int inserted = 0;

        Threads.Run(Workers, worker =>
        {
            for (uint i = 0; i < 1000; i++)
            {
                int result = map.Put((uint)worker * 1000 + i, 0UL);
                Assert.True(result is 0 or E2BIG);
                if (result == 0)
                    Interlocked.Increment(ref inserted);
            }
        });

        // A place that one thread asks for and gives back may be refused to another: nearly full is full enough, too full is not.
        Assert.InRange(inserted, 1000 - Workers, 1000);
        Assert.Equal(inserted, map.Keys<uint>().Count);
    }

    [Fact]
    public void A_host_may_use_a_map_that_another_thread_disposes()
    {
        for (int round = 0; round < 200; round++)
        {
            using MapRoom room = new();
            EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 10);
            Threads.Run(3, worker =>
            {
                if (worker == 0)
                {
                    map.Dispose();
                    return;
                }

                try
                {
                    for (uint i = 0; i < 1000; i++)
                        map.HostPut(i % 10, 1UL);
                }
                catch (ObjectDisposedException)
                {
                }
            });
        }
    }

    [Fact]
    public void Maps_inside_maps_are_replaced_under_running_programs()
    {
        using MapRoom room = new();
        Bytecode.Specs.MapSpec inner = MapRoom.Spec(MapType.Array, 4, 8, 1);
        using EmbeddedMap outer = room.Map(MapRoom.Spec(MapType.ArrayOfMaps, 4, 4, 1) with { Inner = inner });
        byte[] key = new byte[4];
        using (EmbeddedMap first = room.Map(inner))
            ((IReferenceMap)outer).HostSet(key, first);

        Threads.Run(3, worker =>
        {
            for (int i = 0; i < 3000; i++)
            {
                if (worker == 0)
                {
                    using EmbeddedMap next = room.Map(inner);
                    Assert.Equal(0, ((IReferenceMap)outer).HostSet(key, next));
                    continue;
                }

                using ExecutionSlot slot = room.Slots.Enter();
                EmbeddedMap found = EmbeddedMap.FromHandle((nint)outer.Find<byte, uint>(0u));
                ulong* value = found.Find<ulong, uint>(0u);
                *value = 5;
                Assert.Equal(5UL, *value);
            }
        });

        room.Slots.WaitForRuns();
    }

    /// <summary>No place was lost: emptied, the map takes as many as it should.</summary>
    private static void AssertHoldsItsCapacity(EmbeddedMap map, uint capacity)
    {
        foreach (uint key in map.Keys<uint>())
            Assert.Equal(0, map.Remove(key));
        for (uint key = 0; key < capacity; key++)
            Assert.Equal(0, map.Put(key, 0UL));
        Assert.Equal((int)capacity, map.Keys<uint>().Count);
    }
}
