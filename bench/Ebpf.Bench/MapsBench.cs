using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ebpf.Bench;

/// <summary>
/// <c>maps</c>: what each operation of a map costs a program, here and in the kernel: the same object, the same programs, interleaved in one run; the
/// loop around the operation is measured beside it and subtracted on both sides. Without root only our own figures are printed.
/// </summary>
internal static class MapsBench
{
    private const int Operations = 512;
    private const int Rounds = 9;
    private const int WarmUps = 5;
    private const double NanosecondsASample = 4e6;

    private static readonly Row[] s_rows =
    [
        new("array look-up", "array_lookup", 1.0),
        new("array update", "array_update", 0.8),
        new("per-CPU array look-up", "percpu_array_lookup", 1.0),
        new("per-CPU array update", "percpu_array_update", 0.8),
        new("hash look-up, hit", "hash_hit", 0.5),
        new("hash look-up, miss", "hash_miss", 0.8),
        new("hash update", "hash_update", 0.8),
        new("hash insert + delete", "hash_insert_delete", 0.8),
        new("per-CPU hash look-up", "percpu_hash_hit", 0.5),
        new("per-CPU hash update", "percpu_hash_update", 0.8),
        new("LRU hash look-up, hit", "lru_hit", 0.5),
        new("LRU hash update", "lru_update", 0.8),
        new("LRU hash insert with eviction", "lru_evict", 0.8),
        new("LPM trie look-up", "lpm_lookup", 0.8),
        new("queue push + pop", "queue_push_pop", 0.8),
        new("ring buffer reserve + submit, 64 B", "ringbuf_reserve_submit", 0.8),
        new("look-up in an array in a hash of maps", "map_in_map_lookup", 0.8),
        new("global variable ++", "global_increment", 1.0),
    ];

    private static readonly string[] s_large = ["array_lookup", "hash_hit", "hash_update", "lru_hit"];

    /// <summary>Measures and prints all operations.</summary>
    public static int Run(string[] args)
    {
        if (args.Contains("--direct"))
            return MapsDirectBench.Run();
        string? only = args.SkipWhile(a => a != "--only").Skip(1).FirstOrDefault();
        bool hasKernel = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;
        List<Result> results = [];
        foreach (int threads in (int[])[1, 2])
        {
            using var small = new Bed(1024, hasKernel);
            results.AddRange(s_rows.Where(r => Wanted(r, only)).Select(r => small.Measure(r with { Work = $"{r.Work}, 1 K entries{Threads(threads)}" }, threads)));
            using var large = new Bed(1 << 20, hasKernel);
            results.AddRange(s_rows.Where(r => Wanted(r, only) && s_large.Contains(r.Program)).Select(r => large.Measure(r with { Work = $"{r.Work}, 1 M entries{Threads(threads)}" }, threads)));
        }

        if (only is null)
            results.Add(Memory(hasKernel));
        if (args.Contains("-j"))
            PrintJson(results);
        else
            Print(results, hasKernel);
        return 0;
    }

    private static bool Wanted(Row row, string? only) => only is null || row.Program.Contains(only, StringComparison.Ordinal);

    private static string Threads(int threads) => threads == 1 ? "" : $", {threads} threads";

    /// <summary>Bytes of a full map of a million entries, as each side counts them.</summary>
    private static Result Memory(bool hasKernel)
    {
        double Bytes(Platform platform)
        {
            BpfObject obj = Bed.Open(1 << 20);
            obj.Maps["hash"].KeySize = obj.Maps["hash"].ValueSize = 8;
            foreach (BpfProgramSpec program in obj.Programs)
                program.AutoLoad = false;
            using LoadedObject live = obj.Load(platform);
            return live.Maps["hash"].MemoryBytes;
        }

        return new Result("bytes of a hash of 1 M entries of 8 + 8 bytes", Bytes(Platform.Embedded), hasKernel ? Bytes(Platform.Linux) : null, 1.0);
    }

