using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>'struct bpf_prog_info'. Counts are input too: how many the pointer beside them has room for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProgramInfoRecord
{
    public uint Type;
    public uint Id;
    public ProgramTag Tag;
    public uint JitedLength;
    public uint TranslatedLength;
    public byte* JitedInstructions;
    public byte* TranslatedInstructions;
    /// <summary>Nanoseconds since boot.</summary>
    public ulong LoadTime;
    public uint CreatedByUid;
    public uint MapIdCount;
    public uint* MapIds;
    public ObjectName Name;
    public uint Interface;
    /// <summary>Bit 0: gpl_compatible.</summary>
    public uint Bits;
    public ulong NetNamespaceDevice;
    public ulong NetNamespaceInode;
    public uint JitedSymbolCount;
    public uint JitedFunctionLengthCount;
    public ulong* JitedSymbols;
    public uint* JitedFunctionLengths;
    public uint BtfId;
    public uint FunctionInfoRecordSize;
    public void* FunctionInfo;
    public uint FunctionInfoCount;
    public uint LineInfoCount;
    public void* LineInfo;
    public void* JitedLineInfo;
    public uint JitedLineInfoCount;
    public uint LineInfoRecordSize;
    public uint JitedLineInfoRecordSize;
    public uint TagCount;
    public void* Tags;
    public ulong RunTimeNanoseconds;
    public ulong RunCount;
    public ulong RecursionMisses;
    /// <summary>Since Linux 5.16.</summary>
    public uint VerifiedInstructions;
    public uint AttachBtfObjectId;
    public uint AttachBtfId;
    private readonly uint _padding;
}

/// <summary>The first 8 bytes of a program's hash.</summary>
[InlineArray(8)]
internal struct ProgramTag
{
    private byte _first;

    public override readonly string ToString() => Convert.ToHexStringLower((ReadOnlySpan<byte>)this);
}

/// <summary>'struct bpf_map_info'.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MapInfoRecord
{
    public uint Type;
    public uint Id;
    public uint KeySize;
    public uint ValueSize;
    public uint MaxEntries;
    public uint MapFlags;
    public ObjectName Name;
    public uint Interface;
    public uint BtfVmlinuxValueTypeId;
    public ulong NetNamespaceDevice;
    public ulong NetNamespaceInode;
    public uint BtfId;
    public uint BtfKeyTypeId;
    public uint BtfValueTypeId;
    public uint BtfVmlinuxId;
    public ulong MapExtra;
    public byte* Hash;
    public uint HashSize;
    private readonly uint _padding;
}

/// <summary>'struct bpf_btf_info'.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BtfInfoRecord
{
    public byte* Btf;
    public uint BtfSize;
    public uint Id;
    public byte* Name;
    public uint NameLength;
    public uint IsKernelBtf;
}

/// <summary>'struct bpf_link_info': what all kinds have in common, then one kind's own. Names and lists are filled where a buffer is given.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct LinkInfoRecord
{
    [FieldOffset(0)] public BpfLinkType Type;
    [FieldOffset(4)] public uint Id;
    [FieldOffset(8)] public uint ProgramId;

    [FieldOffset(16)] public RawTracepointInfo RawTracepoint;
    [FieldOffset(16)] public TracingInfo Tracing;
    [FieldOffset(16)] public CgroupInfo Cgroup;
    [FieldOffset(16)] public IteratorInfo Iterator;
    /// <summary>Network namespaces: inode and attach type; tcx and netkit: interface and attach type; sockmap: map and attach type; XDP: interface; struct_ops: map.</summary>
    [FieldOffset(16)] public TargetInfo Target;
    [FieldOffset(16)] public LinkCreateAttributes.Netfilter Netfilter;
    [FieldOffset(16)] public KprobeMultiInfo KprobeMulti;
    [FieldOffset(16)] public UprobeMultiInfo UprobeMulti;
    [FieldOffset(16)] public PerfEventInfo PerfEvent;

    [StructLayout(LayoutKind.Sequential)]
    public struct RawTracepointInfo
    {
        public byte* Name;
        public uint NameLength;
        private readonly uint _padding;
        public ulong Cookie;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TracingInfo
    {
        public uint AttachType;
        /// <summary>The program for freplace, else the BTF object.</summary>
        public uint TargetObjectId;
        public uint TargetBtfId;
        private readonly uint _padding;
        public ulong Cookie;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct CgroupInfo
    {
        public ulong CgroupId;
        public uint AttachType;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct IteratorInfo
    {
        public byte* TargetName;
        public uint TargetNameLength;
        public uint MapId;
        /// <summary>The cgroup's id, or the task's: tid, then pid.</summary>
        public ulong CgroupIdOrTask;
        public uint CgroupOrder;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TargetInfo
    {
        public uint Target;
        public uint AttachType;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct KprobeMultiInfo
    {
        public ulong* Addresses;
        public uint Count;
        public uint Flags;
        public ulong Missed;
        public ulong* Cookies;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct UprobeMultiInfo
    {
        public byte* Path;
        public ulong* Offsets;
        public ulong* ReferenceCounterOffsets;
        public ulong* Cookies;
        public uint PathSize;
        public uint Count;
        public uint Flags;
        public uint Pid;
    }

    /// <summary>The name is the file's, the function's or the tracepoint's, by <see cref="Type"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PerfEventInfo
    {
        /// <summary>enum bpf_perf_event_type: 1 uprobe, 2 uretprobe, 3 kprobe, 4 kretprobe, 5 tracepoint, 6 event.</summary>
        public uint Type;
        private readonly uint _padding;
        /// <summary>Event: its config.</summary>
        public byte* Name;
        /// <summary>Event: its type.</summary>
        public uint NameLength;
        public uint Offset;
        /// <summary>uprobe: cookie, kprobe: address, tracepoint and event: cookie.</summary>
        public ulong First;
        /// <summary>uprobe: offset of the reference counter, kprobe: runs that were missed.</summary>
        public ulong Second;
        /// <summary>kprobe: cookie.</summary>
        public ulong Third;
    }
}
