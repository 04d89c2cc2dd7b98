using System.Globalization;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>Files of the kernel that hold one number.</summary>
internal static class SysFile
{
    /// <summary>Reads the number behind a prefix; false where the file is not there, may not be read, or holds something else.</summary>
    public static bool TryReadNumber(string path, string prefix, out ulong number)
    {
        number = 0;
        try
        {
            string text = File.ReadAllText(path).Trim();
            return text.StartsWith(prefix, StringComparison.Ordinal)
                && ulong.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
