using System.Globalization;

namespace Ebpf.Tool.Bpftool;

/// <summary>The words of a command, one after the other. Keywords may be abbreviated.</summary>
internal sealed class Arguments(IReadOnlyList<string> words)
{
    private int _at;

    public bool IsAtEnd => _at >= words.Count;

    /// <summary>How many are left.</summary>
    public int Count => words.Count - _at;

    /// <summary>The next word, which stays.</summary>
    public string? Peek => IsAtEnd ? null : words[_at];

    public string Next() => IsAtEnd ? throw new BpftoolException("not enough arguments") : words[_at++];

    /// <summary>Takes the next word if it is an abbreviation of that one.</summary>
    public bool Take(string keyword)
    {
        bool takes = Peek is { Length: > 0 } word && keyword.StartsWith(word, StringComparison.Ordinal);
        _at += takes ? 1 : 0;
        return takes;
    }

    /// <summary>Nothing may be left.</summary>
    public void End()
    {
        if (Peek is { } word)
            throw new BpftoolException($"what is '{word}'?");
    }

    /// <summary>A number as strtoul with base 0 reads it: 10, 0x0a, 012; null where it is none.</summary>
    public static ulong? Number(string text, bool isHex = false)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex : null;
        if (isHex)
            return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bare) ? bare : null;
        if (text.Length > 1 && text[0] == '0')
            return text.All(static c => c is >= '0' and <= '7') ? text.Aggregate(0UL, static (sum, c) => (sum * 8) + (ulong)(c - '0')) : null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
    }
}
