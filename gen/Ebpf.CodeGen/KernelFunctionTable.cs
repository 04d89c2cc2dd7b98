using System.Text;

namespace Ebpf.CodeGen;

/// <summary>The kernel functions that programs may call, by name.</summary>
internal static class KernelFunctionTable
{
    public static GeneratedFile Generate(ModelTable model, ProgramGroups groups)
    {
        var callers = new List<string>();
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("namespace Ebpf.Verifier.Prototypes;\n\n");
        text.Append("internal static partial class KernelFunctions\n{\n");
        text.Append("    private static ReadOnlySpan<char> Names =>\n");
        ModelTable.Row[] rows = [.. model.Rows.OrderBy(r => r["function"], StringComparer.Ordinal)];
        text.AppendJoin(" +\n", rows.Select(r => $"        \"{r["function"]}\\n\"")).Append(";\n\n");
        text.Append("    // Flags, callers.\n    private static ReadOnlySpan<int> Rows =>\n    [\n");
        foreach (ModelTable.Row row in rows)
        {
            string flags = row["flags"] == "-" ? "0" : string.Join(" | ", row["flags"].Split('|').Select(f => "(int)KernelFunctionFlags." + Names.Pascal(f)));
            if (!callers.Contains(row["programs"]))
                callers.Add(row["programs"]);
            text.Append($"        {flags}, {callers.IndexOf(row["programs"])},\n");
        }
        text.Append("    ];\n\n    private static readonly Callers[] CallerSets =\n    [\n");
        foreach (string set in callers)
            text.Append($"        {groups.Callers(set)},\n");
        text.Append("    ];\n}\n");
        return new GeneratedFile("src/Ebpf.Verifier/Prototypes/KernelFunctions.g.cs", text.ToString());
    }
}
