namespace Ebpf;

/// <summary>Flags of a map's creation.</summary>
/// <remarks>BPF_F_* "flags for BPF_MAP_CREATE command" in include/uapi/linux/bpf.h.</remarks>
[Flags]
public enum MapFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Elements are allocated when they are inserted.</summary>
    NoPrealloc = 1u << 0,

    /// <summary>An LRU list of its own for each CPU.</summary>
    NoCommonLru = 1u << 1,

    /// <summary>Allocate on the given NUMA node.</summary>
    NumaNode = 1u << 2,

    /// <summary>The host may only read.</summary>
    ReadOnly = 1u << 3,

    /// <summary>The host may only write.</summary>
    WriteOnly = 1u << 4,

    /// <summary>Stack traces carry build ids.</summary>
    StackBuildId = 1u << 5,

    /// <summary>The hash seed is zero, for repeatable order.</summary>
    ZeroSeed = 1u << 6,

    /// <summary>Programs may only read.</summary>
    ReadOnlyProgram = 1u << 7,

    /// <summary>Programs may only write.</summary>
    WriteOnlyProgram = 1u << 8,

    /// <summary>Socket storage is cloned to accepted sockets.</summary>
    Clone = 1u << 9,

    /// <summary>The array can be mapped into memory.</summary>
    Mmapable = 1u << 10,

    /// <summary>Perf events stay when the fd that put them there closes.</summary>
    PreserveElements = 1u << 11,

    /// <summary>Inner maps may differ in max_entries.</summary>
    InnerMap = 1u << 12,

    /// <summary>struct_ops: attach through a link.</summary>
    Link = 1u << 13,
}
