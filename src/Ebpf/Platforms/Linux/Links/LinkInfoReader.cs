using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>Makes of the kernel's record of a link what users see.</summary>
internal static unsafe class LinkInfoReader
{
    // Longest of the names: a path.
    private const int NameSize = 4096;

    private const uint ReturnFlag = 1;

    /// <exception cref="BpfException">The descriptor is no link's, or the kernel is older than 5.8.</exception>
    public static LinkInfo Read(int link)
    {
        LinkInfoRecord record = default;
        Ask(link, ref record);
        uint id = record.Id, program = record.ProgramId;
        var type = (LinkType)record.Type;
        return record.Type switch
        {
            BpfLinkType.RawTracepoint => ReadRawTracepoint(link, type, id, program),
            BpfLinkType.Tracing => new TracingLinkInfo
            {
                Type = type, Id = id, ProgramId = program,
                AttachType = (AttachType)record.Tracing.AttachType, TargetObjectId = record.Tracing.TargetObjectId, TargetBtfId = record.Tracing.TargetBtfId,
                Cookie = record.Tracing.Cookie,
            },
            BpfLinkType.Cgroup => new CgroupLinkInfo
            {
                Type = type, Id = id, ProgramId = program, CgroupId = record.Cgroup.CgroupId, AttachType = (AttachType)record.Cgroup.AttachType,
            },
            BpfLinkType.Iterator => ReadIterator(link, type, id, program),
            BpfLinkType.NetworkNamespace => new NetworkNamespaceLinkInfo
            {
                Type = type, Id = id, ProgramId = program, NamespaceInode = record.Target.Target, AttachType = (AttachType)record.Target.AttachType,
            },
            BpfLinkType.Xdp => new DeviceLinkInfo
            {
                Type = type, Id = id, ProgramId = program, InterfaceIndex = (int)record.Target.Target, AttachType = AttachType.Xdp,
            },
            BpfLinkType.Tcx or BpfLinkType.Netkit => new DeviceLinkInfo
            {
                Type = type, Id = id, ProgramId = program, InterfaceIndex = (int)record.Target.Target, AttachType = (AttachType)record.Target.AttachType,
            },
            BpfLinkType.SockMap => new SockMapLinkInfo
            {
                Type = type, Id = id, ProgramId = program, MapId = record.Target.Target, AttachType = (AttachType)record.Target.AttachType,
            },
            BpfLinkType.StructOps => new StructOpsLinkInfo { Type = type, Id = id, ProgramId = program, MapId = record.Target.Target },
            BpfLinkType.Netfilter => new NetfilterLinkInfo
            {
                Type = type, Id = id, ProgramId = program,
                Hook = new NetfilterOptions
                {
                    Family = (NetfilterFamily)record.Netfilter.ProtocolFamily,
                    Hook = (NetfilterHook)record.Netfilter.Hook,
                    Priority = record.Netfilter.Priority,
                    Defragment = (record.Netfilter.Flags & NetfilterFlags.Defragment) != 0,
                },
            },
            BpfLinkType.KprobeMulti => ReadKprobeMulti(link, record.KprobeMulti.Count, type, id, program),
            BpfLinkType.UprobeMulti => ReadUprobeMulti(link, record.UprobeMulti.Count, type, id, program),
            BpfLinkType.PerfEvent => ReadPerfEvent(link, type, id, program),
            _ => new LinkInfo { Type = type, Id = id, ProgramId = program },
        };
    }

    private static RawTracepointLinkInfo ReadRawTracepoint(int link, LinkType type, uint id, uint program)
    {
        byte* name = stackalloc byte[NameSize];
        LinkInfoRecord record = default;
        record.RawTracepoint.Name = name;
        record.RawTracepoint.NameLength = NameSize;
        Ask(link, ref record);
        return new RawTracepointLinkInfo { Type = type, Id = id, ProgramId = program, Name = Text(name), Cookie = record.RawTracepoint.Cookie };
    }

    private static IteratorLinkInfo ReadIterator(int link, LinkType type, uint id, uint program)
    {
        byte* name = stackalloc byte[NameSize];
        LinkInfoRecord record = default;
        record.Iterator.TargetName = name;
        record.Iterator.TargetNameLength = NameSize;
        Ask(link, ref record);
        string target = Text(name);
        bool isCgroup = target == "cgroup";
        bool isTask = target.StartsWith("task", StringComparison.Ordinal);
        return new IteratorLinkInfo
        {
            Type = type, Id = id, ProgramId = program, Target = target,
            MapId = isCgroup || isTask ? 0 : record.Iterator.MapId,
            CgroupId = isCgroup ? record.Iterator.CgroupIdOrTask : 0,
            CgroupOrder = isCgroup ? (CgroupIteratorOrder)record.Iterator.CgroupOrder : null,
            ThreadId = isTask ? (uint)record.Iterator.CgroupIdOrTask : 0,
            ProcessId = isTask ? (uint)(record.Iterator.CgroupIdOrTask >> 32) : 0,
        };
    }

