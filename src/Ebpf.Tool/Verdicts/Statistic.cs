using System.Globalization;

namespace Ebpf.Tool.Verdicts;

/// <summary>A column: its heading, its name in CSV files and on the command line, and how it is read and written.</summary>
/// <remarks>Names are those of the kernel's veristat, so that its CSV files and ours can be compared by either tool.</remarks>
internal sealed class Statistic
{
    private readonly string[] _names;

    private Statistic(string heading, string[] names, Func<VerdictRow, string> text, Func<VerdictRow, double>? number = null)
    {
        Heading = heading;
        _names = names;
        Text = text;
        Number = number;
    }

    public static Statistic File { get; } = new("File", ["file_name", "filename", "file"], static row => row.File);

    public static Statistic Program { get; } = new("Program", ["prog_name", "progname", "prog"], static row => row.Program);

    public static Statistic Verdict { get; } = new("Verdict", ["verdict"], static row => row.IsAccepted ? "success" : "failure", static row => row.IsAccepted ? 1 : 0) { IsText = true };

    public static Statistic Duration { get; } = Numeric("Duration (us)", static row => Math.Round(row.Microseconds), "duration", "dur");

    public static Statistic Instructions { get; } = Numeric("Insns", static row => row.Instructions, "total_insns", "insns");

    public static Statistic States { get; } = Numeric("States", static row => row.States, "total_states", "states");

    public static Statistic PeakStates { get; } = Numeric("Peak states", static row => row.PeakStates, "peak_states");

    public static Statistic Size { get; } = Numeric("Program size", static row => row.Size, "prog_size");

    public static Statistic Type { get; } = new("Program type", ["prog_type"], static row => row.Type);

    public static Statistic AttachType { get; } = new("Attach type", ["attach_type"], static row => row.AttachType);

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static Statistic[] All { get; } = [File, Program, Verdict, Duration, Instructions, States, PeakStates, Size, Type, AttachType];

    /// <summary>Those that are shown where nobody asks for others.</summary>
    public static Statistic[] Usual { get; } = [File, Program, Verdict, Duration, Instructions, States, PeakStates];

    /// <summary>The heading of a table's column.</summary>
    public string Heading { get; }

    /// <summary>The name in a CSV file.</summary>
    public string Name => _names[0];

    /// <summary>Whether the cells are words.</summary>
    public bool IsText { get; private init; }

    /// <summary>The cell of a row.</summary>
    public Func<VerdictRow, string> Text { get; }

    /// <summary>The number of a row, null for columns that are words only.</summary>
    public Func<VerdictRow, double>? Number { get; }

    /// <summary>The column of that name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static Statistic Named(string name) =>
        All.FirstOrDefault(statistic => statistic._names.Contains(name, StringComparer.OrdinalIgnoreCase))
        ?? throw new UsageException($"there is no statistic '{name}' here; there are {string.Join(", ", All.Select(static s => s._names[^1]))}");

    /// <summary>The columns of a list of names with commas between them.</summary>
    public static Statistic[] List(string names) => [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Named)];

    public int Compare(VerdictRow left, VerdictRow right) =>
        Number is { } number ? number(left).CompareTo(number(right)) : string.CompareOrdinal(Text(left), Text(right));

    private static Statistic Numeric(string heading, Func<VerdictRow, double> number, params string[] names) =>
        new(heading, names, row => number(row).ToString("0", CultureInfo.InvariantCulture), number);
}
