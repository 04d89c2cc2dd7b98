namespace Ebpf;

/// <summary>A key and its value, copied out of a map.</summary>
public readonly record struct BpfMapEntry(byte[] Key, byte[] Value);

public sealed partial class BpfMap
{
    /// <summary>The keys that are there now.</summary>
    /// <remarks>Others may change the map meanwhile: a key that is there all the time is found once; one that comes or goes may be found or not.</remarks>
    public IReadOnlyList<byte[]> Keys()
    {
        var keys = new List<byte[]>();
        // When the key that was found last is deleted by another, the walk begins again at the first key: those seen before are passed over.
        var seen = new HashSet<byte[]>(KeyComparer.Instance);
        byte[] key = [];
        int revisits = 0;
        while (true)
        {
            byte[] next = new byte[KeySize];
            Errno errno = Handle.NextKey(key, next);
            if (errno == Errno.ENOENT)
            {
                return keys;
            }

            Require(errno, "walk the keys of");
            if (seen.Add(next))
            {
                keys.Add(next);
                revisits = 0;
            }
            else if (++revisits > (long)keys.Count + MaxEntries)
            {
                throw new BpfException($"map '{Name}' changes faster than its keys can be walked: try again", Errno.EBUSY);
            }

            key = next;
        }
    }

    /// <summary>
    /// Keys and values. Keys are those at the beginning; ones that are deleted before they are reached may be left out. On Linux many are read in
    /// one system call, where the type has it.
    /// </summary>
    public IEnumerable<BpfMapEntry> Entries()
    {
        var entries = new List<BpfMapEntry>();
        if (KeySize > 0 && TryReadBatches(delete: false, entries.Add))
        {
            foreach (BpfMapEntry entry in entries)
            {
                yield return entry;
            }

            yield break;
        }

        foreach (byte[] key in Keys())
        {
            byte[] value = new byte[HostValueSize];
            if (TryLookup(key, value))
            {
                yield return new BpfMapEntry(key, value);
            }
        }
    }

    /// <summary>How many keys there are now.</summary>
    public int Count() => Keys().Count;

    private sealed class KeyComparer : IEqualityComparer<byte[]>
    {
        public static KeyComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key)
        {
            var hash = new HashCode();
            hash.AddBytes(key);
            return hash.ToHashCode();
        }
    }
}
