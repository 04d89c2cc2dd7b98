namespace Ebpf.Native;

/// <summary>The kernel's functions that can be traced.</summary>
internal static class TraceableFunctions
{
    /// <summary>Those that a pattern of '*' and '?' names.</summary>
    public static IEnumerable<string> Matching(string pattern)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(PerfEvents.TraceFs + "/available_filter_functions"))
        {
            // A function of a module is followed by the module's name.
            int end = line.IndexOfAny([' ', '\t']);
            string name = end < 0 ? line : line[..end];
            if (Matches(name, pattern) && seen.Add(name))
            {
                yield return name;
            }
        }
    }

    /// <remarks>glob_match in libbpf.c.</remarks>
    public static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        // Where the last '*' was, and what of the text it has taken so far.
        int star = -1, taken = 0, t = 0, p = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                taken = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++taken;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
