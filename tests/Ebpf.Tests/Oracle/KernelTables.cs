using System.Globalization;

namespace Ebpf.Tests.Oracle;

/// <summary>What Linux 6.18 and libbpf 1.8 said of the committed objects: the tables that tests/testdata/record.sh recorded.</summary>
internal static class KernelTables
{
    private static readonly Lazy<Verdict[]> LazyVerdicts = new(() =>
        [.. Rows("kernel-verdicts.tsv").Select(static f => new Verdict(f[0], f[1], f[2] == "accept" ? 0 : Number(f[2])))]);

    private static readonly Lazy<RecordedRun[]> LazyRuns = new(() =>
        [.. Rows("kernel-results.tsv").Select(static f => new RecordedRun(f[0], f[1], f[2], Number(f[3]), f[4], f[5]))]);

    private static readonly Lazy<CoreRun[]> LazyCore = new(() =>
        [.. Rows("core-results.tsv").Select(static f => new CoreRun(f[0], f[1], f[2], Number(f[3]), f[4], f[5]))]);

    private static readonly Lazy<Dictionary<string, RunInput>> LazyInputs = new(() =>
        Rows("inputs.tsv").ToDictionary(static f => f[0], static f => new RunInput(f[1] == "packet", Convert.FromHexString(f[2]))));

    /// <summary>Whether the kernel accepts each program, loaded alone.</summary>
    public static IReadOnlyList<Verdict> Verdicts => LazyVerdicts.Value;

    /// <summary>What each program answered to each input, each time freshly loaded.</summary>
    public static IReadOnlyList<RecordedRun> Runs => LazyRuns.Value;

    /// <summary>What the CO-RE programs found out about each target.</summary>
    public static IReadOnlyList<CoreRun> CoreRuns => LazyCore.Value;

    /// <summary>What programs were run with, by name.</summary>
    public static IReadOnlyDictionary<string, RunInput> Inputs => LazyInputs.Value;

    /// <summary>Opens an object with that program on, as the recorder did it.</summary>
    public static BpfObject OpenFor(string file, string program)
    {
        BpfObject obj = BpfObject.Open(TestData.Path(file));
        // A PROG_ARRAY whose initialiser names programs can be filled only if these are loaded as well.
        bool needsAll = file is "prog_array.o" or "tail_calls.o";
        foreach (BpfProgramSpec each in obj.Programs)
        {
            each.AutoLoad = each.Name == program || (needsAll && each.AutoLoad);
        }

        return obj;
    }

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(TestData.Path(file)).Where(static l => !l.StartsWith('#')).Select(static l => l.Split('\t'));

    private static int Number(string field) => int.Parse(field.Trim('(', ')'), CultureInfo.InvariantCulture);
}

/// <summary>A row of kernel-verdicts.tsv; the error is 0 where the program is accepted.</summary>
internal sealed record Verdict(string File, string Program, int Error);

/// <summary>A row of kernel-results.tsv: "=" is an unchanged packet, "-" none.</summary>
internal sealed record RecordedRun(string File, string Program, string Input, int Result, string Packet, string Context);

/// <summary>A row of core-results.tsv: the result is the load's errno where there are no answers.</summary>
internal sealed record CoreRun(string Target, string File, string Program, int Result, string Answers, string Changes);

/// <summary>A row of inputs.tsv: a packet, or the context of a program that takes none.</summary>
internal sealed record RunInput(bool IsPacket, byte[] Bytes);
