using System.Text;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf;

/// <summary>The stable id of a verifier rule: its name in kebab case.</summary>
internal static class RuleId
{
    internal static string Of(Rule rule)
    {
        string name = rule.ToString();
        var id = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && id.Length > 0)
            {
                id.Append('-');
            }

            id.Append(char.ToLowerInvariant(letter));
        }

        return id.ToString();
    }
}
