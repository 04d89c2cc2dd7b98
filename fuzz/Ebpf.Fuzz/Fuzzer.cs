using System.Diagnostics;
using System.Globalization;
using Ebpf.Fuzz.Targets;

namespace Ebpf.Fuzz;

/// <summary>What a fuzzer found.</summary>
internal sealed record Finding(long Iteration, byte[] Input, string What);

/// <summary>
/// Runs a target on one input after the other, and watches it: no exception but <see cref="BpfException"/>, no step of more than 64 MiB of
/// allocation or one second.
/// </summary>
internal sealed class Fuzzer(IFuzzTarget target, FuzzOptions options)
{
    private const long MostBytes = 64 << 20;
    private const long ProgressEvery = 100_000;

    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(1);

    public long Inputs { get; private set; }

    /// <summary>Inputs whose first step was not refused: if there are none, the mutations break too much.</summary>
    public long Accepted { get; private set; }

    public long MostAllocated { get; private set; }

    public TimeSpan Slowest { get; private set; }

    /// <summary>Runs as long as the options say, or until something is found.</summary>
    public Finding? Run()
    {
        var clock = Stopwatch.StartNew();
        for (long i = options.From; i - options.From < options.Iterations && clock.Elapsed < options.Time; i++)
        {
            byte[] input = target.Generate(new Random(HashCode(options.Seed, i)));
            if (options.Keeps)
                File.WriteAllBytes($"fuzz-{target.Name}-current.bin", input);
            if (Try(input) is string what)
                return new Finding(i, input, what);
            if ((i + 1) % ProgressEvery == 0)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {i + 1} after {clock.Elapsed.TotalSeconds:f0} s, {Accepted} accepted"));
        }

        return null;
    }

    /// <summary>Runs one input.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public string? Try(byte[] input)
    {
        Inputs++;
        var steps = new Steps(this);
        try
        {
            target.Run(input, steps);
            if (steps.IsOpened)
                Accepted++;
            return steps.Complaint;
        }
        catch (Exception e)
        {
            return $"{steps.Current}: {e}";
        }
    }

    // Not System.HashCode, which gives other values in every process.
    private static int HashCode(int seed, long iteration)
    {
        ulong x = (ulong)iteration * 0x9e3779b97f4a7c15 + (uint)seed;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return (int)(x ^ (x >> 31));
    }

    /// <summary>Watches each step for itself.</summary>
    private sealed class Steps(Fuzzer fuzzer) : ISteps
    {
        private int _done;

        public bool IsOpened { get; private set; }

        public string? Complaint { get; private set; }

        public string Current { get; private set; } = "";

        public bool Do(string name, Action step)
        {
            Current = name;
            bool accepted = Watch(step, out long bytes, out TimeSpan time);
            fuzzer.MostAllocated = Math.Max(fuzzer.MostAllocated, bytes);
            fuzzer.Slowest = time > fuzzer.Slowest ? time : fuzzer.Slowest;
            IsOpened |= accepted && _done++ == 0;
            if (bytes > MostBytes)
                Complaint ??= string.Create(CultureInfo.InvariantCulture, $"{name} allocated {bytes} bytes, more than {MostBytes}");
            if (time > s_mostTime)
                Complaint ??= string.Create(CultureInfo.InvariantCulture, $"{name} took {time.TotalMilliseconds:f0} ms, more than {s_mostTime.TotalMilliseconds:f0}");
            return accepted;
        }

        private static bool Watch(Action step, out long bytes, out TimeSpan time)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = ThreadClock.Now;
            bool accepted = true;
            try
            {
                step();
            }
            catch (BpfException)
            {
                accepted = false;
            }

            time = ThreadClock.Now - start;
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            return accepted;
        }
    }
}
