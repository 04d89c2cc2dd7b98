namespace Ebpf;

/// <summary>Which programs run on a packet.</summary>
internal static class PacketPrograms
{
    /// <summary>Whether a test run of such a program takes a packet, in the kernel as here.</summary>
    internal static bool Take(ProgramType type) => type is
        ProgramType.SocketFilter or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.Xdp or
        ProgramType.CgroupSkb or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit or ProgramType.LwtSeg6local or
        ProgramType.SkSkb or ProgramType.FlowDissector or ProgramType.Netfilter;

    /// <summary>Whether the context of such a program has pointers to data, which a run may be given.</summary>
    internal static bool MayTake(ProgramType type) =>
        Take(type) || type is ProgramType.Bind or ProgramType.Process or ProgramType.NetEvent or ProgramType.Sample;
}
