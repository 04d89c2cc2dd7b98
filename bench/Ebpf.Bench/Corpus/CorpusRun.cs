using System.Diagnostics;
using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier;

namespace Ebpf.Bench.Corpus;

/// <summary>Verifies every program of a directory of objects, and compares with a list of what Linux and PREVAIL say.</summary>
internal sealed class CorpusRun(string directory, string? listing, string? only, bool verbose, int repeat)
{
    private static readonly ProgramType[] Guesses = [ProgramType.Xdp, ProgramType.SchedCls, ProgramType.SocketFilter];

    private readonly Dictionary<(string, string, string), string[]> _known = [];

    internal int Run()
    {
        if (listing is not null)
        {
            foreach (string line in File.ReadLines(listing).Skip(1))
            {
                string[] cells = line.Split(',');
                _known[($"{cells[0]}/{cells[1]}", cells[2], cells[3])] = cells;
            }
        }

        BtfView.TryOpenKernel(out BtfView? kernel);
        VerifierOptions options = VerifierOptions.Default with { KernelTypes = kernel, Target = VerifierTarget.Linux };
        SortedDictionary<string, int> table = new(StringComparer.Ordinal);
        SortedDictionary<string, int> reasons = new(StringComparer.Ordinal);
        long processed = 0, kernelTime = 0, kernelProcessed = 0;
        TimeSpan time = default;
        HashSet<(string, string, string)> seen = [];
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(directory, path).Replace('\\', '/');
            bool isObject = name.EndsWith(".o", StringComparison.Ordinal) || name.EndsWith(".elf", StringComparison.Ordinal) || _known.Keys.Any(k => k.Item1 == name);
            if (!isObject)
                continue;
            CorpusObject opened;
            try
            {
                opened = CorpusObject.Open(path, kernel);
            }
            catch (BpfException error)
            {
                if (verbose)
                    Console.WriteLine($"{name}: does not open: {error.Message}");
                continue;
            }

            foreach (FunctionImage program in opened.Programs.Concat(opened.LoneFunctions))
            {
                if (only is not null && !$"{name}:{program.Name}".Contains(only, StringComparison.Ordinal))
                    continue;
                string[]? cells = Find(name, program);
                if (cells is not null)
                    seen.Add((name, cells[2], cells[3]));
                string expected = cells?[5] ?? "unlisted";
                ProgramSpec spec;
                try
                {
                    spec = opened.Link(program);
                }
                catch (BpfException error)
                {
                    Count(table, $"{expected} -> does not link");
                    if (verbose)
                        Console.WriteLine($"{expected,-8} unlinked {name}:{program.Name}: {error.Message}");
                    continue;
                }

                // The kernel's column was made with a licence for objects that lost theirs.
                if (spec.License.Length == 0)
                    spec = spec with { License = "GPL" };
                VerifierOptions detailed = only is null ? options : options with { Verbose = verbose };
                if (program.IsTypeGuessed && name.Contains("xdp", StringComparison.Ordinal))
                    spec = spec with { Type = ProgramType.Xdp };
                VerificationResult result = ProgramVerifier.Verify(spec, opened.Maps, detailed);
                // A section that names no type was tried as several.
                if (program.IsTypeGuessed || spec.Type == ProgramType.Unspec)
                {
                    foreach (ProgramType type in Guesses)
                    {
                        if (result.IsAccepted)
                            break;
                        spec = spec with { Type = type };
                        result = ProgramVerifier.Verify(spec, opened.Maps, detailed);
                    }
                }

                for (int i = 1; i < repeat; i++)
                    result = ProgramVerifier.Verify(spec, opened.Maps, options);
                Count(table, $"{expected} -> {(result.IsAccepted ? "accepted" : "refused")}");
                if (result.IsAccepted && expected == "accept")
                {
                    time += result.Duration;
                    processed += result.ProcessedInstructions;
                    kernelTime += Number(cells![6]);
                    kernelProcessed += Number(cells[7]);
                    if (verbose && result.Duration.TotalMilliseconds > 20)
                        Console.WriteLine($"slow {name}:{program.Name}: {result.Duration.TotalMilliseconds:f1} ms, {result.ProcessedInstructions} processed, {result.PeakStates} states; kernel {cells[6]} us, {cells[7]}");
                }

                if (verbose && listing is null)
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}:{program.Name}: {(result.IsAccepted ? "accepted" : "refused")}, {spec.Instructions.Length} slots, {result.ProcessedInstructions} processed, {result.PeakStates} states, {result.Duration.TotalMilliseconds:f1} ms"));

                // Where Linux could not be asked, PREVAIL's answer is the one to compare with.
                bool prevail = expected == "n/a" && cells![8] == "accept";
                bool differs = (expected is "accept" or "unlisted" || prevail) && !result.IsAccepted || expected is "reject" && result.IsAccepted;
                if (result.Rejection is { } rejection)
                {
                    if (expected == "accept")
                        Count(reasons, $"{rejection.Rule}: {Shorten(rejection.Reason)}");
                    if (verbose && (differs || only is not null))
                        Console.WriteLine($"{expected,-8} refused  {name}:{program.SectionName}:{program.Name}: insn {rejection.Instruction} ({result.ProcessedInstructions}): {rejection.Rule}: {rejection.Reason}");
                    if (only is not null)
                        Console.WriteLine(result.Log);
                }
                else if (verbose && (differs || only is not null))
                {
                    Console.WriteLine($"{expected,-8} accepted {name}:{program.SectionName}:{program.Name} {program.Type} ({result.ProcessedInstructions})");
                    if (only is not null)
                        Console.WriteLine(result.Log);
                }
            }
        }

        foreach ((string reason, int count) in reasons.OrderByDescending(r => r.Value).Take(60))
            Console.WriteLine($"{count,5}  {reason}");
        foreach ((string key, int count) in table)
            Console.WriteLine($"{count,5}  {key}");
        Console.WriteLine($"{_known.Count(k => k.Value[5] == "accept" && !seen.Contains(k.Key)),5}  accept, not found here");
        if (verbose)
        {
            foreach (var key in _known.Where(k => k.Value[5] == "accept" && !seen.Contains(k.Key)).Select(k => k.Key))
                Console.WriteLine($"not found: {key}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"accepted by both: {time.TotalSeconds:f3} s, {processed} instructions, {time.TotalMicroseconds / Math.Max(processed, 1):f3} us each; kernel {kernelTime / 1e6:f3} s, {kernelProcessed} instructions"));
        return 0;
    }

    private static string Shorten(string reason) => reason.Length > 110 ? reason[..110] : reason;

    private static long Number(string cell) => double.TryParse(cell, CultureInfo.InvariantCulture, out double number) ? (long)number : 0;

    private string[]? Find(string file, FunctionImage program)
    {
        if (_known.TryGetValue((file, program.SectionName, program.Name), out string[]? cells))
            return cells;
        string[][] sameSection = [.. _known.Where(k => k.Key.Item1 == file && k.Key.Item2.TrimStart('?') == program.SectionName).Select(k => k.Value)];
        return sameSection.Length == 1 ? sameSection[0] : null;
    }

    private static void Count(SortedDictionary<string, int> table, string key) => table[key] = table.GetValueOrDefault(key) + 1;
}