    private static KprobeMultiLinkInfo ReadKprobeMulti(int link, uint count, LinkType type, uint id, uint program)
    {
        ulong[] addresses = new ulong[count], cookies = new ulong[count];
        LinkInfoRecord record = default;
        fixed (ulong* addressesAt = addresses, cookiesAt = cookies)
        {
            record.KprobeMulti.Addresses = addressesAt;
            record.KprobeMulti.Cookies = cookiesAt;
            record.KprobeMulti.Count = count;
            Ask(link, ref record);
        }

        return new KprobeMultiLinkInfo
        {
            Type = type, Id = id, ProgramId = program, Addresses = ImmutableCollectionsMarshal.AsImmutableArray(addresses), Cookies = Given(cookies),
            IsReturn = (record.KprobeMulti.Flags & ReturnFlag) != 0, Missed = record.KprobeMulti.Missed,
        };
    }

    private static UprobeMultiLinkInfo ReadUprobeMulti(int link, uint count, LinkType type, uint id, uint program)
    {
        ulong[] offsets = new ulong[count], counters = new ulong[count], cookies = new ulong[count];
        byte* path = stackalloc byte[NameSize];
        LinkInfoRecord record = default;
        fixed (ulong* offsetsAt = offsets, countersAt = counters, cookiesAt = cookies)
        {
            record.UprobeMulti.Path = path;
            record.UprobeMulti.PathSize = NameSize;
            record.UprobeMulti.Offsets = offsetsAt;
            record.UprobeMulti.ReferenceCounterOffsets = countersAt;
            record.UprobeMulti.Cookies = cookiesAt;
            record.UprobeMulti.Count = count;
            Ask(link, ref record);
        }

        return new UprobeMultiLinkInfo
        {
            Type = type, Id = id, ProgramId = program, Path = Text(path), Offsets = ImmutableCollectionsMarshal.AsImmutableArray(offsets),
            SemaphoreOffsets = ImmutableCollectionsMarshal.AsImmutableArray(counters), Cookies = Given(cookies),
            IsReturn = (record.UprobeMulti.Flags & ReturnFlag) != 0, Pid = record.UprobeMulti.Pid,
        };
    }

    private static PerfEventLinkInfo ReadPerfEvent(int link, LinkType type, uint id, uint program)
    {
        byte* name = stackalloc byte[NameSize];
        LinkInfoRecord record = default;
        record.PerfEvent.Name = name;
        record.PerfEvent.NameLength = NameSize;
        if (Bpf.Info(link, ref record) != Errno.None)
        {
            // An event has its config where the others have a name: asked with a buffer it is refused.
            record = default;
            Ask(link, ref record);
            name[0] = 0;
        }

        var kind = (PerfEventKind)record.PerfEvent.Type;
        var info = new PerfEventLinkInfo { Type = type, Id = id, ProgramId = program, Kind = kind };
        return kind switch
        {
            PerfEventKind.Uprobe or PerfEventKind.Uretprobe => info with
            {
                Name = Text(name), Offset = record.PerfEvent.Offset, Cookie = record.PerfEvent.First, SemaphoreOffset = record.PerfEvent.Second,
            },
            PerfEventKind.Kprobe or PerfEventKind.Kretprobe => info with
            {
                Name = Text(name), Offset = record.PerfEvent.Offset, Address = record.PerfEvent.First, Missed = record.PerfEvent.Second, Cookie = record.PerfEvent.Third,
            },
            // Padding behind the name's length: the cookie is where offset and first of the others begin.
            PerfEventKind.Tracepoint => info with { Name = Text(name), Cookie = record.PerfEvent.First },
            PerfEventKind.Event => info with
            {
                EventConfig = (ulong)record.PerfEvent.Name, EventType = record.PerfEvent.NameLength, Cookie = record.PerfEvent.First,
            },
            _ => info,
        };
    }

    private static void Ask(int link, ref LinkInfoRecord record)
    {
        Errno errno = Bpf.Info(link, ref record);
        if (errno != Errno.None)
        {
            throw new BpfException($"the kernel says nothing of the link: {(errno == Errno.EINVAL ? "it is none, or the kernel is older than 5.8" : errno)}", errno);
        }
    }

    private static string Text(byte* name) => Marshal.PtrToStringUTF8((nint)name) ?? "";

    private static ImmutableArray<ulong> Given(ulong[] cookies) => cookies.AsSpan().ContainsAnyExcept(0ul) ? [.. cookies] : [];
}

/// <summary>Flags of netfilter links.</summary>
internal static class NetfilterFlags
{
    /// <summary>BPF_F_NETFILTER_IP_DEFRAG.</summary>
    public const uint Defragment = 1;
}
