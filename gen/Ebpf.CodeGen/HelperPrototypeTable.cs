using System.Text;

namespace Ebpf.CodeGen;

/// <summary>The prototypes of helpers, a table for each dialect.</summary>
internal static class HelperPrototypeTable
{
    public static GeneratedFile Generate(ModelTable model, ModelTable helpers, ProgramGroups groups)
    {
        Dictionary<string, int> order = helpers.Rows.Select((row, index) => (row["name"], index)).ToDictionary();
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("using System.Collections.Immutable;\n\nnamespace Ebpf.Verifier.Prototypes;\n\n");
        text.Append("internal static partial class HelperPrototypes\n{\n");
        foreach (string dialect in new[] { "Linux", "Windows" })
        {
            text.Append($"    private static readonly ImmutableArray<HelperPrototype> {dialect} =\n    [\n");
            foreach (ModelTable.Row row in model.Rows.Where(r => r["dialect"] == "both" || r["dialect"] == dialect.ToLowerInvariant()).OrderBy(r => order[r["helper"]]))
                text.Append($"        new(HelperId.{row["helper"]}, [{Arguments(row["arguments"])}], new({Result(row["result"])}), {Flags(row["flags"])}, {groups.Callers(row["programs"])}),\n");
            text.Append("    ];\n\n");
        }
        text.Length--;
        text.Append("}\n");
        return new GeneratedFile("src/Ebpf.Verifier/Prototypes/HelperPrototypes.g.cs", text.ToString());
    }

    private static string Arguments(string cell) =>
        cell == "-" ? "" : string.Join(", ", cell.Split(' ').Select((argument, index) => Argument(argument, index + 1)));

    private static string Argument(string cell, int register)
    {
        bool released = cell.EndsWith('!');
        string[] sized = cell.TrimEnd('!').Split('@');
        string[] parts = sized[0].Split(':');
        string kind = parts[0];
        var text = new StringBuilder($"new(ArgumentKind.{kind}");
        if (parts.Length > 1)
            text.Append(int.TryParse(parts[1], out int size) ? $", Size: {size}" : $", Type: \"{parts[1]}\"");
        if (sized.Length > 1)
            text.Append($", SizeRegister: {sized[1]}");
        else if (kind.EndsWith("Memory") && !kind.Contains("Fixed") || kind.EndsWith("MemoryOrNull"))
            text.Append($", SizeRegister: {register + 1}");
        if (released)
            text.Append(", IsReleased: true");
        return text.Append(')').ToString();
    }

    private static string Result(string cell)
    {
        string[] parts = cell.Split(':');
        return parts.Length == 1 ? $"ReturnKind.{cell}" : $"ReturnKind.{parts[0]}, \"{parts[1]}\"";
    }

    private static string Flags(string cell) =>
        cell == "-" ? "HelperFlags.None" : string.Join(" | ", cell.Split('|').Select(f => "HelperFlags." + Names.Pascal(f)));
}
