using System.Globalization;
using System.Text;

namespace Ebpf.Platforms.Linux.Types;

/// <summary>Addresses of kernel symbols (/proc/kallsyms), read once a load, when the first one is asked for.</summary>
internal static class KernelSymbols
{
    /// <summary>The addresses of names; a name that is not there is left out.</summary>
    /// <exception cref="BpfException">A name has several addresses, or the list cannot be read.</exception>
    /// <remarks>libbpf_kallsyms_parse and kallsyms_cb in libbpf.c.</remarks>
    public static Dictionary<string, ulong> Find(IReadOnlySet<string> names, string path = "/proc/kallsyms")
    {
        var found = new Dictionary<string, ulong>(StringComparer.Ordinal);
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> wanted = new HashSet<string>(names, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        try
        {
            using var lines = new StreamReader(path, Encoding.Latin1, false, 1 << 16);
            while (lines.ReadLine() is { } line)
            {
                // "ffffffff81000000 T _stext" or "ffffffffc0000000 t f [module]".
                int type = line.IndexOf(' ') + 1;
                if (type <= 0 || type + 2 >= line.Length)
                {
                    continue;
                }

                ReadOnlySpan<char> name = line.AsSpan(type + 2);
                int end = name.IndexOfAny('\t', ' ');
                name = end < 0 ? name : name[..end];
                if (!wanted.TryGetValue(name, out string? symbol) ||
                    !ulong.TryParse(line.AsSpan(0, type - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address))
                {
                    continue;
                }

                if (!found.TryAdd(symbol, address) && found[symbol] != address)
                {
                    throw new BpfException($"the kernel symbol '{symbol}' is ambiguous: it is at 0x{found[symbol]:x} and at 0x{address:x}", Errno.EINVAL);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"kernel symbols cannot be looked up: {e.Message}", Errno.ENOENT, e);
        }

        return found;
    }
}
