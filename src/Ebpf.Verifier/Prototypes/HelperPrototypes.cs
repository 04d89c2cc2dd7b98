using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>The prototypes of all helpers, by dialect, program type and attach type.</summary>
internal static partial class HelperPrototypes
{
    // Rows of one helper stand together; the index holds where they begin. Helper numbers above it (Windows, library functions) are few.
    private const int Indexed = 256;

    private static readonly short[] LinuxIndex, WindowsIndex;

    // In a constructor: the tables are initialised in another file, in no defined order with this one.
    static HelperPrototypes()
    {
        LinuxIndex = Index(Linux);
        WindowsIndex = Index(Windows);
    }

    /// <summary>All rows of a dialect, those of one helper together.</summary>
    public static ImmutableArray<HelperPrototype> All(Dialect dialect) => dialect == Dialect.Windows ? Windows : Linux;

    /// <summary>The usual prototype of a helper; null where the dialect has no such helper.</summary>
    public static HelperPrototype? Find(HelperId id, Dialect dialect = Dialect.Linux)
    {
        int row = FirstRow(id, dialect);
        return row < 0 ? null : All(dialect)[row];
    }

    /// <summary>The prototype that a program sees; null where it may not call the helper.</summary>
    public static HelperPrototype? Find(HelperId id, ProgramType type, AttachType attachType, Dialect dialect = Dialect.Linux)
    {
        ImmutableArray<HelperPrototype> all = All(dialect);
        for (int row = FirstRow(id, dialect); row >= 0 && row < all.Length && all[row].Id == id; row++)
        {
            if (all[row].Callers.Include(type, attachType))
                return all[row];
        }
        return null;
    }

    /// <summary>Whether a program may call a helper, and in words why not.</summary>
    public static bool IsAllowed(HelperId id, ProgramType type, AttachType attachType, Dialect dialect, out string reason)
    {
        reason = "";
        if (Find(id, type, attachType, dialect) is not null)
            return true;
        if (Find(id, dialect) is null)
            reason = $"there is no helper {id.Text()} in the {dialect} dialect";
        else if (All(dialect).Any(p => p.Id == id && p.Callers.Include(type)))
            reason = $"{type.Text()} programs may call {id.Text()} only with other attach types than {attachType.Text()}";
        else
            reason = $"{type.Text()} programs may not call {id.Text()}; {CallersInWords(id, dialect)} may";
        return false;
    }

    private static string CallersInWords(HelperId id, Dialect dialect) =>
        string.Join(", ", Enum.GetValues<ProgramType>().Where(t => t.Number(dialect) is not null && All(dialect).Any(p => p.Id == id && p.Callers.Include(t))).Select(t => t.Text()));

    private static int FirstRow(HelperId id, Dialect dialect)
    {
        short[] index = dialect == Dialect.Windows ? WindowsIndex : LinuxIndex;
        if ((uint)id < Indexed)
            return index[(int)id];
        ImmutableArray<HelperPrototype> all = All(dialect);
        for (int row = 0; row < all.Length; row++)
        {
            if (all[row].Id == id)
                return row;
        }
        return -1;
    }

    private static short[] Index(ImmutableArray<HelperPrototype> rows)
    {
        short[] index = new short[Indexed];
        Array.Fill(index, (short)-1);
        for (int row = rows.Length - 1; row >= 0; row--)
        {
            if ((uint)rows[row].Id < Indexed)
                index[(int)rows[row].Id] = (short)row;
        }
        return index;
    }
}
