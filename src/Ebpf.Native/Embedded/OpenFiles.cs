using System.Globalization;

namespace Ebpf.Native.Embedded;

/// <summary>How many descriptors of this process there are for each open file, at one moment.</summary>
internal sealed class OpenFiles
{
    private readonly Dictionary<(ulong, ulong), int> _counts = [];

    public OpenFiles()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int fd) && Os.Identity(fd) is { } file)
            {
                _counts[file] = _counts.GetValueOrDefault(file) + 1;
            }
        }
    }

    public int Count((ulong, ulong) file) => _counts.GetValueOrDefault(file);
}
