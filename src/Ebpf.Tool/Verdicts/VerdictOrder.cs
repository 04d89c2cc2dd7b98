namespace Ebpf.Tool.Verdicts;

/// <summary>The order of rows: <c>insns&gt;,file</c>. A name with <c>&lt;</c> or <c>^</c> behind it ascends, with <c>&gt;</c> or <c>v</c> descends; words ascend by themselves, numbers descend.</summary>
internal sealed class VerdictOrder : IComparer<VerdictRow>
{
    private readonly List<(Statistic Statistic, bool Descends)> _keys = [];

    public VerdictOrder(string? order)
    {
        foreach (string key in (order ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            bool isNamed = Statistic.All.Any(s => s.Name.Equals(key, StringComparison.OrdinalIgnoreCase));
            bool? descends = isNamed ? null : key[^1] switch { '>' or 'v' or 'V' => true, '<' or '^' => false, _ => null };
            Statistic statistic = Statistic.Named(descends is null ? key : key[..^1].TrimEnd());
            _keys.Add((statistic, descends ?? (statistic.Number is not null && !statistic.IsText)));
        }

        _keys.Add((Statistic.File, false));
        _keys.Add((Statistic.Program, false));
    }

    public int Compare(VerdictRow? left, VerdictRow? right)
    {
        foreach ((Statistic statistic, bool descends) in _keys)
        {
            int order = statistic.Compare(left!, right!);
            if (order != 0)
                return descends ? -order : order;
        }

        return 0;
    }
}
