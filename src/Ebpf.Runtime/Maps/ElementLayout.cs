using Ebpf.Bytecode.Specs;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// Where things are in an element of a hash: the next element (8 bytes), the hash (4), state (4; LRU: byte 0 is 1 while the element is linked,
/// byte 1 is set by look-ups), LRU only: the pool's link (8), the key, the value or, per CPU, the pointer to slot 0's value. Key and value start
/// at multiples of 8.
/// </summary>
internal readonly record struct ElementLayout
{
    /// <summary>Where the hash is.</summary>
    public const uint HashOffset = 8;

    /// <summary>LRU: where the byte is that is 1 while the element is linked.</summary>
    public const uint LinkedOffset = 12;

    /// <summary>LRU: where the byte is that look-ups set.</summary>
    public const uint ReferencedOffset = 13;

    public ElementLayout(MapSpec spec)
    {
        IsLru = spec.Type is MapType.LruHash or MapType.LruPerCpuHash;
        IsPerCpu = spec.Type is MapType.PerCpuHash or MapType.LruPerCpuHash;
        // An element that waits in the pool needs its hash no more; but in an LRU map, its state is looked at even then.
        LinkOffset = IsLru ? 16u : HashOffset;
        KeyOffset = IsLru ? 24u : 16u;
        ValueOffset = KeyOffset + ((spec.KeySize + 7) & ~7u);
        ValueStride = (spec.ValueSize + 7) & ~7u;
        Stride = ValueOffset + (IsPerCpu ? 8 : ValueStride);
    }

    /// <summary>Whether elements are evicted.</summary>
    public bool IsLru { get; }

    /// <summary>Whether the element holds a pointer to values.</summary>
    public bool IsPerCpu { get; }

    /// <summary>Where the pool links elements that wait.</summary>
    public uint LinkOffset { get; }

    /// <summary>Where the key is.</summary>
    public uint KeyOffset { get; }

    /// <summary>Where the value, or the pointer to it, is.</summary>
    public uint ValueOffset { get; }

    /// <summary>Bytes of a value, rounded up.</summary>
    public uint ValueStride { get; }

    /// <summary>Bytes of an element.</summary>
    public uint Stride { get; }
}
