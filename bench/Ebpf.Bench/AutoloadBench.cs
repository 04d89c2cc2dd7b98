using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ebpf.Bench;

/// <summary>
/// What it costs to load one program of an object of 64 programs and 64 maps, against loading them all: from open to loaded, warm, interleaved,
/// medians. The embedded platform asks the engine where a kernel would be asked by system calls; both are counted as calls.
/// </summary>
internal static class AutoloadBench
{
    private const int WarmUp = 200;
    private const int Rounds = 60;

    // A large load leaves the processor's caches to itself: what is asked is a warm small one, not one after a large one.
    private const int SmallLoadsARound = 8;

    public static int Run(string[] args)
    {
        string path = RepositoryFiles.Path("bench", "objects", "autoload.o");
        byte[] bytes = File.ReadAllBytes(path);
        string[] names = [.. BpfObject.Open(bytes).Programs.Names];

        var one = new Case("1 of 64", names[names.Length / 2]);
        var all = new Case("64 of 64", null);
        for (int i = 0; i < WarmUp; i++)
        {
            one.Measure(bytes, record: false);
            all.Measure(bytes, record: false);
        }
        // The slower tiers of the JIT compile in the background.
        Thread.Sleep(500);
        for (int i = 0; i < Rounds; i++)
        {
            for (int j = 0; j < SmallLoadsARound; j++)
                one.Measure(bytes, record: true);
            all.Measure(bytes, record: true);
        }

        if (args.Contains("-j"))
            PrintJson(one, all);
        else
            Print(one, all);
        return 0;
    }

    private static void Print(Case one, Case all)
    {
        Console.WriteLine($"bench/objects/autoload.o: {all.Programs} programs, {all.Instructions} instructions, {all.Maps} maps; embedded platform, UnusedMaps = Skip");
        Console.WriteLine($"medians of {Rounds} large and {Rounds * SmallLoadsARound} small loads, interleaved, after {WarmUp} of each");
        Console.WriteLine();
        Console.WriteLine($"| open to loaded | {one.Name} | {all.Name} | ratio |");
        Console.WriteLine("| --- | --: | --: | --: |");
        foreach ((string what, Func<Case, double> figure, string unit) in Figures)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {figure(one):#,0.#}{unit} | {figure(all):#,0.#}{unit} | {Ratio(figure(one), figure(all))} |"));
    }

    private static void PrintJson(Case one, Case all)
    {
        var rows = new JsonArray();
        foreach ((string what, Func<Case, double> figure, _) in Figures)
            rows.Add(new JsonObject { ["work"] = what, ["one"] = figure(one), ["all"] = figure(all), ["ratio"] = figure(one) / figure(all) });
        Console.WriteLine(new JsonObject { ["rows"] = rows }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static readonly (string What, Func<Case, double> Figure, string Unit)[] Figures =
    [
        ("time", c => c.Median(c.Microseconds), " µs"),
        ("memory held (programs and maps)", c => c.Memory / 1024.0, " KiB"),
        ("managed bytes allocated", c => c.Median(c.Allocated) / 1024.0, " KiB"),
        ("instructions verified", c => c.Verified, ""),
        ("engine calls (maps created, programs loaded)", c => c.Calls, ""),
    ];

    private static string Ratio(double one, double all) => string.Create(CultureInfo.InvariantCulture, $"1/{all / one:0.#}");

    /// <summary>One selection, and what its loads took.</summary>
    private sealed class Case(string name, string? only)
    {
        private static readonly LoadOptions Options = new() { UnusedMaps = UnusedMaps.Skip };

        public string Name => name;

        public List<double> Microseconds { get; } = [];

        public List<double> Allocated { get; } = [];

        public long Memory { get; private set; }

        public long Verified { get; private set; }

        public int Calls { get; private set; }

        public int Programs { get; private set; }

        public int Maps { get; private set; }

        public int Instructions { get; private set; }

        public void Measure(byte[] bytes, bool record)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            BpfObject obj = BpfObject.Open(bytes);
            if (only is not null)
            {
                foreach (BpfProgramSpec program in obj.Programs)
                    program.AutoLoad = program.Name == only;
            }
            using LoadedObject live = obj.Load(Options);
            TimeSpan taken = Stopwatch.GetElapsedTime(started);
            if (!record)
                return;
            Microseconds.Add(taken.TotalMicroseconds);
            Allocated.Add(GC.GetAllocatedBytesForCurrentThread() - allocated);
            LoadReport report = live.Report;
            Memory = report.MemoryBytes;
            Verified = report.VerifiedInstructions;
            Calls = report.Loaded + report.Maps.Count(m => m.IsCreated);
            (Programs, Maps, Instructions) = (obj.Programs.Count, obj.Maps.Count, obj.Programs.Sum(p => p.InstructionCount));
        }

        public double Median(List<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted[sorted.Length / 2];
        }
    }
}
