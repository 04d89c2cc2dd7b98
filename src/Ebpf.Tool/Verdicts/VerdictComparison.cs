using System.Globalization;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Verdicts;

/// <summary>Two sets of verdicts beside each other: A, B and the difference for each column.</summary>
internal sealed class VerdictComparison
{
    private readonly List<(VerdictRow? A, VerdictRow? B)> _pairs = [];
    private readonly Statistic[] _columns;

    /// <summary>Joins two sets by file and program; what is in one alone has its other half empty.</summary>
    public VerdictComparison(IEnumerable<VerdictRow> a, IEnumerable<VerdictRow> b, IEnumerable<Statistic> columns)
    {
        _columns = [.. columns.Where(static c => c != Statistic.File && c != Statistic.Program)];
        var others = new Dictionary<(string, string), VerdictRow>();
        foreach (VerdictRow row in b)
            others[(row.File, row.Program)] = row;
        foreach (VerdictRow row in a)
        {
            others.Remove((row.File, row.Program), out VerdictRow? other);
            _pairs.Add((row, other));
        }

        foreach (VerdictRow row in others.Values.Order(new VerdictOrder(null)))
            _pairs.Add((null, row));
    }

    /// <summary>Programs whose verdict is not the same in both, those missing in one not counted.</summary>
    public int ChangedVerdicts => _pairs.Count(static pair => pair is { A: { } a, B: { } b } && a.IsAccepted != b.IsAccepted);

    public void WriteTable(TextWriter output)
    {
        TextTable table = new TextTable().Column("File").Column("Program");
        foreach (Statistic column in _columns)
            table.Column(column.Heading + " (A)", !IsWord(column)).Column(column.Heading + " (B)", !IsWord(column)).Column(column.Heading + " (DIFF)", !IsWord(column));
        foreach ((VerdictRow? a, VerdictRow? b) in _pairs)
            table.Row([.. Names(a, b), .. _columns.SelectMany(column => Cells(column, a, b, "N/A"))]);
        table.Write(output);
    }

    public void WriteCsv(TextWriter output)
    {
        output.WriteLine(string.Join(',', (string[])["file_name", "prog_name", .. _columns.SelectMany(static c => new[] { c.Name + "_base", c.Name + "_comp", c.Name + "_diff" })]));
        foreach ((VerdictRow? a, VerdictRow? b) in _pairs)
            output.WriteLine(string.Join(',', (string[])[.. Names(a, b), .. _columns.SelectMany(column => Cells(column, a, b, ""))]));
    }

    private static bool IsWord(Statistic column) => column.Number is null || column.IsText;

    private static string[] Names(VerdictRow? a, VerdictRow? b) => [(a ?? b)!.File, (a ?? b)!.Program];

    private static string[] Cells(Statistic column, VerdictRow? a, VerdictRow? b, string absent)
    {
        string left = a is null ? absent : column.Text(a), right = b is null ? absent : column.Text(b);
        return [left, right, a is null || b is null ? absent : Difference(column, a, b)];
    }

    private static string Difference(Statistic column, VerdictRow a, VerdictRow b)
    {
        if (IsWord(column))
            return column.Text(a) == column.Text(b) ? "MATCH" : "MISMATCH";
        double before = column.Number!(a), after = column.Number(b), difference = after - before;
        double percent = before != 0 ? 100 * difference / before : difference == 0 ? 0 : 100;
        return string.Create(CultureInfo.InvariantCulture, $"{difference:+0;-0;+0} ({percent:+0.00;-0.00;+0.00}%)");
    }
}
