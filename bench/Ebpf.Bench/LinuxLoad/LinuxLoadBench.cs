using System.Diagnostics;
using System.Globalization;

namespace Ebpf.Bench.LinuxLoad;

/// <summary>
/// <c>linux-load</c>: one program of an object of 64 programs and 64 maps into the kernel, against libbpf: bpf(2) calls of a first load, and CPU and time of
/// warm ones, in turns, means of at least 200. Published ahead of time is what counts; compiled while it runs is shown beside it.
/// </summary>
internal static class LinuxLoadBench
{
    private const int WarmUp = 60;
    private const int Rounds = 10;
    private const int LoadsARound = 30;
    private const string Program = "program_040";

    public static int Run(string[] args)
    {
        string obj = RepositoryFiles.Path("bench", "objects", "autoload.o");
        string folder = Directory.CreateTempSubdirectory("ebpf-bench-").FullName;
        try
        {
            string peer = Path.Combine(folder, "libbpf_load");
            // Another libbpf than the system's: --libbpf "-I… …/libbpf.a".
            string[] library = args.SkipWhile(static a => a != "--libbpf").Skip(1).FirstOrDefault()?.Split(' ') ?? ["-lbpf"];
            Do("gcc", ["-O2", "-o", peer, RepositoryFiles.Path("bench", "Ebpf.Bench", "LinuxLoad", "libbpf_load.c"), .. library, "-lelf", "-lz"]);
            string project = RepositoryFiles.Path("bench", "Ebpf.Bench.LoadWorker");
            Do("dotnet", ["publish", project, "-c", "Release", "--use-current-runtime", "-o", folder, "-v", "quiet", "--nologo"]);
            Do("dotnet", ["build", project, "-c", "Release", "-v", "quiet", "--nologo"]);
            string jitted = Path.Combine(project, "bin", "Release", "net10.0", "Ebpf.Bench.LoadWorker.dll");
            string native = Path.Combine(folder, "Ebpf.Bench.LoadWorker");

            using var libbpf = new Worker("libbpf", peer, obj, Program);
            using var ours = new Worker("Ebpf, ahead of time", native, obj, Program);
            using var skipping = new Worker("… UnusedMaps = Skip", native, obj, Program, "skip");
            using var compiled = new Worker("Ebpf, JIT", "dotnet", jitted, obj, Program);
            Worker[] all = [libbpf, ours, skipping, compiled];
            foreach (Worker worker in all)
                worker.CountCalls();
            foreach (Worker worker in all)
                worker.Load(WarmUp, isWarmUp: true);
            for (int round = 0; round < Rounds; round++)
            {
                foreach (Worker worker in all)
                    worker.Load(LoadsARound);
            }

            Print(all);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(Worker[] all)
    {
        Console.WriteLine($"bench/objects/autoload.o: 64 programs and 64 maps, {Program} on; means of {Rounds * LoadsARound} loads in turns of {LoadsARound}, after {WarmUp}");
        Console.WriteLine();
        Console.WriteLine("| open to loaded | bpf(2) calls | of them maps | programs | user-mode CPU | kernel CPU | time |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
        foreach (Worker worker in all)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {worker.Name} | {worker.Calls.Values.Sum()} | {worker.Calls.GetValueOrDefault("MAP_CREATE")} | {worker.Calls.GetValueOrDefault("PROG_LOAD")} | {worker.User:f0} µs ({worker.User / all[0].User:f2}) | {worker.Kernel:f0} µs | {worker.Wall:f0} µs ({worker.Wall / all[0].Wall:f2}) |"));
        }
    }

    private static void Do(string program, string[] arguments)
    {
        using Process process = System.Diagnostics.Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} exited {process.ExitCode}: it takes gcc and libbpf-dev, strace, and the .NET SDK with its native tool chain");
    }
}
