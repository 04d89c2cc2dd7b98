namespace Ebpf.Runtime.Maps;

/// <summary>Flags of updating an element.</summary>
/// <remarks>"flags for BPF_MAP_UPDATE_ELEM command" in include/uapi/linux/bpf.h.</remarks>
internal enum ElementFlags : ulong
{
    /// <summary>Create or replace.</summary>
    Any = 0,

    /// <summary>Only create.</summary>
    NoExist = 1,

    /// <summary>Only replace; for queues and stacks: drop the oldest where it is full.</summary>
    Exist = 2,

    /// <summary>Under the value's spin lock.</summary>
    Lock = 4,
}
