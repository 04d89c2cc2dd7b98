namespace Ebpf.Runtime.Maps;

/// <summary>Where an iteration over a map's elements is; it begins at its default. Valid within one run.</summary>
internal unsafe struct ElementCursor
{
    /// <summary>The key of the current element: of an array, its index, in <see cref="Index"/>.</summary>
    public byte* Key;

    /// <summary>The value of the current element.</summary>
    public byte* Value;

    /// <summary>The element itself, for hashes.</summary>
    public byte* Element;

    /// <summary>The index that comes next, or the current bucket.</summary>
    public uint Index;

    /// <summary>How many elements were visited.</summary>
    public ulong Visited;
}
