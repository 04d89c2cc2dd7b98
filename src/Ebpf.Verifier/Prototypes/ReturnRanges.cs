namespace Ebpf.Verifier.Prototypes;

/// <summary>The least and the greatest number that a program may return.</summary>
public readonly record struct ReturnRange(int Min, int Max);

/// <summary>What programs may return.</summary>
/// <remarks>return_retval_range() in the kernel's verifier. What an LSM or struct_ops program may return is for the kernel's BTF to say.</remarks>
public static class ReturnRanges
{
    /// <summary>The range that R0 must lie in at exit; null where any number may be returned.</summary>
    public static ReturnRange? For(ProgramType type, AttachType attachType, Dialect dialect)
    {
        if (dialect == Dialect.Windows)
            return null;
        return type switch
        {
            ProgramType.CgroupSockAddr => SocketAddress(attachType),
            ProgramType.CgroupSkb => attachType == AttachType.CgroupInetEgress ? new ReturnRange(0, 3) : new ReturnRange(0, 1),
            ProgramType.CgroupSock or ProgramType.SockOps or ProgramType.CgroupDevice or ProgramType.CgroupSysctl or ProgramType.CgroupSockOpt => new ReturnRange(0, 1),
            ProgramType.SkLookup or ProgramType.Netfilter => new ReturnRange(0, 1),
            ProgramType.Tracing => Tracing(attachType),
            ProgramType.Kprobe when attachType is AttachType.TraceKprobeSession or AttachType.TraceUprobeSession => new ReturnRange(0, 1),
            ProgramType.Lsm when attachType == AttachType.LsmCgroup => new ReturnRange(0, 1),
            _ => null,
        };
    }

    private static ReturnRange? SocketAddress(AttachType attachType) => attachType switch
    {
        AttachType.CgroupUdp4RecvMsg or AttachType.CgroupUdp6RecvMsg or AttachType.CgroupUnixRecvMsg
            or AttachType.CgroupInet4GetPeerName or AttachType.CgroupInet6GetPeerName or AttachType.CgroupUnixGetPeerName
            or AttachType.CgroupInet4GetSockName or AttachType.CgroupInet6GetSockName or AttachType.CgroupUnixGetSockName => new ReturnRange(1, 1),
        AttachType.CgroupInet4Bind or AttachType.CgroupInet6Bind => new ReturnRange(0, 3),
        _ => new ReturnRange(0, 1),
    };

    private static ReturnRange? Tracing(AttachType attachType) => attachType switch
    {
        AttachType.TraceRawTp or AttachType.ModifyReturn => null,
        AttachType.TraceIter => new ReturnRange(0, 1),
        _ => new ReturnRange(0, 0),
    };
}
