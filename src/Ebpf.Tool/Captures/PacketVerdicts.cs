using System.Globalization;

namespace Ebpf.Tool.Captures;

/// <summary>What the results of packet programs mean.</summary>
internal static class PacketVerdicts
{
    private static readonly string[] s_xdp = ["aborted", "drop", "pass", "tx", "redirect"];

    /// <remarks>TC_ACT_* in include/uapi/linux/pkt_cls.h.</remarks>
    private static readonly string[] s_traffic = ["ok", "reclassify", "shot", "pipe", "stolen", "queued", "repeat", "redirect", "trap"];

    /// <summary>The name of a result; the number where it has none.</summary>
    public static string Name(ProgramType type, uint result) => type switch
    {
        ProgramType.Xdp when result < s_xdp.Length => s_xdp[result],
        ProgramType.SchedCls or ProgramType.SchedAct when result == uint.MaxValue => "unspec",
        ProgramType.SchedCls or ProgramType.SchedAct when result < s_traffic.Length => s_traffic[result],
        ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit when result == 0 => "ok",
        ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit when result == 2 => "drop",
        ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit when result == 7 => "redirect",
        ProgramType.SocketFilter => result == 0 ? "drop" : "pass",
        ProgramType.CgroupSkb or ProgramType.SkSkb or ProgramType.Netfilter when result <= 1 => result == 0 ? "drop" : "pass",
        _ => result.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Whether the packet goes on after this result.</summary>
    public static bool GoesOn(ProgramType type, uint result) => type switch
    {
        ProgramType.Xdp => result is 2 or 3 or 4,
        ProgramType.SchedCls or ProgramType.SchedAct => result is not (2 or 4 or 5 or 8),
        ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit => result != 2,
        _ => result != 0,
    };
}
