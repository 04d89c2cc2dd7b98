using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Ebpf.Bench.LinuxLoad;

/// <summary>A process that loads objects when it is told to, warm since the first time, and what its loads took.</summary>
internal sealed partial class Worker : IDisposable
{
    private readonly string[] _command;
    private readonly Process _process;
    private readonly List<(double User, double Kernel, double Wall)> _rounds = [];

    public Worker(string name, params string[] command)
    {
        Name = name;
        _command = command;
        _process = Start(command);
    }

    public string Name { get; }

    /// <summary>bpf(2) calls of the first load of a process, by command.</summary>
    public IReadOnlyDictionary<string, int> Calls { get; private set; } = new Dictionary<string, int>();

    public double User => _rounds.Average(static r => r.User);

    public double Kernel => _rounds.Average(static r => r.Kernel);

    public double Wall => _rounds.Average(static r => r.Wall);

    /// <summary>Loads so often, and keeps the means of this round.</summary>
    public void Load(int times, bool isWarmUp = false)
    {
        (double, double, double) round = Ask(_process, times);
        if (!isWarmUp)
            _rounds.Add(round);
    }

    /// <summary>Counts the calls of one load with strace, in a process of its own.</summary>
    public void CountCalls()
    {
        string trace = Path.GetTempFileName();
        try
        {
            using Process traced = Start(["strace", "-f", "-qq", "-e", "trace=bpf", "-e", "signal=none", "-o", trace, .. _command]);
            Ask(traced, 1);
            traced.StandardInput.Close();
            traced.WaitForExit();
            Calls = File.ReadLines(trace).Select(static l => Call().Match(l)).Where(static m => m.Success).CountBy(static m => m.Groups[1].Value).ToDictionary();
        }
        finally
        {
            File.Delete(trace);
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static (double, double, double) Ask(Process process, int times)
    {
        process.StandardInput.WriteLine(times);
        process.StandardInput.Flush();
        string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{process.StartInfo.FileName} failed: see above");
        double[] figures = [.. line.Split(' ').Select(static f => double.Parse(f, CultureInfo.InvariantCulture))];
        return (figures[0], figures[1], figures[2]);
    }

    private static Process Start(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    [GeneratedRegex(@"bpf\(BPF_(\w+)")]
    private static partial Regex Call();
}
