using System.Text;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>The stable id of a rule: its name in kebab case.</summary>
public static class RuleId
{
    /// <summary>The id of a rule, e.g. <c>packet-access</c>: what tools print and docs/errors has a page for.</summary>
    public static string Id(this Rule rule) => KebabCase(rule.ToString());

    /// <summary>PascalCase as kebab-case.</summary>
    internal static string KebabCase(string name)
    {
        var id = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && id.Length > 0)
                id.Append('-');
            id.Append(char.ToLowerInvariant(letter));
        }

        return id.ToString();
    }
}
