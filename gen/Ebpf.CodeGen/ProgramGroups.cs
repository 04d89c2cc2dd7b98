namespace Ebpf.CodeGen;

/// <summary>Sets of program types by name, and cells of tables that list program types and groups.</summary>
internal sealed class ProgramGroups(ModelTable groups, ModelTable types)
{
    /// <summary>The C# expression of the callers that a cell such as <c>tc Xdp Lsm(LsmCgroup)</c> means.</summary>
    public string Callers(string cell)
    {
        ulong mask = 0;
        var rules = new List<string>();
        foreach (string item in cell.Split(' '))
        {
            int bracket = item.IndexOf('(');
            if (bracket < 0)
                mask |= Mask(item);
            else
                rules.Add(Rule(item[..bracket], item[(bracket + 1)..^1]));
        }
        if (mask == ulong.MaxValue)
            return "Callers.Everyone";
        return rules.Count == 0 ? $"Callers.Of(0x{mask:x})" : $"Callers.Of(0x{mask:x}, {string.Join(", ", rules)})";
    }

    /// <summary>The program types that a cell lists.</summary>
    public IEnumerable<string> Types(string cell) => cell.Split(' ').SelectMany(Members);

    private static string Rule(string type, string attachTypes)
    {
        bool exclusion = attachTypes.StartsWith('!');
        string[] names = attachTypes.TrimStart('!').Split('|');
        return $"new AttachRule(ProgramType.{type}, {(exclusion ? "true" : "false")}, {string.Join(", ", names.Select(n => "AttachType." + n))})";
    }

    private ulong Mask(string name) => name == "every"
        ? ulong.MaxValue
        : Members(name).Aggregate(0ul, (mask, type) => mask | 1ul << Bit(Type(type)));

    /// <summary>The same bit as Callers.Bit.</summary>
    private static int Bit(ModelTable.Row type) => type.Number("linux") ?? Math.Min(40 + type.Number("windows")!.Value, 63);

    private IEnumerable<string> Members(string name) =>
        groups.Rows.FirstOrDefault(r => r["group"] == name) is { } group ? group["members"].Split(' ') : [Type(name)["name"]];

    private ModelTable.Row Type(string name) =>
        types.Rows.FirstOrDefault(r => r["name"] == name) ?? throw new InvalidDataException($"'{name}' is neither a program type nor a group of program_groups.tsv");
}
