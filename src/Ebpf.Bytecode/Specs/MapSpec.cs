using System.Collections.Immutable;

namespace Ebpf.Bytecode.Specs;

/// <summary>A map as a platform is asked to create it: final sizes, resolved inner map, initial contents. Immutable.</summary>
public sealed record MapSpec
{
    /// <summary>The map's name in the object.</summary>
    public required string Name { get; init; }

    /// <summary>The type, in Linux's numbering whatever the dialect.</summary>
    public required MapType Type { get; init; }

    /// <summary>Bytes in a key; 0 for queues, stacks and ring buffers.</summary>
    public required uint KeySize { get; init; }

    /// <summary>Bytes in a value (of one CPU).</summary>
    public required uint ValueSize { get; init; }

    /// <summary>Capacity in elements; bytes for a ring buffer.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>Flags of creation.</summary>
    public MapFlags Flags { get; init; }

    /// <summary>NUMA node, where <see cref="MapFlags.NumaNode"/> is set.</summary>
    public uint NumaNode { get; init; }

    /// <summary>Type-specific extra (bloom filter's hash count, arena address).</summary>
    public ulong Extra { get; init; }

    /// <summary>The dialect whose rules the map follows.</summary>
    public Dialect Dialect { get; init; }

    /// <summary>The template of inner maps, for arrays and hashes of maps.</summary>
    public MapSpec? Inner { get; init; }

    /// <summary>The type information that <see cref="KeyType"/> and <see cref="ValueType"/> refer to; null where the object has none.</summary>
    public Btf.BtfView? Types { get; init; }

    /// <summary>BTF id of the key's type, 0 where unknown.</summary>
    public uint KeyType { get; init; }

    /// <summary>BTF id of the value's type, 0 where unknown.</summary>
    public uint ValueType { get; init; }

    /// <summary>Initial bytes of the only value of a global-data map, or of a table of functions (struct_ops) in the object's own layout; empty for every other map.</summary>
    public ReadOnlyMemory<byte> InitialData { get; init; }

    /// <summary>Whether the contents are final once the object is loaded (.rodata): the verifier may take its bytes as constants.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Whether the loader made this map for global data (.data, .rodata, .bss, .kconfig).</summary>
    public bool IsInternal { get; init; }

    /// <summary>Memory of the caller's for the elements of an array; null where the platform takes its own.</summary>
    internal MapStorage? Storage { get; init; }
}
