using System.Globalization;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Verdicts;

/// <summary>Verdicts as a table, and as CSV as veristat writes and reads it: a line of names, then a line a program.</summary>
internal static class VerdictCsv
{
    public static void Write(IReadOnlyList<VerdictRow> rows, IReadOnlyList<Statistic> columns, TextWriter output)
    {
        output.WriteLine(string.Join(',', columns.Select(static c => c.Name)));
        foreach (VerdictRow row in rows)
            output.WriteLine(string.Join(',', columns.Select(c => c.Text(row))));
    }

    public static void WriteTable(IReadOnlyList<VerdictRow> rows, IReadOnlyList<Statistic> columns, TextWriter output)
    {
        TextTable table = new();
        foreach (Statistic column in columns)
            table.Column(column.Heading, column.Number is not null && !column.IsText);
        foreach (VerdictRow row in rows)
            table.Row([.. columns.Select(c => c.Text(row))]);
        table.Write(output);
    }

    /// <summary>Reads a file that <see cref="Write"/>, or veristat, wrote. Columns that are not known here are passed over.</summary>
    /// <exception cref="UsageException">It is no such file; the message says which line.</exception>
    public static List<VerdictRow> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || !lines[0].Split(',').Contains("prog_name", StringComparer.Ordinal))
            throw new UsageException($"{path}: the first line does not name columns (file_name,prog_name,verdict,...)");
        string[] names = lines[0].Split(',');
        var rows = new List<VerdictRow>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Length == 0)
                continue;
            string[] cells = lines[i].Split(',');
            if (cells.Length != names.Length)
                throw new UsageException($"{path}:{i + 1}: {cells.Length} cells, where the first line names {names.Length}");
            string Cell(string name) => Array.IndexOf(names, name) is >= 0 and var at ? cells[at] : "";
            long Number(string name) => Cell(name) is { Length: > 0 } text
                ? long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : throw new UsageException($"{path}:{i + 1}: {name} is '{text}', not a number")
                : 0;
            rows.Add(new VerdictRow(
                Cell(Statistic.File.Name), Cell(Statistic.Program.Name), Cell(Statistic.Verdict.Name) == "success", Number(Statistic.Duration.Name), Number(Statistic.Instructions.Name),
                Number(Statistic.States.Name), Number(Statistic.PeakStates.Name), Number(Statistic.Size.Name), Cell(Statistic.Type.Name), Cell(Statistic.AttachType.Name)));
        }

        return rows;
    }
}
