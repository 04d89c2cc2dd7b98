using System.Globalization;
using Ebpf.Fuzz.Targets;

namespace Ebpf.Fuzz;

/// <summary>The fuzzers' command line: <c>TARGET [--iterations N] [--seed S] [--from N] [--seconds T] [--keep 1]</c>, <c>replay TARGET FILE</c>, and <c>list</c>.</summary>
internal static class CommandLine
{
    private const int Fine = 0, Found = 1, WrongUsage = 2;

    public static int Run(string[] args)
    {
        try
        {
            return args switch
            {
                ["list"] => List(),
                ["replay", string target, string file] => Replay(Registry.Find(target), file),
                [string target, .. string[] options] => Fuzz(Registry.Find(target), FuzzOptions.Parse(options)),
                _ => throw new FormatException("which target?"),
            };
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine($"""
                usage: TARGET [--iterations N] [--seed S] [--from N] [--seconds T] [--keep 1]
                       replay TARGET FILE
                       list
                targets: {string.Join(' ', Registry.All.Select(t => t.Name))}
                """);
            return WrongUsage;
        }
    }

    private static int List()
    {
        foreach (IFuzzTarget target in Registry.All)
            Console.WriteLine(target.Name);
        return Fine;
    }

    private static int Fuzz(IFuzzTarget target, FuzzOptions options)
    {
        var fuzzer = new Fuzzer(target, options);
        Finding? finding = fuzzer.Run();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {fuzzer.Inputs} inputs ({fuzzer.Accepted} accepted) with seed {options.Seed} from {options.From} on, most allocated {fuzzer.MostAllocated} bytes, slowest {fuzzer.Slowest.TotalMilliseconds:f0} ms"));
        if (finding is null)
            return Fine;

        string file = Path.GetFullPath($"fuzz-{target.Name}-{options.Seed}-{finding.Iteration}.bin");
        File.WriteAllBytes(file, finding.Input);
        Console.Error.WriteLine($"{target.Name}: {finding.What}");
        Console.Error.WriteLine($"the input is in {file}; to run it again: dotnet run -c Release --project fuzz/Ebpf.Fuzz -- replay {target.Name} {file}");
        return Found;
    }

    private static int Replay(IFuzzTarget target, string file)
    {
        string? what = new Fuzzer(target, new FuzzOptions()).Try(File.ReadAllBytes(file));
        Console.WriteLine(what ?? $"{target.Name}: nothing wrong with {file}");
        return what is null ? Fine : Found;
    }
}
