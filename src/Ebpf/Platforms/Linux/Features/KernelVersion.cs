using System.Globalization;

namespace Ebpf.Platforms.Linux.Features;

/// <summary>The running kernel's version, as KERNEL_VERSION makes a number of it.</summary>
/// <remarks>get_kernel_version in libbpf_probes.c: Ubuntu and Debian say in uname's release not what they are made from.</remarks>
internal static class KernelVersion
{
    private static readonly Lazy<uint> s_running = new(Read);

    /// <summary>The running kernel's.</summary>
    public static uint Running => s_running.Value;

    public static uint Number(int major, int minor, int patch) => ((uint)major << 16) | ((uint)minor << 8) | (uint)Math.Min(patch, 255);

    /// <summary>The first three numbers of a text such as <c>6.1.8-1</c>; null where it begins otherwise.</summary>
    public static uint? Parse(ReadOnlySpan<char> text)
    {
        Span<int> parts = stackalloc int[3];
        for (int i = 0; i < parts.Length; i++)
        {
            int length = 0;
            while (length < text.Length && char.IsAsciiDigit(text[length]))
            {
                length++;
            }

            if (!int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out parts[i]))
            {
                return null;
            }

            text = text[length..];
            if (i < 2)
            {
                if (text is not ['.', ..])
                {
                    return null;
                }

                text = text[1..];
            }
        }

        return Number(parts[0], parts[1], parts[2]);
    }

    private static uint Read()
    {
        // "Ubuntu 5.15.0-25.25-generic 5.15.30": the last word.
        if (TryRead("/proc/version_signature") is { } signature && Parse(signature.AsSpan(signature.LastIndexOf(' ') + 1)) is { } ubuntu)
        {
            return ubuntu;
        }

        // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.8-1 (2023-01-29)".
        if (TryRead("/proc/sys/kernel/version") is { } version && version.IndexOf("Debian ", StringComparison.Ordinal) is >= 0 and int at &&
            Parse(version.AsSpan(at + "Debian ".Length)) is { } debian)
        {
            return debian;
        }

        Version release = Environment.OSVersion.Version;
        return Number(release.Major, release.Minor, Math.Max(release.Build, 0));
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).TrimEnd() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
