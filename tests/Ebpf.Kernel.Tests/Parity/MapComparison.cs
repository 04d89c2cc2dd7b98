namespace Ebpf.Kernel.Tests.Parity;

/// <summary>Compares a map of the kernel with the same map of the embedded platform, as far as both promise the same.</summary>
internal static class MapComparison
{
    /// <summary>What differs, or null: elements as a set. Of LRU maps which elements stay is not promised, only what those have that stay.</summary>
    public static string? Difference(BpfMap kernel, BpfMap embedded) => kernel.Type switch
    {
        MapType.Array or MapType.Hash or MapType.PerCpuArray or MapType.PerCpuHash or MapType.LpmTrie => Elements(kernel, embedded, isWhole: true),
        MapType.LruHash or MapType.LruPerCpuHash => Elements(kernel, embedded, isWhole: false),
        MapType.HashOfMaps or MapType.ArrayOfMaps or MapType.ProgArray => Keys(kernel, embedded),
        _ => null,
    };

    /// <summary>What differs in maps that are emptied by looking, or null: queues, stacks and ring buffers, in order.</summary>
    public static string? DrainedDifference(BpfMap kernel, BpfMap embedded) => kernel.Type switch
    {
        MapType.Queue or MapType.Stack => Sequence(Popped(kernel), Popped(embedded)),
        MapType.RingBuf => Sequence(Read(kernel), Read(embedded)),
        _ => null,
    };

    private static string? Elements(BpfMap kernel, BpfMap embedded, bool isWhole)
    {
        Dictionary<string, string> there = Contents(kernel), here = Contents(embedded);
        foreach ((string key, string value) in there)
        {
            if (here.TryGetValue(key, out string? other) ? other != value : isWhole)
            {
                return $"key {key}: the kernel has {value}, the embedded platform {other ?? "none"}";
            }
        }

        return isWhole && here.Keys.FirstOrDefault(k => !there.ContainsKey(k)) is { } more ? $"key {more}: only the embedded platform has it"
            : !isWhole && here.Count > embedded.MaxEntries ? $"{here.Count} elements of {embedded.MaxEntries}"
            : null;
    }

    private static string? Keys(BpfMap kernel, BpfMap embedded)
    {
        HashSet<string> there = [.. Contents(kernel).Keys], here = [.. Contents(embedded).Keys];
        return there.SetEquals(here) ? null : $"keys {string.Join(' ', there.Order())}, the embedded platform {string.Join(' ', here.Order())}";
    }

    private static Dictionary<string, string> Contents(BpfMap map) => map.Entries().ToDictionary(
        static e => Convert.ToHexStringLower(e.Key),
        e => Convert.ToHexStringLower(map.IsPerCpu ? e.Value.AsSpan(0, map.ValueSize) : e.Value));

    private static List<string> Popped(BpfMap map)
    {
        var all = new List<string>();
        byte[] value = new byte[map.ValueSize];
        while (map.TryPop(value))
        {
            all.Add(Convert.ToHexStringLower(value));
        }

        return all;
    }

    private static List<string> Read(BpfMap map)
    {
        var reader = new RingBufferReader(map);
        var all = new List<string>();
        while (reader.TryRead() is { } record)
        {
            all.Add(Convert.ToHexStringLower(record));
        }

        return all;
    }

    private static string? Sequence(List<string> kernel, List<string> embedded) => kernel.SequenceEqual(embedded) ? null
        : $"the kernel has {string.Join(' ', kernel)}, the embedded platform {string.Join(' ', embedded)}";
}
