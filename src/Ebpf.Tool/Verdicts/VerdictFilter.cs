using System.Globalization;
using System.IO.Enumeration;

namespace Ebpf.Tool.Verdicts;

/// <summary>
/// Which programs are wanted: <c>GLOB</c> for a file or a program, <c>FILE-GLOB/PROGRAM-GLOB</c>, a condition such as <c>insns&gt;100</c> or
/// <c>verdict==failure</c>; each can be denied by a <c>!</c> before it. A program is wanted if one of the names or none is given, no denied one fits and every condition holds.
/// </summary>
internal sealed class VerdictFilter
{
    private static readonly string[] Operators = ["==", "!=", "<>", "<=", ">=", "<", ">", "="];

    private readonly List<(string? File, string? Program, string? Either)> _allowed = [], _denied = [];
    private readonly List<(Statistic Statistic, string Operator, string Value, bool IsDenied)> _conditions = [];

    public VerdictFilter(IEnumerable<string> filters)
    {
        foreach (string filter in filters)
            Add(filter);
    }

    /// <summary>Whether a program of a file is wanted, as far as names tell.</summary>
    public bool Wants(string file, string program)
    {
        string name = Path.GetFileName(file);
        bool Fits((string? File, string? Program, string? Either) glob) => glob.Either is { } either
            ? IsLike(either, name) || IsLike(either, program)
            : IsLike(glob.File!, name) && IsLike(glob.Program!, program);
        return (_allowed.Count == 0 || _allowed.Any(Fits)) && !_denied.Any(Fits);
    }

    /// <summary>Whether a row is wanted.</summary>
    public bool Wants(VerdictRow row) => Wants(row.File, row.Program) && _conditions.All(condition => Holds(row, condition.Statistic, condition.Operator, condition.Value) != condition.IsDenied);

    private void Add(string filter)
    {
        bool isDenied = filter.StartsWith('!');
        string text = isDenied ? filter[1..] : filter;
        foreach (string operation in Operators)
        {
            int at = text.IndexOf(operation, StringComparison.Ordinal);
            if (at > 0)
            {
                _conditions.Add((Statistic.Named(text[..at].Trim()), operation, text[(at + operation.Length)..].Trim(), isDenied));
                return;
            }
        }

        if (text.Length == 0)
            throw new UsageException("a filter is GLOB, FILE-GLOB/PROGRAM-GLOB or a condition such as insns>100; '' is none");
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        (isDenied ? _denied : _allowed).Add(slash < 0 ? (null, null, text) : (text[..slash], text[(slash + 1)..], null));
    }

    private static bool IsLike(string glob, string name) => glob.Length == 0 || FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: false);

    private static bool Holds(VerdictRow row, Statistic statistic, string operation, string value)
    {
        int order;
        if (statistic.Number is { } number && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double wanted))
            order = number(row).CompareTo(wanted);
        else if (statistic.Number is null || statistic.IsText)
            order = string.CompareOrdinal(statistic.Text(row), value);
        else
            throw new UsageException($"'{value}' is not a number, and {statistic.Name} is one");
        return operation switch
        {
            "==" or "=" => order == 0,
            "!=" or "<>" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }
}
