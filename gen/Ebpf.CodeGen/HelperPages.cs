using System.Text;
using System.Text.RegularExpressions;

namespace Ebpf.CodeGen;

/// <summary>docs/helpers.md: every helper, its prototype, who may call it, and where it is there. What the embedded platform has is read off its own table of helpers.</summary>
internal sealed partial class HelperPages(ModelTable helpers, ModelTable prototypes, string root)
{
    public GeneratedFile Generate()
    {
        HashSet<string> linux = Embedded("HelperTable.cs"), windows = [.. linux, .. Embedded("WindowsHelpers.cs")];
        // Not in the table: it is an operation of its own.
        linux.Add("TailCall");
        windows.Add("TailCall");
        var text = new StringBuilder();
        text.Append("""
            <!-- Written by gen/Ebpf.CodeGen from gen/model and the engine's tables of helpers; do not edit. -->
            # Helpers

            Arguments are what the verifier proves of R1 to R5 (`ArgumentKind` in src/Ebpf.Verifier/Prototypes); `!` gives a reference back, a number is a fixed size. What a helper answers
            on the embedded platform where it has no kernel to ask is in [runtime-engine.md](runtime-engine.md). A program that calls a helper which a platform lacks is refused there, by the helper's name.
            Programs of a host's own type have the helpers of `base`, and the host's ([hosting.md](hosting.md)).

            """);
        Section(text, "Linux", "linux", linux);
        Section(text, "eBPF for Windows", "windows", windows);
        return new GeneratedFile("docs/helpers.md", text.ToString());
    }

    private void Section(StringBuilder text, string title, string dialect, HashSet<string> embedded)
    {
        ModelTable.Row[] rows = [.. helpers.Rows.Where(h => h.Number(dialect) is not null && h["name"] != "Unspec")];
        int there = rows.Count(h => embedded.Contains(h["name"]));
        text.Append($"\n## {title}\n\n{rows.Length} helpers, {there} of them on the embedded platform.\n\n");
        text.Append("| number | helper | arguments | gives | programs | embedded |\n| --: | --- | --- | --- | --- | --- |\n");
        foreach (ModelTable.Row helper in rows.OrderBy(h => h.Number(dialect)))
        {
            ModelTable.Row[] prototype = [.. prototypes.Rows.Where(p => p["helper"] == helper["name"] && p["dialect"] is var d && (d == dialect || d == "both"))];
            string isThere = embedded.Contains(helper["name"]) ? "yes" : "–";
            if (prototype.Length == 0)
            {
                text.Append($"| {helper.Number(dialect)} | `{helper["text"]}` | – | – | none | {isThere} |\n");
                continue;
            }

            string programs = string.Join(", ", prototype.SelectMany(p => p["programs"].Split(' ')).Distinct());
            text.Append($"| {helper.Number(dialect)} | `{helper["text"]}` | {Cell(prototype[0]["arguments"])} | {Cell(prototype[0]["result"])} | {programs.Replace("|", "\\|")} | {isThere} |\n");
        }
    }

    private static string Cell(string cell) => cell == "-" ? "–" : cell.Replace(" ", ", ").Replace("|", "\\|");

    private HashSet<string> Embedded(string file) =>
        [.. Mentioned().Matches(File.ReadAllText(Path.Combine(root, "src", "Ebpf.Runtime", "Helpers", file))).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"HelperId\.(\w+)(?=[^;]*?=> &)")]
    private static partial Regex Mentioned();
}
