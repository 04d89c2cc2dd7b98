namespace Ebpf;

/// <summary>What the kernel says of a map.</summary>
/// <remarks>struct bpf_map_info in include/uapi/linux/bpf.h (since Linux 4.13). What an older kernel does not tell is 0, "" or null.</remarks>
public sealed record MapInfo
{
    /// <summary>The kernel's number for it.</summary>
    public required uint Id { get; init; }

    /// <summary>Its type.</summary>
    public required MapType Type { get; init; }

    /// <summary>Its name, at most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes in a key.</summary>
    public required uint KeySize { get; init; }

    /// <summary>Bytes in a value, of one CPU.</summary>
    public required uint ValueSize { get; init; }

    /// <summary>Capacity in elements; bytes for a ring buffer.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>Flags of its creation.</summary>
    public MapFlags Flags { get; init; }

    /// <summary>What its type has beside flags (map_extra).</summary>
    public ulong Extra { get; init; }

    /// <summary>Bytes of memory that it holds; null where /proc does not tell.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Whether only programs can change it.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>The id of the BTF that <see cref="KeyType"/> and <see cref="ValueType"/> are in; 0 for none.</summary>
    public uint BtfId { get; init; }

    /// <summary>The type of its keys; 0 for none.</summary>
    public uint KeyType { get; init; }

    /// <summary>The type of its values; 0 for none.</summary>
    public uint ValueType { get; init; }

    /// <summary>The type of its values in the kernel's own BTF, for struct_ops; 0 for none.</summary>
    public uint KernelValueType { get; init; }

    /// <summary>PROG_ARRAY: the type of the programs in it, once it has one; null before and for other maps.</summary>
    public ProgramType? OwnerType { get; init; }

    /// <summary>PROG_ARRAY: whether the programs in it are compiled; null before it has one and for other maps.</summary>
    public bool? IsOwnerJited { get; init; }

    /// <summary>The interface that it is offloaded to; 0 for none.</summary>
    public uint OffloadInterface { get; init; }
}
