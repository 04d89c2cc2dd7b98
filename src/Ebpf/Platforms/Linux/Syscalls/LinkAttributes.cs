using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>BPF_LINK_CREATE: what all kinds of links have in common, then what one kind needs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct LinkCreateAttributes
{
    /// <summary>The program; the map for struct_ops.</summary>
    [FieldOffset(0)] public int ProgramFd;
    /// <summary>A descriptor, or the index of an interface.</summary>
    [FieldOffset(4)] public int Target;
    [FieldOffset(8)] public uint AttachType;
    [FieldOffset(12)] public uint Flags;

    /// <summary>freplace, fentry and their like: what to attach to, where the program was not loaded for it.</summary>
    [FieldOffset(16)] public uint TargetBtfId;
    /// <summary>Tracing programs: what bpf_get_attach_cookie answers.</summary>
    [FieldOffset(24)] public ulong TracingCookie;

    /// <summary>Iterators: 'union bpf_iter_link_info'.</summary>
    [FieldOffset(16)] public void* IteratorInfo;
    [FieldOffset(24)] public uint IteratorInfoLength;

    /// <summary>Perf events: what bpf_get_attach_cookie answers.</summary>
    [FieldOffset(16)] public ulong PerfEventCookie;

    [FieldOffset(16)] public KprobeMulti Kprobes;
    [FieldOffset(16)] public Netfilter NetfilterHook;
    /// <summary>tcx, netkit and cgroup: where among the others.</summary>
    [FieldOffset(16)] public Anchor Position;
    [FieldOffset(16)] public UprobeMulti Uprobes;

    [StructLayout(LayoutKind.Sequential)]
    public struct KprobeMulti
    {
        public uint Flags;
        public uint Count;
        /// <summary>Names as pointers to zero-ended text; or <see cref="Addresses"/>.</summary>
        public byte** Symbols;
        public ulong* Addresses;
        public ulong* Cookies;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Netfilter
    {
        public uint ProtocolFamily;
        public uint Hook;
        public int Priority;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Anchor
    {
        /// <summary>A descriptor or, with BPF_F_ID, an id of a program or (with BPF_F_LINK) a link.</summary>
        public uint Relative;
        public ulong ExpectedRevision;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct UprobeMulti
    {
        public byte* Path;
        public ulong* Offsets;
        public ulong* ReferenceCounterOffsets;
        public ulong* Cookies;
        public uint Count;
        public uint Flags;
        public uint Pid;
        public uint PathFd;
    }
}

/// <summary>Flags that say where among several programs one is attached, and what a link or id refers to.</summary>
/// <remarks>"flags for BPF_PROG_ATTACH command" in include/uapi/linux/bpf.h.</remarks>
[Flags]
internal enum BpfAttachFlags : uint
{
    None = 0,
    AllowOverride = 1 << 0,
    AllowMultiple = 1 << 1,
    Replace = 1 << 2,
    Before = 1 << 3,
    After = 1 << 4,
    Id = 1 << 5,
    PreOrder = 1 << 6,
    Link = 1 << 13,
}

/// <summary>BPF_LINK_UPDATE; since Linux 5.7.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkUpdateAttributes
{
    public int LinkFd;
    /// <summary>The program; the map for struct_ops.</summary>
    public int NewFd;
    /// <summary><see cref="BpfAttachFlags.Replace"/>: only where <see cref="OldFd"/> is what is attached.</summary>
    public BpfAttachFlags Flags;
    public int OldFd;
}

/// <summary>BPF_LINK_DETACH; since Linux 5.9.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkDetachAttributes
{
    public int LinkFd;
}

/// <summary>BPF_ITER_CREATE; since Linux 5.8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IteratorCreateAttributes
{
    public int LinkFd;
    public uint Flags;
}

/// <summary>Kinds of links.</summary>
/// <remarks>enum bpf_link_type in include/uapi/linux/bpf.h.</remarks>
internal enum BpfLinkType : uint
{
    Unspecified = 0,
    RawTracepoint = 1,
    Tracing = 2,
    Cgroup = 3,
    Iterator = 4,
    NetworkNamespace = 5,
    Xdp = 6,
    PerfEvent = 7,
    KprobeMulti = 8,
    StructOps = 9,
    Netfilter = 10,
    Tcx = 11,
    UprobeMulti = 12,
    Netkit = 13,
    SockMap = 14,
    TracingMulti = 15,
}
