using System.Text.RegularExpressions;

namespace Ebpf.CodeGen;

/// <summary>
/// docs/errors: a page for each rule of the verifier. Its head, the id and what the rule says, is taken from Rule.cs; cause and cure are written by hand and
/// kept. A rule without a page gets a skeleton, which counts as not current until somebody fills it in.
/// </summary>
internal static partial class ErrorPages
{
    private const string Empty = "\n\n## Cause\n\n## Cure\n";

    public static IEnumerable<GeneratedFile> Generate(string root)
    {
        string rules = File.ReadAllText(Path.Combine(root, "src/Ebpf.Verifier/Diagnostics/Rule.cs"));
        var pages = new List<(string Id, string Summary)>();
        foreach (Match rule in RuleMember().Matches(rules))
        {
            string id = Capital().Replace(rule.Groups["name"].Value, static m => (m.Index > 0 ? "-" : "") + m.Value.ToLowerInvariant());
            pages.Add((id, Cref().Replace(rule.Groups["summary"].Value, "`${name}`")));
        }

        foreach ((string id, string summary) in pages)
        {
            string path = $"docs/errors/{id}.md";
            string file = Path.Combine(root, path);
            string text = File.Exists(file) ? File.ReadAllText(file) : Empty;
            int body = text.IndexOf("\n## Cause\n", StringComparison.Ordinal);
            if (body < 0)
                throw new InvalidDataException($"{path} has no heading '## Cause'");
            yield return new GeneratedFile(path, $"# {id}\n\n{summary}\n{text[body..]}");
        }

        yield return new GeneratedFile("docs/errors/README.md", Index(pages));
    }

    /// <summary>The pages that nobody has filled in yet.</summary>
    public static IEnumerable<string> Unwritten(IEnumerable<GeneratedFile> pages) =>
        pages.Where(static page => page.Text.Contains("## Cause\n\n## Cure", StringComparison.Ordinal) || page.Text.EndsWith("## Cure\n", StringComparison.Ordinal)).Select(static page => page.Path);

    private static string Index(List<(string Id, string Summary)> pages) =>
        "# Why the verifier refuses a program\n\nA page for each rule, by the id that `ebpf verify` prints: what it says, the usual cause, the cure. `ebpf explain ID` prints the page.\n\n| id | |\n| --- | --- |\n"
        + string.Concat(pages.Select(static page => $"| [{page.Id}]({page.Id}.md) | {page.Summary} |\n"));

    [GeneratedRegex(@"/// <summary>(?<summary>[^\n]*)</summary>\s*\n\s*(?<name>\w+)(?: = \d+)?,")]
    private static partial Regex RuleMember();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();

    [GeneratedRegex("<see cref=\"(?<name>[^\"]*)\"/>")]
    private static partial Regex Cref();
}
