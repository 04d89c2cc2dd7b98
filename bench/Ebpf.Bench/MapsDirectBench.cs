using System.Diagnostics;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Bench;

/// <summary><c>maps --direct</c>: what each operation of a map costs in this process, called as helpers call it, in nanoseconds; the loop and the random key are subtracted.</summary>
internal static unsafe class MapsDirectBench
{
    private const int Operations = 512;
    private const int Rounds = 200;
    private const int Repetitions = 15;
    private const int WarmUps = 3;

    /// <summary>Measures and prints all operations.</summary>
    public static int Run()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap);
        double loop = Measure(slots, (random, _) => random.Next());
        Console.WriteLine($"{"operation",-44} {"ns/op",8}   (loop and key: {loop:f1} ns, subtracted)");

        void Row(string name, Func<KeySequence, int, long> body) => Console.WriteLine($"{name,-44} {Measure(slots, body) - loop,8:f1}");
        EmbeddedMap Map(MapType type, uint key, uint value, uint entries, MapFlags flags = 0) =>
            EmbeddedMap.Create(new MapSpec { Name = "bench", Type = type, KeySize = key, ValueSize = value, MaxEntries = entries, Flags = flags }, heap, slots);

        using (EmbeddedMap array = Map(MapType.Array, 4, 8, 1024))
        {
            Row("array look-up", (random, slot) => Find(array, random.Next() % 1024, slot));
            Row("array update", (random, slot) => Update(array, random.Next() % 1024, slot));
        }

        using (EmbeddedMap array = Map(MapType.PerCpuArray, 4, 8, 1024))
        {
            Row("per-CPU array look-up", (random, slot) => Find(array, random.Next() % 1024, slot));
            Row("per-CPU array update", (random, slot) => Update(array, random.Next() % 1024, slot));
        }

        foreach ((MapType type, string name) in new[]
        {
            (MapType.Hash, "hash"), (MapType.PerCpuHash, "per-CPU hash"), (MapType.LruHash, "LRU hash"), (MapType.LruPerCpuHash, "LRU per-CPU hash"),
        })
        {
            using EmbeddedMap hash = Map(type, 4, 8, 2048);
            for (uint key = 0; key < 1024; key++)
                Update(hash, key, 0);
            Row($"{name} look-up, hit (1 K of 2 K)", (random, slot) => Find(hash, random.Next() % 1024, slot));
            Row($"{name} look-up, miss", (random, slot) => Find(hash, 1024 + random.Next() % 1024, slot));
            Row($"{name} update", (random, slot) => Update(hash, random.Next() % 1024, slot));
            Row($"{name} insert + delete", (random, slot) =>
            {
                uint key = 5000 + random.Next() % 1024;
                return Update(hash, key, slot) + hash.Delete((byte*)&key, slot);
            });
            if (type is MapType.LruHash or MapType.LruPerCpuHash)
                Row($"{name} insert with eviction", (random, slot) => Update(hash, random.Next(), slot));
        }

        using (EmbeddedMap hash = Map(MapType.Hash, 4, 8, 2048, MapFlags.NoPrealloc))
        {
            Row("hash without preallocation, insert + delete", (random, slot) =>
            {
                uint key = random.Next() % 1024;
                return Update(hash, key, slot) + hash.Delete((byte*)&key, slot);
            });
        }

        using (EmbeddedMap hash = Map(MapType.Hash, 4, 8, 1 << 20))
        {
            for (uint key = 0; key < 1 << 20; key++)
                Update(hash, key, 0);
            Row("hash look-up, 1 M entries", (random, slot) => Find(hash, random.Next() % (1 << 20), slot));
            Row("hash update, 1 M entries", (random, slot) => Update(hash, random.Next() % (1 << 20), slot));
        }

        using (EmbeddedMap hash = Map(MapType.Hash, 16, 64, 2048))
        {
            byte* value = stackalloc byte[64];
            ulong* key = stackalloc ulong[2];
            nint keyAddress = (nint)key, valueAddress = (nint)value;
            for (key[0] = 0; key[0] < 1024; key[0]++)
                hash.Update((byte*)key, value, 0, 0);
            Row("hash look-up, 16-byte key", (random, slot) =>
            {
                *(ulong*)keyAddress = random.Next() % 1024;
                return (long)hash.Lookup((byte*)keyAddress, slot);
            });
            Row("hash update, 16-byte key, 64-byte value", (random, slot) =>
            {
                *(ulong*)keyAddress = random.Next() % 1024;
                return hash.Update((byte*)keyAddress, (byte*)valueAddress, 0, slot);
            });
        }

        using (EmbeddedMap trie = Map(MapType.LpmTrie, 8, 8, 5000, MapFlags.NoPrealloc))
        {
            for (uint i = 0; i < 4096; i++)
                Put(trie, 24UL | (ulong)(10 | (i >> 8) << 8 | (i & 255) << 16) << 32);
            for (uint i = 0; i < 16; i++)
                Put(trie, 16UL | (ulong)(10 | i << 8) << 32);
            Row("LPM trie look-up (4 K /24, 16 /16)", (random, slot) =>
            {
                ulong key = 32UL | (ulong)(10 | (random.Next() & 0xFFF0F) << 8) << 32;
                return (long)trie.Lookup((byte*)&key, slot);
            });
            Row("LPM trie update", (random, slot) => Put(trie, 24UL | (ulong)(10 | (random.Next() & 0xFF0F) << 8) << 32));
        }

        foreach (MapType type in new[] { MapType.Queue, MapType.Stack })
        {
            using EmbeddedMap queue = Map(type, 0, 8, 1024);
            Row($"{type.Text()} push + pop", (random, _) =>
            {
                ulong value = random.Next();
                return queue.Push((byte*)&value, 0) + queue.Pop((byte*)&value);
            });
        }

        using (EmbeddedMap bloom = EmbeddedMap.Create(
            new MapSpec { Name = "bench", Type = MapType.BloomFilter, KeySize = 0, ValueSize = 4, MaxEntries = 1024, Extra = 5 }, heap, slots))
        {
            for (uint value = 0; value < 512; value++)
                bloom.Push((byte*)&value, 0);
            Row("bloom filter peek, hit (5 hashes)", (random, _) =>
            {
                uint value = random.Next() % 512;
                return bloom.Peek((byte*)&value);
            });
        }

        using (RingBufferMap ring = (RingBufferMap)Map(MapType.RingBuf, 0, 0, 1 << 20))
        {
            Row("ring buffer reserve + submit, 64 B", (random, _) =>
            {
                byte* record = ring.Reserve(64, 0);
                if (record is null)
                {
                    ring.ConsumerPosition = ring.ProducerPosition;
                    return 0;
                }

                *(uint*)record = random.Next();
                RingBufferMap.Submit(record, (ulong)RingBufferFlags.NoWakeup);
                return 1;
            });
        }

        Row("entering and leaving a slot", (random, _) =>
        {
            random.Next();
            slots.Enter().Dispose();
            return 0;
        });
        return 0;
    }

    private static long Find(EmbeddedMap map, uint key, int slot) => (long)map.Lookup((byte*)&key, slot);

    private static int Update(EmbeddedMap map, uint key, int slot)
    {
        ulong value = key;
        return map.Update((byte*)&key, (byte*)&value, 0, slot);
    }

    private static int Put(EmbeddedMap trie, ulong key) => trie.Update((byte*)&key, (byte*)&key, 0, 0);

    /// <summary>The best of several repetitions, each of many runs of 512 operations: what disturbs a repetition only makes it longer.</summary>
    private static double Measure(ExecutionSlots slots, Func<KeySequence, int, long> body)
    {
        double best = double.MaxValue;
        KeySequence random = new();
        long sink = 0;
        for (int repetition = -WarmUps; repetition < Repetitions; repetition++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; round < Rounds; round++)
            {
                using ExecutionSlot slot = slots.Enter();
                for (int i = 0; i < Operations; i++)
                    sink += body(random, slot.Index);
            }

            if (repetition >= 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / (Rounds * Operations));
            else
                Thread.Sleep(120); // the compiler's second tier begins 100 ms after the last method was new
        }

        GC.KeepAlive(sink);
        return best;
    }

    /// <summary>Random keys, cheap and the same every time (xorshift).</summary>
    private sealed class KeySequence
    {
        private uint _state = 2463534242;

        public uint Next()
        {
            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            return _state;
        }
    }
}
