using System.Collections.Immutable;

namespace Ebpf;

/// <summary>Kinds of links.</summary>
/// <remarks>enum bpf_link_type in include/uapi/linux/bpf.h; the numbers are the kernel's.</remarks>
public enum LinkType
{
    /// <summary>A kind that this library does not know.</summary>
    Unspecified = 0,

    /// <summary>Raw tracepoint.</summary>
    RawTracepoint = 1,

    /// <summary>fentry, fexit, fmod_ret, tp_btf, LSM, freplace.</summary>
    Tracing = 2,

    /// <summary>Control group.</summary>
    Cgroup = 3,

    /// <summary>Iterator.</summary>
    Iterator = 4,

    /// <summary>Network namespace.</summary>
    NetworkNamespace = 5,

    /// <summary>XDP.</summary>
    Xdp = 6,

    /// <summary>Perf event: kprobe, uprobe, tracepoint, counter.</summary>
    PerfEvent = 7,

    /// <summary>Many kernel functions.</summary>
    KprobeMulti = 8,

    /// <summary>struct_ops.</summary>
    StructOps = 9,

    /// <summary>Netfilter.</summary>
    Netfilter = 10,

    /// <summary>tcx.</summary>
    Tcx = 11,

    /// <summary>Many places of a user program.</summary>
    UprobeMulti = 12,

    /// <summary>netkit.</summary>
    Netkit = 13,

    /// <summary>Map of sockets.</summary>
    SockMap = 14,

    /// <summary>Many kernel functions, found by BTF.</summary>
    TracingMulti = 15,
}

/// <summary>What the kernel says of a link: here what all kinds have, in subtypes what one kind has.</summary>
/// <remarks>struct bpf_link_info in include/uapi/linux/bpf.h. What an older kernel does not tell is 0, "" or empty.</remarks>
public record LinkInfo
{
    /// <summary>The kernel's number for it.</summary>
    public required uint Id { get; init; }

    /// <summary>Its kind.</summary>
    public required LinkType Type { get; init; }

    /// <summary>The id of its program; 0 for struct_ops.</summary>
    public required uint ProgramId { get; init; }
}

/// <summary>A link at a raw tracepoint.</summary>
public sealed record RawTracepointLinkInfo : LinkInfo
{
    /// <summary>The tracepoint.</summary>
    public required string Name { get; init; }

    /// <summary>What bpf_get_attach_cookie answers.</summary>
    public ulong Cookie { get; init; }
}

/// <summary>A link at what BTF names.</summary>
public sealed record TracingLinkInfo : LinkInfo
{
    /// <summary>How it is attached.</summary>
    public required AttachType AttachType { get; init; }

    /// <summary>The id of the program that is replaced in, for freplace; else of the BTF object.</summary>
    public uint TargetObjectId { get; init; }

    /// <summary>The function's id in BTF.</summary>
    public uint TargetBtfId { get; init; }

    /// <summary>What bpf_get_attach_cookie answers.</summary>
    public ulong Cookie { get; init; }
}

/// <summary>A link at a control group.</summary>
public sealed record CgroupLinkInfo : LinkInfo
{
    /// <summary>The group's id: its inode. 0 where the group is gone.</summary>
    public required ulong CgroupId { get; init; }

    /// <summary>How it is attached.</summary>
    public required AttachType AttachType { get; init; }
}

/// <summary>An iterator's link.</summary>
public sealed record IteratorLinkInfo : LinkInfo
{
    /// <summary>What it goes over: <c>task</c>, <c>bpf_map</c>, …</summary>
    public required string Target { get; init; }

    /// <summary>The map; 0 where it goes over none.</summary>
    public uint MapId { get; init; }

    /// <summary>The control group's id; 0 where it goes over none.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>The way that it goes over control groups; null where it goes over none.</summary>
    public CgroupIteratorOrder? CgroupOrder { get; init; }

    /// <summary>The thread; 0 for all.</summary>
    public uint ThreadId { get; init; }

    /// <summary>The process; 0 for all.</summary>
    public uint ProcessId { get; init; }
}

/// <summary>A link at a network namespace.</summary>
public sealed record NetworkNamespaceLinkInfo : LinkInfo
{
    /// <summary>The namespace's inode; 0 where it is gone.</summary>
    public required uint NamespaceInode { get; init; }

