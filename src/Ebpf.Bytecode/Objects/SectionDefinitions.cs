using System.Diagnostics.CodeAnalysis;

namespace Ebpf.Bytecode.Objects;

/// <summary>The SEC() names of each dialect, and which of them a section's name is.</summary>
internal static partial class SectionDefinitions
{
    /// <summary>What the programs of a section are, by the rules of the dialect's own loader.</summary>
    /// <param name="dialect">The object's dialect.</param>
    /// <param name="section">The section's name without a leading '?'.</param>
    /// <param name="definition">The definition that matches.</param>
    public static bool TryFind(Dialect dialect, string section, [MaybeNullWhen(false)] out SectionDefinition definition) =>
        dialect == Dialect.Windows ? TryFindLongestPrefix(Windows.AsSpan(), section, out definition) : TryFindFirst(section, out definition);

    /// <summary>
    /// What the programs of a section may be where no rule names it: libbpf before 1.0 took any name that begins like one it knows
    /// (<c>xdp_prog</c>, <c>socket1</c>, <c>tc/tail</c>). Linux's dialect only.
    /// </summary>
    public static bool TryFindAsOldLibbpf(string section, [MaybeNullWhen(false)] out SectionDefinition definition) =>
        TryFindLongestPrefix(Linux.AsSpan(), section, out definition);

    /// <summary>What follows the definition's name and a slash: a function, a tracepoint, a hook; null where the definition takes nothing, or there is nothing.</summary>
    public static string? AttachTarget(in SectionDefinition definition, string section) =>
        definition.TakesRest && section.Length > definition.Name.Length + 1 && section[definition.Name.Length] == '/'
            ? section[(definition.Name.Length + 1)..]
            : null;

    /// <remarks>sec_def_matches in libbpf.c: the whole name, or for definitions that take a rest the name and a slash; the first that matches wins.</remarks>
    private static bool TryFindFirst(string section, out SectionDefinition definition)
    {
        foreach (ref readonly SectionDefinition candidate in Linux.AsSpan())
        {
            if (section.StartsWith(candidate.Name, StringComparison.Ordinal)
                && (section.Length == candidate.Name.Length || (candidate.TakesRest && section[candidate.Name.Length] == '/')))
            {
                definition = candidate;
                return true;
            }
        }

        definition = default;
        return false;
    }

    private static bool TryFindLongestPrefix(ReadOnlySpan<SectionDefinition> definitions, string section, out SectionDefinition definition)
    {
        definition = default;
        bool found = false;
        foreach (ref readonly SectionDefinition candidate in definitions)
        {
            if (section.StartsWith(candidate.Name, StringComparison.Ordinal) && (!found || candidate.Name.Length > definition.Name.Length))
            {
                definition = candidate;
                found = true;
            }
        }

        return found;
    }
}
