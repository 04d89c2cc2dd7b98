using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Ebpf.Runtime;
using Ebpf.Platforms.Embedded;

namespace Ebpf.Bench.Execution;

/// <summary>
/// The programs of bench/objects/execution.bpf.c in our engines, as clang compiles them for the machine, and in the kernel. Rounds of all engines
/// are interleaved; the best of a program's rounds counts (what disturbs a round only makes it longer), less that of an empty program.
/// </summary>
internal static unsafe class ExecutionBench
{
    private const int Rounds = 15;
    private const double SampleNanoseconds = 1_500_000;
    private const string Empty = "nop";

    public static int Run(string[] args)
    {
        Row.Print(Rows(args), args.Contains("-j"));
        return 0;
    }

    /// <summary>Measures; the table of all engines is printed, unless JSON is wanted.</summary>
    public static List<Row> Rows(string[] args)
    {
        string? only = args.SkipWhile(static a => a != "--only").Skip(1).FirstOrDefault();
        byte[] packet = Packet();
        byte* native = (byte*)NativeMemory.Alloc((nuint)packet.Length);
        packet.CopyTo(new Span<byte>(native, packet.Length));
        BpfObject obj = BpfObject.Open(RepositoryFiles.Path("bench", "objects", "execution.o"));
        using var compiled = new Embedded(obj, ExecutionEngine.Compiler, checks: false, packet);
        using var @checked = new Embedded(obj, ExecutionEngine.Compiler, checks: true, packet);
        using var interpreted = new Embedded(obj, ExecutionEngine.Interpreter, checks: false, packet);
        using NativePrograms? clang = NativePrograms.Build(RepositoryFiles.Path("bench", "objects", "execution.bpf.c"), native, packet.Length, out string noClang);
        using LoadedObject? kernel = LoadInKernel(obj, out string noKernel);
        if (clang is null)
            Console.Error.WriteLine($"left out: native code ({noClang})");
        if (kernel is null)
            Console.Error.WriteLine($"left out: the kernel ({noKernel})");

        List<Engine> engines = [compiled.Engine("jit"), @checked.Engine("jit, checking"), interpreted.Engine("interpreter")];
        if (clang is not null)
            engines.Add(new Engine("native", name => Timed(clang.Program(name))));
        if (kernel is not null)
            engines.Add(new Engine("kernel", name => KernelProgram(kernel.Programs[name], packet)));

        string[] names = [.. obj.Programs.Names.Where(name => name == Empty || only is null || name == only)];
        Dictionary<(string Engine, string Program), double> times = Measure(engines, names);
        NativeMemory.Free(native);
        return Report(engines, names, times, args.Contains("-j"));
    }

    private static Dictionary<(string, string), double> Measure(List<Engine> engines, string[] names)
    {
        var times = new Dictionary<(string, string), double>();
        WarmUp(engines, names[0]);
        foreach (string name in names)
        {
            Sample[] samples = [.. engines.Select(engine => engine.Program(name))];
            int[] rounds = new int[samples.Length];
            uint? result = null;
            for (int i = 0; i < samples.Length; i++)
            {
                // Warm, and as many rounds as a sample takes.
                (double once, uint value) = samples[i](200);
                result ??= value;
                if (value != result)
                    throw new InvalidOperationException($"{name}: {engines[i].Name} answers {value}, {engines[0].Name} {result}");
                rounds[i] = (int)Math.Clamp(SampleNanoseconds / Math.Max(once, 1), 20, 500_000);
            }

            List<double>[] measured = [.. samples.Select(static _ => new List<double>())];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < samples.Length; i++)
                    measured[i].Add(samples[i](rounds[i]).Nanoseconds);
            }

