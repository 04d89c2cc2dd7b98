namespace Ebpf.Platforms.Linux.Features;

/// <summary>Since which Linux there are types of programs and maps, for messages.</summary>
/// <remarks>The releases in which include/uapi/linux/bpf.h got them.</remarks>
internal static class Since
{
    public static string? Version(ProgramType type) => type switch
    {
        ProgramType.SocketFilter => "3.19",
        ProgramType.Kprobe or ProgramType.SchedCls or ProgramType.SchedAct => "4.1",
        ProgramType.Tracepoint => "4.7",
        ProgramType.Xdp => "4.8",
        ProgramType.PerfEvent => "4.9",
        ProgramType.CgroupSkb or ProgramType.CgroupSock or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit => "4.10",
        ProgramType.SockOps => "4.13",
        ProgramType.SkSkb => "4.14",
        ProgramType.CgroupDevice => "4.15",
        ProgramType.SkMsg or ProgramType.RawTracepoint or ProgramType.CgroupSockAddr => "4.17",
        ProgramType.LwtSeg6local or ProgramType.LircMode2 => "4.18",
        ProgramType.SkReuseport => "4.19",
        ProgramType.FlowDissector => "4.20",
        ProgramType.CgroupSysctl or ProgramType.RawTracepointWritable => "5.2",
        ProgramType.CgroupSockOpt => "5.3",
        ProgramType.Tracing => "5.5",
        ProgramType.StructOps or ProgramType.Ext => "5.6",
        ProgramType.Lsm => "5.7",
        ProgramType.SkLookup => "5.9",
        ProgramType.Syscall => "5.14",
        ProgramType.Netfilter => "6.4",
        _ => null,
    };

    public static string? Version(MapType type) => type switch
    {
        MapType.Hash or MapType.Array => "3.19",
        MapType.ProgArray => "4.2",
        MapType.PerfEventArray => "4.3",
        MapType.PerCpuHash or MapType.PerCpuArray or MapType.StackTrace => "4.6",
        MapType.CgroupArray => "4.8",
        MapType.LruHash or MapType.LruPerCpuHash => "4.10",
        MapType.LpmTrie => "4.11",
        MapType.ArrayOfMaps or MapType.HashOfMaps => "4.12",
        MapType.DevMap or MapType.SockMap => "4.14",
        MapType.CpuMap => "4.15",
        MapType.XskMap or MapType.SockHash => "4.18",
        MapType.CgroupStorage or MapType.ReuseportSockArray => "4.19",
        MapType.PerCpuCgroupStorage or MapType.Queue or MapType.Stack => "4.20",
        MapType.SkStorage => "5.2",
        MapType.DevMapHash => "5.4",
        MapType.StructOps => "5.6",
        MapType.RingBuf => "5.8",
        MapType.InodeStorage => "5.10",
        MapType.TaskStorage => "5.11",
        MapType.BloomFilter => "5.16",
        MapType.UserRingBuf => "6.1",
        MapType.CgrpStorage => "6.2",
        MapType.Arena => "6.9",
        MapType.InsnArray => "6.19",
        _ => null,
    };
}
