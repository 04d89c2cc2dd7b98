namespace Ebpf.Tests.Oracle;

/// <summary>
/// Compares with a table, case by case, and gathers what differs. A difference that is known, with its reason, is none; a known one that is not
/// there any more fails as well, so that the list tells the truth.
/// </summary>
internal sealed class Differences(string file, IReadOnlyDictionary<(string File, string Program), string> known)
{
    private readonly SortedDictionary<string, List<string>> _found = new(StringComparer.Ordinal);
    private int _cases;

    /// <summary>Compares one case; the detail explains what is actual.</summary>
    public void Expect(string program, string what, string expected, string actual, string detail = "")
    {
        _cases++;
        if (expected == actual)
        {
            return;
        }

        if (!_found.TryGetValue(program, out List<string>? list))
        {
            _found.Add(program, list = []);
        }

        list.Add($"{program} {what}: the kernel {expected}, here {actual}{(detail.Length > 0 ? ": " : "")}{detail}");
    }

    /// <summary>Fails with all that differs.</summary>
    public void Assert()
    {
        var lines = new List<string>();
        foreach ((string program, List<string> differences) in _found)
        {
            if (!known.ContainsKey((file, program)))
            {
                lines.AddRange(differences);
            }
        }

        foreach (((string knownFile, string program), string reason) in known)
        {
            if (knownFile == file && !_found.ContainsKey(program))
            {
                lines.Add($"{program}: no difference any more, though one is listed: {reason}");
            }
        }

        if (_cases == 0)
        {
            lines.Add("nothing was compared");
        }

        Xunit.Assert.True(lines.Count == 0, $"{file}: {lines.Count} of {_cases}{Environment.NewLine}{string.Join(Environment.NewLine, lines)}");
    }
}