            for (int i = 0; i < samples.Length; i++)
            {
                times[(engines[i].Name, name)] = measured[i].Min();
            }
        }

        return times;
    }

    /// <summary>The way into machine code is managed code, which gets fast in steps, in the background.</summary>
    private static void WarmUp(List<Engine> engines, string name)
    {
        foreach (Engine engine in engines)
        {
            Sample sample = engine.Program(name);
            for (int i = 0; i < 40; i++)
                sample(1000);
            Thread.Sleep(250);
            for (int i = 0; i < 40; i++)
                sample(1000);
        }
    }

    private static List<Row> Report(List<Engine> engines, string[] names, Dictionary<(string Engine, string Program), double> times, bool asJson)
    {
        double Net(string engine, string name) => Math.Max(times[(engine, name)] - times[(engine, Empty)], 0.5);
        string[] programs = [.. names.Where(static name => name != Empty)];
        bool hasNative = engines.Exists(static e => e.Name == "native"), hasKernel = engines.Exists(static e => e.Name == "kernel");
        if (!asJson)
        {
            Console.WriteLine($"ns a run, best of {Rounds} interleaved rounds, less an empty program's ({string.Join(", ", engines.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Name} {times[(e.Name, Empty)]:0.0}")))})");
            Console.WriteLine();
            Console.WriteLine($"| program | {string.Join(" | ", engines.Select(static e => e.Name))} | {(hasNative ? "÷ native | " : "")}{(hasKernel ? "÷ kernel |" : "")}");
            Console.WriteLine($"| --- |{string.Concat(Enumerable.Repeat(" --: |", engines.Count + (hasNative ? 1 : 0) + (hasKernel ? 1 : 0)))}");
            foreach (string name in programs)
            {
                string line = $"| {name} | " + string.Join(" | ", engines.Select(e => Net(e.Name, name).ToString("0.0", CultureInfo.InvariantCulture))) + " |";
                if (hasNative)
                    line += string.Create(CultureInfo.InvariantCulture, $" {Net("jit", name) / Net("native", name):0.00} |");
                if (hasKernel)
                    line += string.Create(CultureInfo.InvariantCulture, $" {Net("jit", name) / Net("kernel", name):0.00} |");
                Console.WriteLine(line);
            }

            Console.WriteLine();
        }

        List<Row> rows = [];
        foreach ((string peer, bool present, double target) in new[] { ("native", hasNative, 1.20), ("kernel", hasKernel, 0.85) })
        {
            if (!present)
                continue;
            if (asJson)
                rows.AddRange(programs.Select(name => new Row($"{name} against {peer}", Net("jit", name), Net(peer, name), peer == "native" ? 2.0 : null)));
            double mean = Row.GeometricMean(programs.Select(name => Net("jit", name) / Net(peer, name)));
            rows.Add(new Row($"geometric mean against {peer}", mean, 1, target));
        }

        rows.Add(new Row("tested accesses: geometric mean against plain machine code", Row.GeometricMean(programs.Select(name => Net("jit, checking", name) / Net("jit", name))), 1, null));
        rows.Add(new Row("interpreter: geometric mean against machine code", Row.GeometricMean(programs.Select(name => Net("interpreter", name) / Net("jit", name))), 1, null));
        return rows;
    }

    private static Sample KernelProgram(BpfProgram program, byte[] packet) => rounds =>
    {
        RunResult result = program.Run(new RunOptions { Data = packet, Repeat = rounds });
        return (result.Nanoseconds, result.ReturnValue);
    };

    private static Sample Timed(Func<int, uint> program) => rounds =>
    {
        long start = Stopwatch.GetTimestamp();
        uint result = program(rounds);
        return (Stopwatch.GetElapsedTime(start).TotalNanoseconds / rounds, result);
    };

    private static LoadedObject? LoadInKernel(BpfObject obj, out string reason)
    {
        try
        {
            reason = "";
            return obj.Load(Platform.Linux);
        }
        catch (BpfException e)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>An IPv4 UDP packet of 1100 bytes.</summary>
    private static byte[] Packet()
    {
        byte[] packet = new byte[1100];
        for (int i = 14; i < packet.Length; i++)
            packet[i] = (byte)(i * 7);
        packet[12] = 8;
        packet[14] = 0x45;
        packet[23] = 17;
        return packet;
    }

    /// <summary>Runs a program so many times: nanoseconds of one run, and its result.</summary>
    private delegate (double Nanoseconds, uint Result) Sample(int rounds);

    private sealed record Engine(string Name, Func<string, Sample> Program);

    /// <summary>The object in our engine.</summary>
    private sealed class Embedded : IDisposable
    {
        private readonly EmbeddedPlatform _platform;
        private readonly LoadedObject _live;
        private readonly byte[] _packet;

        public Embedded(BpfObject obj, ExecutionEngine engine, bool checks, byte[] packet)
        {
            _platform = new EmbeddedPlatform(null, new ProgramOptions { Engine = engine, Checks = checks });
            _live = obj.Load(new Platform(_platform));
            _packet = packet;
        }

        public Engine Engine(string name) => new(name, program =>
        {
            EmbeddedProgram embedded = ((EmbeddedProgramHandle)_live.Programs[program].Handle).Program;
            return Timed(rounds =>
            {
                using RunSession session = embedded.Begin(new RunRequest { Data = _packet });
                ulong result = session.Execute();
                for (int i = 1; i < rounds; i++)
                    result = session.ExecuteAgain();
                return (uint)result;
            });
        });

        public void Dispose()
        {
            _live.Dispose();
            _platform.Dispose();
        }
    }
}
