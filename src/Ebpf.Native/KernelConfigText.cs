using System.Collections.Immutable;

namespace Ebpf.Native;

/// <summary>The text of a kernel configuration, as <c>bpf_object_open_opts.kconfig</c> has it.</summary>
internal static class KernelConfigText
{
    /// <summary>Its lines <c>CONFIG_NAME=value</c>, without the quotes around text; all others mean nothing.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string? text)
    {
        if (text is null)
        {
            return ImmutableDictionary<string, string>.Empty;
        }

        var values = new Dictionary<string, string>();
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=');
            if (line.StartsWith("CONFIG_", StringComparison.Ordinal) && equals > 0)
            {
                values[line[..equals]] = line[(equals + 1)..].Trim().Trim('"');
            }
        }

        return values;
    }
}