    /// <summary>How it is attached.</summary>
    public required AttachType AttachType { get; init; }
}

/// <summary>A link at an interface: XDP, tcx, netkit.</summary>
public sealed record DeviceLinkInfo : LinkInfo
{
    /// <summary>The interface's index; 0 where it is gone.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>How it is attached.</summary>
    public required AttachType AttachType { get; init; }
}

/// <summary>A link at a map of sockets.</summary>
public sealed record SockMapLinkInfo : LinkInfo
{
    /// <summary>The map; 0 where it is gone.</summary>
    public required uint MapId { get; init; }

    /// <summary>How it is attached.</summary>
    public required AttachType AttachType { get; init; }
}

/// <summary>A link of struct_ops.</summary>
public sealed record StructOpsLinkInfo : LinkInfo
{
    /// <summary>The map that holds the functions.</summary>
    public required uint MapId { get; init; }
}

/// <summary>A link at a netfilter hook.</summary>
public sealed record NetfilterLinkInfo : LinkInfo
{
    /// <summary>Where it stands.</summary>
    public required NetfilterOptions Hook { get; init; }
}

/// <summary>A link at many kernel functions.</summary>
public sealed record KprobeMultiLinkInfo : LinkInfo
{
    /// <summary>The functions' addresses; 0 where they may not be seen (kernel.kptr_restrict).</summary>
    public ImmutableArray<ulong> Addresses { get; init; } = [];

    /// <summary>What bpf_get_attach_cookie answers for each; empty where none was given.</summary>
    public ImmutableArray<ulong> Cookies { get; init; } = [];

    /// <summary>Whether it is at returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Runs that were missed.</summary>
    public ulong Missed { get; init; }
}

/// <summary>A link at many places of a user program.</summary>
public sealed record UprobeMultiLinkInfo : LinkInfo
{
    /// <summary>The program's file.</summary>
    public string Path { get; init; } = "";

    /// <summary>The places in it.</summary>
    public ImmutableArray<ulong> Offsets { get; init; } = [];

    /// <summary>The counters of each; 0 where there is none.</summary>
    public ImmutableArray<ulong> SemaphoreOffsets { get; init; } = [];

    /// <summary>What bpf_get_attach_cookie answers for each; empty where none was given.</summary>
    public ImmutableArray<ulong> Cookies { get; init; } = [];

    /// <summary>Whether it is at returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>The process; 0 for all.</summary>
    public uint Pid { get; init; }
}

/// <summary>What a perf event's link is at.</summary>
/// <remarks>enum bpf_perf_event_type in include/uapi/linux/bpf.h.</remarks>
public enum PerfEventKind
{
    /// <summary>Not told; kernels before 6.6.</summary>
    Unspecified = 0,

    /// <summary>A place in a user program.</summary>
    Uprobe = 1,

    /// <summary>A return in a user program.</summary>
    Uretprobe = 2,

    /// <summary>A kernel function.</summary>
    Kprobe = 3,

    /// <summary>A kernel function's return.</summary>
    Kretprobe = 4,

    /// <summary>A tracepoint.</summary>
    Tracepoint = 5,

    /// <summary>A counter or clock.</summary>
    Event = 6,
}

/// <summary>A link at a perf event; since Linux 6.6 with what it is at.</summary>
public sealed record PerfEventLinkInfo : LinkInfo
{
    /// <summary>What it is at.</summary>
    public PerfEventKind Kind { get; init; }

    /// <summary>The file, function or tracepoint; "" for others.</summary>
    public string Name { get; init; } = "";

    /// <summary>Bytes into the file or function.</summary>
    public uint Offset { get; init; }

    /// <summary>kprobes: the address; 0 where it may not be seen.</summary>
    public ulong Address { get; init; }

    /// <summary>kprobes: runs that were missed.</summary>
    public ulong Missed { get; init; }

    /// <summary>What bpf_get_attach_cookie answers.</summary>
    public ulong Cookie { get; init; }

    /// <summary>uprobes: where the file has the counter; 0 for none.</summary>
    public ulong SemaphoreOffset { get; init; }

    /// <summary>Events: type and config of the perf event.</summary>
    public uint EventType { get; init; }

    /// <summary>Events: its config.</summary>
    public ulong EventConfig { get; init; }
}
