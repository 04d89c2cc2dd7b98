using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>The prototypes of all helpers, by dialect, program type and attach type.</summary>
internal static partial class HelperPrototypes
{
    // Rows of one helper stand together; the index holds where they begin. Helper numbers above it (Windows, library functions) are few.
    private const int Indexed = 256;

    // A row of the generated tables: helper, five arguments, result, flags, callers.
    private const int RowLength = 9;

    private static readonly ImmutableArray<HelperPrototype> Linux, Windows;
    private static readonly short[] LinuxIndex, WindowsIndex;

    // In a constructor: what it reads is initialised in another file, in no defined order with this one.
    static HelperPrototypes()
    {
        Linux = Read(LinuxRows);
        Windows = Read(WindowsRows);
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

    private static ImmutableArray<HelperPrototype> Read(ReadOnlySpan<int> rows)
    {
        ImmutableArray<HelperPrototype>.Builder prototypes = ImmutableArray.CreateBuilder<HelperPrototype>(rows.Length / RowLength);
        for (; !rows.IsEmpty; rows = rows[RowLength..])
        {
            ReadOnlySpan<int> cells = rows[1..6];
            int count = cells.IndexOf(-1);
            Span<Argument> arguments = new Argument[count < 0 ? cells.Length : count];
            for (int i = 0; i < arguments.Length; i++)
                arguments[i] = new((ArgumentKind)(byte)cells[i], (byte)(cells[i] >> 8), TypeName(cells[i]), (byte)(cells[i] >> 16 & 0xf), (cells[i] >> 20 & 1) != 0);
            var result = new Result((ReturnKind)(byte)rows[6], TypeName(rows[6]));
            prototypes.Add(new((HelperId)rows[0], [.. arguments], result, (HelperFlags)rows[7], CallerSets[rows[8]]));
        }
        return prototypes.MoveToImmutable();
    }

    private static string? TypeName(int cell) => cell >> 24 is > 0 and int type ? TypeNames[type] : null;

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
