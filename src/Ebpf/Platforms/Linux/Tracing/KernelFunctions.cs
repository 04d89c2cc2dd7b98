using System.Globalization;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>The functions of the running kernel that can be probed.</summary>
internal static class KernelFunctions
{
    /// <summary>The addresses of the functions that a pattern names, of modules too.</summary>
    /// <remarks>libbpf_available_kprobes_parse and libbpf_available_kallsyms_parse in libbpf.c.</remarks>
    /// <exception cref="BpfException">None matches, or the kernel's lists may not be read.</exception>
    public static ulong[] FindAddresses(string pattern)
    {
        try
        {
            string withAddresses = TraceFs.Root + "available_filter_functions_addrs";
            ulong[] found = File.Exists(withAddresses) ? [.. FromAddressList(withAddresses, pattern)] : [.. FromSymbols(pattern)];
            return found.Length > 0 ? found : throw new BpfException($"no kernel function that can be probed matches '{pattern}'", Errno.ENOENT);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"the kernel's list of functions cannot be read ({e.Message}): mount tracefs at /sys/kernel/tracing, and run as root", Errno.ENOENT, e);
        }
    }

    /// <summary>Since Linux 6.5 the kernel lists addresses and names together.</summary>
    private static IEnumerable<ulong> FromAddressList(string path, string pattern)
    {
        foreach (string line in File.ReadLines(path))
        {
            int space = line.IndexOf(' ');
            if (space > 0 && Glob.Matches(pattern, FirstWord(line.AsSpan(space + 1))) && TryHex(line.AsSpan(0, space), out ulong address))
            {
                yield return address;
            }
        }
    }

    private static IEnumerable<ulong> FromSymbols(string pattern)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(TraceFs.Root + "available_filter_functions"))
        {
            ReadOnlySpan<char> name = FirstWord(line);
            if (Glob.Matches(pattern, name))
            {
                names.Add(name.ToString());
            }
        }

        if (names.Count == 0)
        {
            yield break;
        }

        // "address type name [module]"
        foreach (string line in File.ReadLines("/proc/kallsyms"))
        {
            int space = line.IndexOf(' ');
            if (space < 0 || line.Length < space + 4)
            {
                continue;
            }

            ReadOnlySpan<char> name = FirstWord(line.AsSpan(space + 3));
            if (Glob.Matches(pattern, name) && (names.Contains(name.ToString()) || names.Contains(WithoutLlvmSuffix(name))) && TryHex(line.AsSpan(0, space), out ulong address))
            {
                yield return address;
            }
        }
    }

    /// <summary>Some kernels list a function of a link-time optimised build without its suffix, but not so in kallsyms.</summary>
    private static string WithoutLlvmSuffix(ReadOnlySpan<char> name)
    {
        int suffix = name.IndexOf(".llvm.");
        return (suffix < 0 ? name : name[..suffix]).ToString();
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny(' ', '\t');
        return end < 0 ? text : text[..end];
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number != 0;
}
