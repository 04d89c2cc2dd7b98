using Ebpf.Runtime.Interpreter;

namespace Ebpf.Runtime.Helpers;

/// <summary>
/// The helpers that this engine has: for each a function of R1 to R5 and the run. Everything a helper needs is in its arguments, so that machine
/// code can call the same functions. A helper tests the memory that it is given through the run, and answers what Linux's answers.
/// </summary>
internal static unsafe class HelperTable
{
    /// <summary>The function of a helper; null where the engine does not have it.</summary>
    internal static delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> Find(HelperId id) => id switch
    {
        // Maps.
        HelperId.MapLookupElem => &MapHelpers.Lookup,
        HelperId.MapUpdateElem => &MapHelpers.Update,
        HelperId.MapDeleteElem => &MapHelpers.Delete,
        HelperId.MapPushElem => &MapHelpers.Push,
        HelperId.MapPopElem => &MapHelpers.Pop,
        HelperId.MapPeekElem => &MapHelpers.Peek,
        HelperId.MapLookupPerCpuElem => &MapHelpers.LookupPerCpu,

        // Clock.
        HelperId.KtimeGetNs or HelperId.KtimeGetBootNs or HelperId.KtimeGetCoarseNs => &ClockHelpers.Nanoseconds,
        HelperId.KtimeGetTaiNs => &ClockHelpers.TaiNanoseconds,
        HelperId.KtimeGetMs or HelperId.KtimeGetBootMs => &ClockHelpers.Milliseconds,
        HelperId.Jiffies64 => &ClockHelpers.Jiffies,

        // Machine and current task.
        HelperId.GetPrandomU32 => &TaskHelpers.Random,
        HelperId.GetSmpProcessorId => &TaskHelpers.Cpu,
        HelperId.GetNumaNodeId => &TaskHelpers.NumaNode,
        HelperId.GetCurrentPidTgid => &TaskHelpers.PidTgid,
        HelperId.GetCurrentUidGid => &TaskHelpers.UidGid,
        HelperId.GetCurrentComm => &TaskHelpers.Comm,
        HelperId.GetCurrentCgroupId or HelperId.GetCurrentAncestorCgroupId => &TaskHelpers.CgroupId,
        HelperId.GetAttachCookie => &TaskHelpers.AttachCookie,

        // Library functions.
        HelperId.LibraryMemset => &LibraryHelpers.Memset,
        HelperId.LibraryMemcpy => &LibraryHelpers.Memcpy,
        HelperId.LibraryMemmove => &LibraryHelpers.Memmove,
        HelperId.LibraryMemcmp => &LibraryHelpers.Memcmp,

        // XDP.
        HelperId.XdpAdjustHead => &XdpHelpers.AdjustHead,
        HelperId.XdpAdjustTail => &XdpHelpers.AdjustTail,
        HelperId.XdpAdjustMeta => &XdpHelpers.AdjustMeta,
        HelperId.XdpGetBuffLen => &XdpHelpers.Length,
        HelperId.XdpLoadBytes => &XdpHelpers.Load,
        HelperId.XdpStoreBytes => &XdpHelpers.Store,

        _ => null,
    };
}
