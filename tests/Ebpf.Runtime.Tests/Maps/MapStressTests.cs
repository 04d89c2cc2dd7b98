using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>
/// Four threads of programs and two of the host on every type of map at once, for a second each (EBPF_STRESS_SECONDS for longer). Values are two halves that belong together:
/// half of one and half of another is a torn value, and one whose key is another's is memory that was used after it was freed. The heap is guarded.
/// </summary>
public unsafe class MapStressTests
{
    private const int Programs = 4, Hosts = 2;
    private const uint Keys = 64;

    // What was read, so that reading is not optimised away.
    private static long s_sink;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("EBPF_STRESS_SECONDS"), out double seconds) ? seconds : 0.5);

    [Theory]
    [InlineData(MapType.Hash, MapFlags.None)]
    [InlineData(MapType.Hash, MapFlags.NoPrealloc)]
    [InlineData(MapType.LruHash, MapFlags.None)]
    [InlineData(MapType.PerCpuHash, MapFlags.None)]
    [InlineData(MapType.LruPerCpuHash, MapFlags.None)]
    public void Elements_of_hashes_are_whole_and_their_own(MapType type, MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 8, 24, Keys, flags);
        long operations = Stress(room, (index, random, slot) =>
        {
            ulong key = (ulong)random.Next((int)Keys * 2);
            ulong* value = stackalloc ulong[3];
            (value[0], value[1]) = (key, (ulong)random.NextInt64());
            value[2] = ~value[1];
            switch (random.Next(4))
            {
                case 0: map.Delete((byte*)&key, slot); break;
                case 1: map.Update((byte*)&key, (byte*)value, 0, slot); break;
                default:
                    // What a program holds may be reused under it once the spare elements are used up, as in the kernel: it is memory of the map, and no more is promised.
                    ulong* found = (ulong*)map.Lookup((byte*)&key, slot);
                    if (found != null)
                        Interlocked.Add(ref s_sink, (long)found[2]);
                    break;
            }
        },
        (index, random) =>
        {
            ulong key = (ulong)random.Next((int)Keys * 2);
            byte[] value = new byte[map.HostValueSize];
            var keyBytes = new ReadOnlySpan<byte>(&key, sizeof(ulong));
            if (random.Next(3) == 0)
            {
                for (int i = 0; i + 24 <= value.Length; i += 24)
                    Fill(value.AsSpan(i), key, (ulong)random.NextInt64());
                map.HostUpdate(keyBytes, value);
            }
            else if (map.HostLookup(keyBytes, value) == 0 && !map.IsPerCpu)
            {
                fixed (byte* bytes = value)
                    Check(key, (ulong*)bytes);
            }
        });
        Assert.True(operations > 1000, $"only {operations} operations");
        int left = map.Keys<ulong>().Count;
        Assert.InRange(left, 0, (int)Keys);

        static void Check(ulong key, ulong* value)
        {
            Assert.Equal(key, value[0]);
            Assert.Equal(value[1], ~value[2]);
        }
    }

    [Theory]
    [InlineData(MapType.Queue)]
    [InlineData(MapType.Stack)]
    public void Nothing_is_lost_and_nothing_comes_twice_out_of_a_queue(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 16, Keys);
        long pushed = 0, popped = 0, sumIn = 0, sumOut = 0;
        Stress(room, (index, random, slot) =>
        {
            long* value = stackalloc long[2];
            if (random.Next(2) == 0)
            {
                (value[0], value[1]) = (random.NextInt64(), 0);
                value[1] = ~value[0];
                if (map.Push((byte*)value, 0) == 0)
                {
                    Interlocked.Increment(ref pushed);
                    Interlocked.Add(ref sumIn, value[0]);
                }
            }
            else if (map.Pop((byte*)value) == 0)
            {
                Assert.Equal(value[0], ~value[1]);
                Interlocked.Increment(ref popped);
                Interlocked.Add(ref sumOut, value[0]);
            }
        },
        (index, random) =>
        {
            long* value = stackalloc long[2];
            if (map.HostLookupAndDelete(default, new Span<byte>(value, 16)) == 0)
            {
                Assert.Equal(value[0], ~value[1]);
                Interlocked.Increment(ref popped);
                Interlocked.Add(ref sumOut, value[0]);
            }
        });
        long* rest = stackalloc long[2];
        while (map.Pop((byte*)rest) == 0)
        {
            popped++;
            sumOut += rest[0];
        }

        Assert.Equal(pushed, popped);
        Assert.Equal(sumIn, sumOut);
    }

    [Fact]
    public void Counters_of_arrays_lose_no_increment_and_tries_no_route()
    {
        using MapRoom room = new();
        using EmbeddedMap array = room.Map(MapType.Array, 4, 8, 4);
        using EmbeddedMap trie = room.Map(MapType.LpmTrie, 8, 16, Keys * 2, MapFlags.NoPrealloc);
        long increments = 0;
        Stress(room, (index, random, slot) =>
        {
            uint at = (uint)random.Next(4);
            Interlocked.Increment(ref *(long*)array.Lookup((byte*)&at, slot));
            Interlocked.Increment(ref increments);
            Route(trie, random, slot);
        },
        (index, random) =>
        {
            uint at = (uint)random.Next(4);
            ulong value;
            Assert.Equal(0, array.HostLookup(new ReadOnlySpan<byte>(&at, 4), new Span<byte>(&value, 8)));
        });
        long total = 0;
        for (uint i = 0; i < 4; i++)
            total += *(long*)array.Lookup((byte*)&i, 0);
        Assert.Equal(increments, total);

        static void Route(EmbeddedMap trie, Random random, int slot)
        {
            ulong key = (uint)random.Next(8, 32) | ((ulong)(uint)random.Next((int)Keys) << 56) | (10UL << 32);
            ulong* value = stackalloc ulong[2];
            value[0] = (ulong)random.NextInt64();
            value[1] = ~value[0];
            switch (random.Next(3))
            {
                case 0: trie.Update((byte*)&key, (byte*)value, 0, slot); break;
                case 1: trie.Delete((byte*)&key, slot); break;
                default: trie.Lookup((byte*)&key, slot); break;
            }
        }
    }

    [Fact]
    public void Records_of_a_ring_buffer_come_whole_and_once()
    {
        using MapRoom room = new();
        using RingBufferMap ring = (RingBufferMap)room.Map(MapType.RingBuf, 0, 0, 16384);
        long written = 0, read = 0;
        Stress(room, (index, random, slot) =>
        {
            int words = random.Next(1, 20);
            ulong* record = (ulong*)ring.Reserve((ulong)words * 8, 0);
            if (record == null)
                return;
            ulong value = (ulong)random.NextInt64();
            for (int i = 0; i < words; i++)
                record[i] = value;
            bool isKept = random.Next(8) != 0;
            if (isKept)
                Interlocked.Increment(ref written);
            if (isKept)
                RingBufferMap.Submit((byte*)record, 0);
            else
                RingBufferMap.Discard((byte*)record, 0);
        },
        (index, random) =>
        {
            if (index == 0)
                Interlocked.Add(ref read, Drain(ring));
        });
        read += Drain(ring);
        Assert.Equal(written, read);

        static long Drain(RingBufferMap ring)
        {
            long count = 0;
            while (ring.TryRead(out RingBufferLease lease))
            {
                using (lease)
                {
                    ReadOnlySpan<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(lease.Record);
                    foreach (ulong word in words)
                        Assert.Equal(words[0], word);
                    count++;
                }
            }

            return count;
        }
    }

    [Theory]
    [InlineData(MapType.DevMap)]
    [InlineData(MapType.DevMapHash)]
    [InlineData(MapType.SockMap)]
    [InlineData(MapType.SockHash)]
    public void A_target_is_one_that_the_host_put_there(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, Keys);
        var targets = (ITargetMap)map;
        Stress(room, (index, random, slot) =>
        {
            uint key = (uint)random.Next((int)Keys);
            if (targets.TryGet((byte*)&key, out ulong target) && target != key + 1)
                Assert.Fail($"target {target} under key {key}");
        },
        (index, random) =>
        {
            uint key = (uint)random.Next((int)Keys);
            if (random.Next(2) == 0)
                map.HostPut(key, key + 1UL);
            else
                map.HostRemove(key);
        });
    }

    [Fact]
    public void Storage_of_objects_keeps_each_objects_own_value()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapRoom.Spec(MapType.TaskStorage, 4, 16, 0, MapFlags.NoPrealloc) with { KeyType = 1, ValueType = 1 });
        var storage = (LocalStorageMap)map;
        Stress(room, (index, random, slot) =>
        {
            uint id = (uint)random.Next((int)Keys);
            ulong* initial = stackalloc ulong[2];
            (initial[0], initial[1]) = (id, ~(ulong)id);
            if (random.Next(4) == 0)
                storage.Remove(id);
            else
                storage.Get(id, (byte*)initial, LocalStorageMap.CreateFlag);
        },
        (index, random) =>
        {
            uint id = (uint)random.Next((int)Keys);
            if (map.HostGet(id, out (ulong, ulong) value) == 0)
                Assert.Equal((id, ~(ulong)id), value);
        });
    }

    private static void Fill(Span<byte> value, ulong key, ulong random)
    {
        BitConverter.TryWriteBytes(value, key);
        BitConverter.TryWriteBytes(value[8..], random);
        BitConverter.TryWriteBytes(value[16..], ~random);
    }

    /// <summary>Runs both until the time is over; programs enter a slot for some operations each. Answers how many operations there were.</summary>
    private static long Stress(MapRoom room, Action<int, Random, int> program, Action<int, Random> host)
    {
        long total = 0;
        long end = System.Diagnostics.Stopwatch.GetTimestamp() + (long)(s_time.TotalSeconds * System.Diagnostics.Stopwatch.Frequency);
        Threads.Run(Programs + Hosts, thread =>
        {
            var random = new Random(thread + 1);
            long operations = 0;
            while (System.Diagnostics.Stopwatch.GetTimestamp() < end)
            {
                if (thread >= Programs)
                {
                    host(thread - Programs, random);
                    operations++;
                    continue;
                }

                using ExecutionSlot slot = room.Slots.Enter();
                for (int i = 0; i < 16; i++, operations++)
                    program(thread, random, slot.Index);
            }

            Interlocked.Add(ref total, operations);
        });
        return total;
    }
}
