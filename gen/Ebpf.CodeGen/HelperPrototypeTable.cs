using System.Text;

namespace Ebpf.CodeGen;

/// <summary>
/// The prototypes of helpers, a table for each dialect. They are written as numbers, which lie in the assembly as they are: as objects they would
/// have to be compiled at run time, which takes longer than a small load.
/// </summary>
internal sealed class HelperPrototypeTable(ModelTable model, ModelTable helpers, ProgramGroups groups)
{
    private readonly List<string> _types = [""], _callers = [];

    public GeneratedFile Generate()
    {
        Dictionary<string, int> order = helpers.Rows.Select((row, index) => (row["name"], index)).ToDictionary();
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("namespace Ebpf.Verifier.Prototypes;\n\n");
        text.Append("internal static partial class HelperPrototypes\n{\n");
        foreach (string dialect in new[] { "Linux", "Windows" })
        {
            text.Append($"    // Helper, its arguments (kind, size << 8, size register << 16, released << 20, type << 24), result (kind, type << 24), flags, callers: {dialect}.\n");
            text.Append($"    private static ReadOnlySpan<int> {dialect}Rows =>\n    [\n");
            foreach (ModelTable.Row row in model.Rows.Where(r => r["dialect"] == "both" || r["dialect"] == dialect.ToLowerInvariant()).OrderBy(r => order[r["helper"]]))
            {
                string[] arguments = row["arguments"] == "-" ? [] : row["arguments"].Split(' ');
                text.Append($"        (int)HelperId.{row["helper"]}");
                for (int i = 0; i < 5; i++)
                    text.Append(i < arguments.Length ? $", {Argument(arguments[i], i + 1)}" : ", -1");
                text.Append($", {Result(row["result"])}, {Flags(row["flags"])}, {Index(_callers, row["programs"])},\n");
            }
            text.Append("    ];\n\n");
        }
        text.Append($"    private static readonly string[] TypeNames = [{string.Join(", ", _types.Select(t => $"\"{t}\""))}];\n\n");
        text.Append("    private static readonly Callers[] CallerSets =\n    [\n");
        foreach (string callers in _callers)
            text.Append($"        {groups.Callers(callers)},\n");
        text.Append("    ];\n}\n");
        return new GeneratedFile("src/Ebpf.Verifier/Prototypes/HelperPrototypes.g.cs", text.ToString());
    }

    private string Argument(string cell, int register)
    {
        bool released = cell.EndsWith('!');
        string[] sized = cell.TrimEnd('!').Split('@');
        string[] parts = sized[0].Split(':');
        string kind = parts[0];
        var text = new StringBuilder($"(int)ArgumentKind.{kind}");
        if (parts.Length > 1)
            text.Append(int.TryParse(parts[1], out int size) ? $" | {size} << 8" : $" | {Index(_types, parts[1])} << 24");
        if (sized.Length > 1)
            text.Append($" | {sized[1]} << 16");
        else if (kind.EndsWith("Memory") && !kind.Contains("Fixed") || kind.EndsWith("MemoryOrNull"))
            text.Append($" | {register + 1} << 16");
        if (released)
            text.Append(" | 1 << 20");
        return text.ToString();
    }

    private string Result(string cell)
    {
        string[] parts = cell.Split(':');
        return $"(int)ReturnKind.{parts[0]}" + (parts.Length == 1 ? "" : $" | {Index(_types, parts[1])} << 24");
    }

    private static string Flags(string cell) =>
        cell == "-" ? "0" : string.Join(" | ", cell.Split('|').Select(f => "(int)HelperFlags." + Names.Pascal(f)));

    private static int Index(List<string> list, string item)
    {
        if (!list.Contains(item))
            list.Add(item);
        return list.IndexOf(item);
    }
}
