using System.Text;

namespace Ebpf.CodeGen;

/// <summary>Since which Linux there is what, as numbers: a version is its major number times 256 plus its minor.</summary>
internal static class SinceTable
{
    public static IEnumerable<GeneratedFile> Generate(ModelTable model)
    {
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("namespace Ebpf.Verifier.Prototypes;\n\ninternal static partial class Since\n{\n");
        foreach ((string kind, string type) in new[] { ("helper", "HelperId"), ("map", "MapType"), ("program", "ProgramType"), ("feature", "KernelFeature") })
        {
            text.Append($"    private static ReadOnlySpan<int> {type}s =>\n    [\n");
            foreach (ModelTable.Row row in model.Rows.Where(r => r["kind"] == kind))
            {
                string[] version = row["version"].Split('.');
                text.Append($"        (int){type}.{row["name"]}, {version[0]} << 8 | {version[1]},\n");
            }
            text.Append("    ];\n\n");
        }
        text.Length--;
        text.Append("}\n");
        yield return new GeneratedFile("src/Ebpf.Verifier/Prototypes/Since.g.cs", text.ToString());
    }
}
