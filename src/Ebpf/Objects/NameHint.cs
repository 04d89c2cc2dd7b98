namespace Ebpf;

/// <summary>The message for a name that does not exist: the nearest one that does, and all of them.</summary>
internal static class NameHint
{
    private const int MostNamesShown = 40;

    internal static string Missing(string what, string name, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return $"there is no {what} '{name}': there are no {what}s at all";
        }

        string nearest = Nearest(name, names) is { } near ? $"; did you mean '{near}'?" : "";
        string all = string.Join(", ", names.Take(MostNamesShown)) + (names.Count > MostNamesShown ? $" … ({names.Count} in all)" : "");
        return $"there is no {what} '{name}'{nearest} ({what}s: {all})";
    }

    /// <summary>The name that the fewest edits make of the one given; null where even that one is nothing like it.</summary>
    internal static string? Nearest(string name, IReadOnlyList<string> names)
    {
        string? nearest = null;
        int best = int.MaxValue;
        foreach (string candidate in names)
        {
            int distance = candidate.Contains(name, StringComparison.OrdinalIgnoreCase) && name.Length >= 3 ? 1 : Distance(name, candidate);
            if (distance < best)
            {
                (nearest, best) = (candidate, distance);
            }
        }

        return best <= Math.Max(2, name.Length / 2) ? nearest : null;
    }

    /// <summary>Levenshtein's distance, a difference of case alone counting as nothing.</summary>
    private static int Distance(string a, string b)
    {
        // Symbol names can be as long as the file: beyond this the answer is "nothing like it" anyway.
        const int longest = 256;
        if (a.Length > longest || b.Length > longest)
        {
            return int.MaxValue;
        }

        Span<int> row = stackalloc int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                int replace = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