    private static void Print(List<Result> results, bool hasKernel)
    {
        Console.WriteLine($"ns an operation, median of {Rounds} rounds, both sides interleaved; the loop around it subtracted on both sides");
        if (!hasKernel)
            Console.WriteLine("the kernel is left out: bpf(2) takes root");
        Console.WriteLine();
        Console.WriteLine("| operation | here | kernel | ratio | target |");
        Console.WriteLine("| --- | --: | --: | --: | --: |");
        foreach (Result result in results)
        {
            string ratio = result.Ratio is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";
            string peer = result.Peer is { } ns ? ns.ToString("#,0.0", CultureInfo.InvariantCulture) : "–";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {result.Work} | {result.Ours:#,0.0} | {peer} | {ratio}{(result.Ratio > result.Target ? " !" : "")} | {result.Target:0.0} |"));
        }
    }

    private static void PrintJson(List<Result> results)
    {
        var rows = new JsonArray();
        foreach (Result result in results)
            rows.Add(new JsonObject { ["work"] = result.Work, ["ours"] = result.Ours, ["peer"] = result.Peer, ["ratio"] = result.Ratio, ["target"] = result.Target });
        Console.WriteLine(new JsonObject { ["rows"] = rows }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private sealed record Row(string Work, string Program, double Target);

    private sealed record Result(string Work, double Ours, double? Peer, double Target)
    {
        public double? Ratio => Peer is > 0.05 ? Math.Max(Ours, 0) / Peer : null;
    }

    /// <summary>The object, loaded here and in the kernel, with its maps full.</summary>
    private sealed class Bed : IDisposable
    {
        private const uint RingBytes = 16 << 20, RecordBytes = 72;

        private readonly LoadedObject _ours;
        private readonly LoadedObject? _kernel;

        public Bed(uint entries, bool hasKernel)
        {
            _ours = Load(entries, Platform.Embedded);
            _kernel = hasKernel ? Load(entries, Platform.Linux) : null;
        }

        public static BpfObject Open(uint entries)
        {
            BpfObject obj = BpfObject.Open(RepositoryFiles.Path("bench", "objects", "maps.o"));
            obj.Variables["mask"].Set(entries - 1);
            foreach (string name in (string[])["array", "percpu_array"])
                obj.Maps[name].MaxEntries = entries;
            // Room for keys that come and go; a million is a full map.
            foreach (string name in (string[])["hash", "percpu_hash", "lru_hash"])
                obj.Maps[name].MaxEntries = entries <= 1024 ? 2 * entries : entries;
            obj.Maps["ring"].MaxEntries = RingBytes;
            return obj;
        }

        public Result Measure(Row row, int threads)
        {
            string loop = row.Program is "queue_push_pop" or "ringbuf_reserve_submit" or "global_increment" or "lpm_lookup" ? "loop" : "loop_key";
            List<double> ours = [], ourLoop = [], kernel = [], kernelLoop = [];
            for (int round = -WarmUps; round < Rounds; round++)
            {
                if (round < 0)
                    Thread.Sleep(150); // the second tier of .NET's compiler begins 100 ms after the last method was new
                Sample(_ours, loop, threads, ourLoop, round);
                Sample(_ours, row.Program, threads, ours, round);
                if (_kernel is null)
                    continue;
                Sample(_kernel, loop, threads, kernelLoop, round);
                Sample(_kernel, row.Program, threads, kernel, round);
            }

            return new Result(row.Work, Median(ours) - Median(ourLoop), _kernel is null ? null : Median(kernel) - Median(kernelLoop), row.Target);
        }

        public void Dispose()
        {
            _ours.Dispose();
            _kernel?.Dispose();
        }

        private static void Sample(LoadedObject live, string program, int threads, List<double> samples, int round)
        {
            bool isRing = program == "ringbuf_reserve_submit";
            double once = live.Programs[program].Run(new RunOptions { Repeat = 4 }).Nanoseconds;
            int repeat = (int)Math.Clamp(NanosecondsASample / Math.Max(once, 1), 4, isRing ? RingBytes / RecordBytes / Operations / threads - 8 : 20_000);
            double[] times = new double[threads];
            if (threads == 1)
            {
                times[0] = live.Programs[program].Run(new RunOptions { Repeat = repeat }).Nanoseconds;
            }
            else
            {
                using var start = new Barrier(threads);
                Thread[] workers = [.. Enumerable.Range(0, threads).Select(i => new Thread(() =>
                {
                    start.SignalAndWait();
                    times[i] = live.Programs[program].Run(new RunOptions { Repeat = repeat }).Nanoseconds;
                }))];
                foreach (Thread worker in workers)
                    worker.Start();
                foreach (Thread worker in workers)
                    worker.Join();
            }

            if (isRing)
                Drain(live);
            if (round >= 0)
                samples.Add(times.Average() / Operations);
        }

        private static void Drain(LoadedObject live)
        {
            using RingBufferBatch batch = new RingBufferReader(live.Maps["ring"]).Lease();
            while (batch.MoveNext())
            {
            }
        }

        private static LoadedObject Load(uint entries, Platform platform)
        {
            LoadedObject live = Open(entries).Load(platform);
            foreach (string name in (string[])["hash", "lru_hash", "percpu_hash"])
            {
                BpfMap map = live.Maps[name];
                byte[] value = new byte[map.HostValueSize];
                for (uint key = 0; key < entries; key++)
                    map.Update(BpfMap.Key(key), value);
            }

            byte[] route = new byte[8], target = new byte[8];
            for (uint i = 0; i < 4096 + 16; i++)
            {
                bool isLong = i < 4096;
                (route[0], route[4], route[5], route[6]) = isLong ? ((byte)24, (byte)10, (byte)(i >> 8), (byte)i) : ((byte)16, (byte)10, (byte)(i - 4096), (byte)0);
                live.Maps["trie"].Update(route, target);
            }

            return live;
        }

        private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
