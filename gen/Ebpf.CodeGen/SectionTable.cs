using System.Text;

namespace Ebpf.CodeGen;

/// <summary>The SEC() names of each dialect, in order of precedence.</summary>
internal static class SectionTable
{
    public static GeneratedFile Generate(ModelTable model)
    {
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("using System.Collections.Immutable;\n\nnamespace Ebpf.Bytecode.Objects;\n\n");
        text.Append("internal static partial class SectionDefinitions\n{\n");
        foreach (string dialect in new[] { "Linux", "Windows" })
        {
            text.Append($"    private static readonly ImmutableArray<SectionDefinition> {dialect} =\n    [\n");
            foreach (ModelTable.Row row in model.Rows.Where(r => r["dialect"] == dialect.ToLowerInvariant()))
            {
                string section = row["section"];
                bool open = section.EndsWith('+');
                string attachType = row["attach_type"] == "-" ? "None" : row["attach_type"];
                string flags = row["flags"] == "-" ? "SectionFlags.None" : string.Join(" | ", row["flags"].Split('|').Select(f => "SectionFlags." + Names.Pascal(f)));
                string attach = row["attach"] == "-" ? "None" : Names.Pascal(row["attach"]);
                text.Append($"        new(\"{section.TrimEnd('+')}\", {(open ? "true" : "false")}, ProgramType.{row["program_type"]}, AttachType.{attachType}, {flags}, AutoAttachKind.{attach}),\n");
            }
            text.Append("    ];\n\n");
        }
        text.Length--;
        text.Append("}\n");
        return new GeneratedFile("src/Ebpf.Bytecode/Objects/SectionDefinitions.g.cs", text.ToString());
    }
}
