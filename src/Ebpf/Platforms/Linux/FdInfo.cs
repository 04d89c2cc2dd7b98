using System.Globalization;

namespace Ebpf.Platforms.Linux;

/// <summary>What /proc tells about a descriptor of a program, map or link, beyond what bpf(2) does.</summary>
internal static class FdInfo
{
    /// <summary>What sort of object it is: "bpf-map", "bpf-prog", "bpf_link"; null where it cannot be told.</summary>
    public static string? Kind(int descriptor) =>
        new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget is ['a', 'n', 'o', 'n', '_', 'i', 'n', 'o', 'd', 'e', ':', .. string kind] ? kind : null;

    /// <summary>A number in /proc/self/fdinfo, such as "memlock" or "frozen"; null where there is none.</summary>
    public static long? Number(int descriptor, string key)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/self/fdinfo/{descriptor}");
        }
        catch (IOException)
        {
            // Without /proc there is nothing to be told; the figure is not known then.
            return null;
        }

        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key) && line.Length > key.Length && line[key.Length] == ':' &&
                long.TryParse(line[(key.Length + 1)..].Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value))
            {
                return value;
            }
        }

        return null;
    }
}
