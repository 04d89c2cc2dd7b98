using System.IO.Compression;
using System.Text;

namespace Ebpf.Platforms.Linux.Types;

/// <summary>The configuration that the running kernel was built with: <c>CONFIG_…</c> and its text.</summary>
/// <remarks>bpf_object__read_kconfig_file in libbpf.c: /boot/config-VERSION, else /proc/config.gz.</remarks>
internal static class KernelConfigFile
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>?> s_running = new(ReadRunning);

    /// <summary>The running kernel's; null where it is nowhere to be read.</summary>
    public static IReadOnlyDictionary<string, string>? Running => s_running.Value;

    /// <summary>Reads a configuration: lines <c>CONFIG_X=value</c>, all else is passed over.</summary>
    public static Dictionary<string, string> Parse(TextReader reader)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            int equals = line.IndexOf('=');
            if (equals > 0 && line.StartsWith("CONFIG_", StringComparison.Ordinal))
            {
                values[line[..equals]] = line[(equals + 1)..];
            }
        }

        return values;
    }

    private static Dictionary<string, string>? ReadRunning()
    {
        string boot = $"/boot/config-{Release()}";
        try
        {
            if (File.Exists(boot))
            {
                using StreamReader plain = File.OpenText(boot);
                return Parse(plain);
            }

            if (!File.Exists("/proc/config.gz"))
            {
                return null;
            }

            using var zipped = new StreamReader(new GZipStream(File.OpenRead("/proc/config.gz"), CompressionMode.Decompress), Encoding.UTF8);
            return Parse(zipped);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new BpfException($"the kernel's configuration cannot be read: {e.Message}", Errno.ENOENT, e);
        }
    }

    private static string Release() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
}
