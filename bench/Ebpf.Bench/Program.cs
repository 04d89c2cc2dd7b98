// Benchmarks are commands: `dotnet run -c Release --project bench/Ebpf.Bench -- NAME`. Each prints ratios measured in one run.
using Ebpf.Bench;
using Ebpf.Bench.Corpus;
using Ebpf.Bench.Execution;
using Ebpf.Bench.LinuxLoad;

(string Name, string What, Func<string[], int> Run)[] benchmarks =
[
    ("autoload", "loading 1 of 64 programs against loading all 64 [-j]", AutoloadBench.Run),
    ("corpus", "verdicts on a folder of objects: DIRECTORY [--csv LIST] [--only TEXT] [--repeat N] [-v]", CorpusCommand.Run),
    ("verify-speed", "our verifier against the kernel's, in turn: DIRECTORY [--rounds N] [--top N]", VerifySpeedCommand.Run),
    ("selftests", "verdicts on the kernel's own tests of its verifier, compiled: DIRECTORY [--btf FILE] [--only TEXT] [-v]", SelftestCommand.Run),
    ("all", "execution and compile in one table [-j]", RunAll),
    ("compile", "the time that compiling takes [-j]", CompileBench.Run),
    ("execution", "the speed of machine code, against clang's own and the kernel's [-j] [--only NAME]", ExecutionBench.Run),
    ("linux-load", "one of 64 programs into the kernel, against libbpf, as root [--libbpf FLAGS]", LinuxLoadBench.Run),
    ("maps", "operations of maps against the kernel's [-j] [--only TEXT] [--direct]", MapsBench.Run),
];

if (args.Length == 0 || benchmarks.All(b => b.Name != args[0]))
{
    Console.WriteLine("usage: dotnet run -c Release --project bench/Ebpf.Bench -- NAME [OPTIONS]");
    foreach ((string name, string what, _) in benchmarks)
        Console.WriteLine($"  {name,-10} {what}");
    return 2;
}
return benchmarks.First(b => b.Name == args[0]).Run(args[1..]);

static int RunAll(string[] args)
{
    Row.Print([.. ExecutionBench.Rows(args), .. CompileBench.Rows()], args.Contains("-j"));
    return 0;
}
