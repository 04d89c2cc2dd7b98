using System.Globalization;

namespace Ebpf.Platforms.Linux;

/// <summary>The CPUs that the machine can have: each has its values in per-CPU maps, also while it is off.</summary>
/// <remarks>libbpf_num_possible_cpus in libbpf.c.</remarks>
internal static class PossibleCpus
{
    private const string Path = "/sys/devices/system/cpu/possible";

    private static readonly Lazy<int> s_count = new(() => CountIn(File.ReadAllText(Path)));

    /// <summary>How many there are. It does not change while the machine runs.</summary>
    public static int Count => s_count.Value;

    /// <summary>Counts a list of ranges as the kernel writes it: <c>0-3,8</c>.</summary>
    public static int CountIn(string ranges)
    {
        int count = 0;
        foreach (string range in ranges.Trim().Split(','))
        {
            int dash = range.IndexOf('-');
            ReadOnlySpan<char> first = dash < 0 ? range : range.AsSpan(0, dash);
            ReadOnlySpan<char> last = dash < 0 ? range : range.AsSpan(dash + 1);
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from) ||
                !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to) || to < from)
            {
                throw new BpfException($"{Path}: '{ranges.Trim()}' is no list of CPUs", Errno.EINVAL);
            }

            count += to - from + 1;
        }

        return count;
    }
}
