using System.Collections.Immutable;

namespace Ebpf;

/// <summary>How a probe is made.</summary>
/// <remarks>enum probe_attach_mode in libbpf.h.</remarks>
public enum ProbeAttachMode
{
    /// <summary>The newest that the kernel has.</summary>
    Default,

    /// <summary>In tracefs, as kernels before 4.17 want it.</summary>
    Legacy,

    /// <summary>As a perf event, the program set by ioctl; since Linux 4.17.</summary>
    Perf,

    /// <summary>As a perf event with a BPF link; since Linux 5.15.</summary>
    Link,
}

/// <summary>How a program is attached to a kernel function.</summary>
public sealed record KprobeOptions
{
    /// <summary>At the function's return.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Bytes into the function; the address where no function is named.</summary>
    public ulong Offset { get; init; }

    /// <summary>What bpf_get_attach_cookie answers; since Linux 5.15.</summary>
    public ulong Cookie { get; init; }

    /// <summary>How the probe is made.</summary>
    public ProbeAttachMode Mode { get; init; }
}

/// <summary>Which kernel functions a program is attached to at once; since Linux 5.18, where the kernel has CONFIG_FPROBE.</summary>
/// <remarks>struct bpf_kprobe_multi_opts in libbpf.h. One of the three ways to name functions.</remarks>
public sealed record KprobeMultiOptions
{
    /// <summary>A pattern of names: '*' for anything, '?' for one character.</summary>
    public string? Pattern { get; init; }

    /// <summary>Names.</summary>
    public ImmutableArray<string> Functions { get; init; } = [];

    /// <summary>Addresses.</summary>
    public ImmutableArray<ulong> Addresses { get; init; } = [];

    /// <summary>What bpf_get_attach_cookie answers, for each name or address; none for 0.</summary>
    public ImmutableArray<ulong> Cookies { get; init; } = [];

    /// <summary>At the functions' returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>At entry, and where the program answers 0 there, at return too; since Linux 6.10.</summary>
    public bool IsSession { get; init; }
}

/// <summary>How a program is attached to a place in a user program.</summary>
public sealed record UprobeOptions
{
    /// <summary>At the function's return.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Bytes into the function; bytes into the file where no function is named.</summary>
    public ulong Offset { get; init; }

    /// <summary>The process; null for all, 0 for this one.</summary>
    public int? Pid { get; init; }

    /// <summary>What bpf_get_attach_cookie answers; since Linux 5.15.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Where the file has a counter that is to be counted up while the probe is there; 0 for none. Since Linux 4.20.</summary>
    public ulong SemaphoreOffset { get; init; }

    /// <summary>How the probe is made.</summary>
    public ProbeAttachMode Mode { get; init; }
}

/// <summary>Which places of a user program a program is attached to at once; since Linux 6.6.</summary>
/// <remarks>struct bpf_uprobe_multi_opts in libbpf.h. One of the three ways to name places.</remarks>
public sealed record UprobeMultiOptions
{
    /// <summary>A pattern of function names: '*' for anything, '?' for one character.</summary>
    public string? Pattern { get; init; }

    /// <summary>Names of functions.</summary>
    public ImmutableArray<string> Functions { get; init; } = [];

    /// <summary>Offsets in the file.</summary>
    public ImmutableArray<ulong> Offsets { get; init; } = [];

    /// <summary>Where the file has the counter of each place; none for none.</summary>
    public ImmutableArray<ulong> SemaphoreOffsets { get; init; } = [];

    /// <summary>What bpf_get_attach_cookie answers, for each place; none for 0.</summary>
    public ImmutableArray<ulong> Cookies { get; init; } = [];

    /// <summary>The process; null for all, 0 for this one.</summary>
    public int? Pid { get; init; }

    /// <summary>At the functions' returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>At entry, and where the program answers 0 there, at return too; since Linux 6.13.</summary>
    public bool IsSession { get; init; }
}

/// <summary>How a program is attached to a user statically defined tracepoint.</summary>
public sealed record UsdtOptions
{
    /// <summary>The process; null for all, 0 for this one.</summary>
    public int? Pid { get; init; }

    /// <summary>What bpf_usdt_cookie answers.</summary>
    public ulong Cookie { get; init; }
}

/// <summary>What an iterator goes over; where nothing is set, everything.</summary>
/// <remarks>union bpf_iter_link_info in include/uapi/linux/bpf.h.</remarks>
public sealed record IteratorOptions
{
    /// <summary>The map whose elements it goes over: for <c>iter/bpf_map_elem</c> and <c>iter/bpf_sk_storage_map</c>.</summary>
    public BpfMap? Map { get; init; }

    /// <summary>The control group that it starts from: for <c>iter/cgroup</c>; since Linux 6.1.</summary>
    public KernelFile? Cgroup { get; init; }

    /// <summary>The way that it goes over control groups.</summary>
    public CgroupIteratorOrder CgroupOrder { get; init; } = CgroupIteratorOrder.DescendantsPre;

    /// <summary>The thread whose tasks, files or memory areas it goes over; since Linux 6.1.</summary>
    public int? ThreadId { get; init; }

    /// <summary>The process whose tasks, files or memory areas it goes over; since Linux 6.1.</summary>
    public int? ProcessId { get; init; }
}

/// <summary>Orders of control groups.</summary>
/// <remarks>enum bpf_cgroup_iter_order.</remarks>
public enum CgroupIteratorOrder
{
    /// <summary>The group alone.</summary>
    SelfOnly = 1,

    /// <summary>The group, then what is below it.</summary>
    DescendantsPre = 2,

    /// <summary>What is below it, then the group.</summary>
    DescendantsPost = 3,

    /// <summary>The group, then what is above it.</summary>
    AncestorsUp = 4,
}
