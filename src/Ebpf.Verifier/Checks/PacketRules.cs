namespace Ebpf.Verifier.Checks;

/// <summary>Which program types may do what with packet data.</summary>
/// <remarks>may_access_direct_pkt_data in the kernel's verifier.</remarks>
internal static class PacketRules
{
    internal static bool MayWrite(ProgramType type) => type switch
    {
        ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtSeg6local or ProgramType.SkReuseport or ProgramType.FlowDissector or ProgramType.CgroupSkb => false,
        _ => true,
    };

    /// <summary>Types that reach the packet itself.</summary>
    internal static bool HasPacket(ProgramType type) => type is ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtSeg6local or ProgramType.LwtXmit or ProgramType.SkReuseport
        or ProgramType.FlowDissector or ProgramType.CgroupSkb or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.Xdp or ProgramType.SkSkb or ProgramType.SkMsg
        or ProgramType.CgroupSockOpt;

    /// <summary>Types whose context is a socket buffer that the legacy packet loads read.</summary>
    internal static bool MayUseLegacyLoads(ProgramType type) => type is ProgramType.SocketFilter or ProgramType.SchedCls or ProgramType.SchedAct;
}
