using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// What a map pointer in a program points to: the facts about a map that machine code needs to look something up by itself. Filled in at
/// creation and then left alone, so that a compiler may take any field as a constant. Layouts behind <see cref="Data"/>: docs/runtime-maps.md.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct MapHeader
{
    /// <summary>Size of the header.</summary>
    public const int Bytes = 128;

    /// <summary>Linux's number of the type.</summary>
    [FieldOffset(0)] public MapType Type;

    /// <summary>Bytes in a key.</summary>
    [FieldOffset(4)] public uint KeySize;

    /// <summary>Bytes in a value.</summary>
    [FieldOffset(8)] public uint ValueSize;

    /// <summary>Capacity; bytes of data of a ring buffer.</summary>
    [FieldOffset(12)] public uint MaxEntries;

    /// <summary>Flags of creation.</summary>
    [FieldOffset(16)] public MapFlags Flags;

    /// <summary>Array, queue, stack: bytes from one element to the next. Hash: bytes of an element.</summary>
    [FieldOffset(20)] public uint Stride;

    /// <summary>Hash: number of buckets - 1. Ring buffer: bytes of data - 1.</summary>
    [FieldOffset(24)] public uint Mask;

    /// <summary>Hash: where the key is in an element.</summary>
    [FieldOffset(28)] public uint KeyOffset;

    /// <summary>Hash: where the value (per-CPU: the pointer to slot 0's value) is in an element.</summary>
    [FieldOffset(32)] public uint ValueOffset;

    /// <summary>LRU: where the byte is that a look-up sets to 1; 0 elsewhere.</summary>
    [FieldOffset(36)] public uint ReferencedOffset;

    /// <summary>Per-CPU types: bytes from a slot's value to the same element's value of the next slot; 0 elsewhere.</summary>
    [FieldOffset(40)] public ulong SlotStride;

    /// <summary>Array: element 0 (of slot 0). Hash: bucket 0. Ring buffer: byte 0. Queue, stack: element 0. Bloom filter: bit 0.</summary>
    [FieldOffset(48)] public byte* Data;

    /// <summary>Hash, bloom filter: seed of the hash function.</summary>
    [FieldOffset(56)] public ulong Seed;

    /// <summary>A weak GCHandle of the <see cref="EmbeddedMap"/>.</summary>
    [FieldOffset(64)] public nint Owner;
}
