using System.CommandLine;
using Ebpf.Tool.Verdicts;

namespace Ebpf.Tool.Commands;

/// <summary>What is shown of verdicts, in which order and form: the options of the kernel's veristat.</summary>
internal sealed class StatisticsOptions
{
    private readonly Option<string?> _emit = new("--emit", "-e") { Description = "Columns to show: file,prog,verdict,duration,insns,states,peak_states,prog_size,prog_type,attach_type.", HelpName = "LIST" };

    private readonly Option<string?> _sort = new("--sort", "-s") { Description = "Order of rows: column names with commas between them, each with < (up) or > (down) behind it.", HelpName = "LIST" };

    private readonly Option<string?> _format = new("--output", "-o") { Description = "Form: table or csv.", HelpName = "table|csv" };

    private readonly Option<string[]> _filter = new("--filter", "-f")
    {
        Description = "Only these: GLOB, FILE-GLOB/PROGRAM-GLOB, or a condition such as insns>100; ! before it denies. Can be given several times.", HelpName = "FILTER", DefaultValueFactory = _ => [],
    };

    private readonly Option<int> _top = new("--top", "-n") { Description = "Only so many rows.", HelpName = "N" };

    private readonly Option<bool> _compare = new("--compare", "-C") { Description = "Compare two CSV files that -o csv, or veristat, wrote. FILE FILE are those." };

    private readonly Option<bool> _replay = new("--replay", "-R") { Description = "Show a CSV file again. FILE is that." };

    public StatisticsOptions(Command command)
    {
        _format.AcceptOnlyFromAmong("table", "csv");
        foreach (Option option in (Option[])[_emit, _sort, _format, _filter, _top, _compare, _replay])
            command.Options.Add(option);
    }

    /// <summary>Whether the rows come from CSV files.</summary>
    public bool IsReplay(ParseResult parsed) => parsed.GetValue(_compare) || parsed.GetValue(_replay);

    /// <summary>Whether a table of statistics is asked for.</summary>
    public bool Wanted(ParseResult parsed) =>
        parsed.GetValue(_emit) is not null || parsed.GetValue(_sort) is not null || parsed.GetValue(_format) is not null || parsed.GetValue(_top) > 0;

    public VerdictFilter Filter(ParseResult parsed) => new(parsed.GetValue(_filter)!);

    /// <summary>Shows rows.</summary>
    public void Print(ParseResult parsed, IEnumerable<VerdictRow> rows, TextWriter output)
    {
        List<VerdictRow> shown = Chosen(parsed, rows);
        if (IsCsv(parsed))
        {
            VerdictCsv.Write(shown, Columns(parsed), output);
            return;
        }

        VerdictCsv.WriteTable(shown, Columns(parsed), output);
        output.WriteLine($"Done. Processed {shown.Select(static r => r.File).Distinct().Count()} files, {shown.Count} programs; {shown.Count(static r => r.IsAccepted)} accepted, {shown.Count(static r => !r.IsAccepted)} refused.");
    }

    /// <summary>Shows one CSV file again, or compares two. The exit code says whether verdicts differ.</summary>
    public int Replay(ParseResult parsed, string[] files, TextWriter output)
    {
        int needed = parsed.GetValue(_compare) ? 2 : 1;
        if (files.Length != needed)
            throw new UsageException(needed == 2 ? "-C compares two CSV files: ebpf verify -C BASE.csv OTHER.csv" : "-R shows one CSV file: ebpf verify -R FILE.csv");
        if (needed == 1)
        {
            Print(parsed, VerdictCsv.Read(files[0]), output);
            return ExitCode.Success;
        }

        VerdictFilter filter = Filter(parsed);
        var comparison = new VerdictComparison(
            Chosen(parsed, VerdictCsv.Read(files[0])), VerdictCsv.Read(files[1]).Where(filter.Wants), parsed.GetValue(_emit) is null ? [Statistic.Verdict, Statistic.Duration, Statistic.Instructions, Statistic.States] : Columns(parsed));
        if (IsCsv(parsed))
            comparison.WriteCsv(output);
        else
            comparison.WriteTable(output);
        return comparison.ChangedVerdicts == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private bool IsCsv(ParseResult parsed) => parsed.GetValue(_format) == "csv";

    private Statistic[] Columns(ParseResult parsed) => parsed.GetValue(_emit) is { } names ? Statistic.List(names) : Statistic.Usual;

    private List<VerdictRow> Chosen(ParseResult parsed, IEnumerable<VerdictRow> rows)
    {
        VerdictFilter filter = Filter(parsed);
        IEnumerable<VerdictRow> sorted = rows.Where(filter.Wants).Order(new VerdictOrder(parsed.GetValue(_sort)));
        return [.. parsed.GetValue(_top) is > 0 and var top ? sorted.Take(top) : sorted];
    }
}
