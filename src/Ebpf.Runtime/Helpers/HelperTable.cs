using Ebpf.Runtime.Interpreter;

namespace Ebpf.Runtime.Helpers;

/// <summary>
/// The helpers that this engine has: for each a function of R1 to R5 and the run. Everything a helper needs is in its arguments, so that machine
/// code can call the same functions. A helper tests the memory that it is given through the run, and answers what Linux's answers.
/// </summary>
internal static unsafe class HelperTable
{
    /// <summary>The function of a helper in a dialect; null where the engine does not have it.</summary>
    internal static delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> Find(HelperId id, Dialect dialect)
    {
        delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> own = dialect == Dialect.Windows ? WindowsHelpers.Find(id) : null;
        return own != null ? own : Find(id);
    }

    /// <summary>The function of a helper; null where the engine does not have it.</summary>
    internal static delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> Find(HelperId id) => id switch
    {
        // Maps.
        HelperId.MapLookupElem => &MapHelpers.Lookup,
        HelperId.MapUpdateElem => &MapHelpers.Update,
        HelperId.MapDeleteElem => &MapHelpers.Delete,
        HelperId.LookupAndDelete => &MapHelpers.LookupAndDelete,
        HelperId.MapPushElem => &MapHelpers.Push,
        HelperId.MapPopElem => &MapHelpers.Pop,
        HelperId.MapPeekElem => &MapHelpers.Peek,
        HelperId.MapLookupPerCpuElem => &MapHelpers.LookupPerCpu,

        HelperId.ForEachMapElem => &CallbackHelpers.ForEach,
        HelperId.Loop => &CallbackHelpers.Loop,
        HelperId.TimerInit => &TimerHelpers.Init,
        HelperId.TimerSetCallback => &TimerHelpers.SetCallback,
        HelperId.TimerStart => &TimerHelpers.Start,
        HelperId.TimerCancel => &TimerHelpers.Cancel,
        HelperId.SpinLock => &LockHelpers.Lock,
        HelperId.SpinUnlock => &LockHelpers.Unlock,
        HelperId.RingBufOutput => &RingBufHelpers.Output,
        HelperId.RingBufReserve => &RingBufHelpers.Reserve,
        HelperId.RingBufSubmit => &RingBufHelpers.Submit,
        HelperId.RingBufDiscard => &RingBufHelpers.Discard,
        HelperId.RingBufQuery => &RingBufHelpers.Query,
        HelperId.PerfEventOutput => &PerfHelpers.Output,
        HelperId.UserRingBufDrain => &UserRingBufHelpers.Drain,
        HelperId.SkStorageGet or HelperId.TaskStorageGet or HelperId.InodeStorageGet or HelperId.CgrpStorageGet => &StorageHelpers.Get,
        HelperId.SkStorageDelete or HelperId.TaskStorageDelete or HelperId.InodeStorageDelete or HelperId.CgrpStorageDelete => &StorageHelpers.Delete,
        HelperId.GetLocalStorage => &StorageHelpers.OfCgroup,
        HelperId.GetStackid => &StackHelpers.Id,
        HelperId.GetStack => &StackHelpers.Get,
        HelperId.GetTaskStack => &StackHelpers.GetOfTask,

        // Dynamic pointers.
        HelperId.DynptrFromMem => &DynptrHelpers.FromMemory,
        HelperId.DynptrRead => &DynptrHelpers.Read,
        HelperId.DynptrWrite => &DynptrHelpers.Write,
        HelperId.DynptrData => &DynptrHelpers.Data,
        HelperId.RingBufReserveDynptr => &DynptrHelpers.Reserve,
        HelperId.RingBufSubmitDynptr => &DynptrHelpers.Submit,
        HelperId.RingBufDiscardDynptr => &DynptrHelpers.Discard,

        // Text and numbers.
        HelperId.TracePrintk => &TraceHelpers.Printk,
        HelperId.TracePrintk2 => &TraceHelpers.Printk2,
        HelperId.TracePrintk3 => &TraceHelpers.Printk3,
        HelperId.TracePrintk4 => &TraceHelpers.Printk4,
        HelperId.TracePrintk5 => &TraceHelpers.Printk,
        HelperId.TraceVprintk => &TraceHelpers.VPrintk,
        HelperId.Snprintf => &TraceHelpers.Snprintf,
        HelperId.Strtol => &NumberHelpers.Strtol,
        HelperId.Strtoul => &NumberHelpers.Strtoul,
        HelperId.Strncmp => &NumberHelpers.Strncmp,

        // Reads from anywhere.
        HelperId.ProbeRead or HelperId.ProbeReadUser or HelperId.ProbeReadKernel or HelperId.CopyFromUser or HelperId.CopyFromUserTask => &ProbeHelpers.Read,
        HelperId.ProbeReadStr or HelperId.ProbeReadUserStr or HelperId.ProbeReadKernelStr => &ProbeHelpers.ReadString,

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
        HelperId.GetAttachCookie or HelperId.GetFuncIp => &TaskHelpers.Unknown,
        HelperId.GetCurrentTask or HelperId.GetCurrentTaskBtf => &TaskHelpers.Task,
        HelperId.GetCgroupClassid or HelperId.SkbCgroupClassid or HelperId.GetRouteRealm => &TaskHelpers.Unknown,
        HelperId.GetSocketCookie => &TaskHelpers.SocketCookie,
        HelperId.GetNetnsCookie => &TaskHelpers.Unknown,
        HelperId.GetSocketUid => &TaskHelpers.SocketUid,

        // Library functions.
        HelperId.LibraryMemset => &LibraryHelpers.Memset,
        HelperId.LibraryMemcpy => &LibraryHelpers.Memcpy,
        HelperId.LibraryMemmove => &LibraryHelpers.Memmove,
        HelperId.LibraryMemcmp => &LibraryHelpers.Memcmp,
        HelperId.StrnlenS => &LibraryHelpers.StrnlenS,

        // XDP.
        HelperId.XdpAdjustHead => &XdpHelpers.AdjustHead,
        HelperId.XdpAdjustTail => &XdpHelpers.AdjustTail,
        HelperId.XdpAdjustMeta => &XdpHelpers.AdjustMeta,
        HelperId.XdpGetBuffLen => &XdpHelpers.Length,
        HelperId.XdpLoadBytes => &XdpHelpers.Load,
        HelperId.XdpStoreBytes => &XdpHelpers.Store,

        // Socket buffers.
        HelperId.SkbLoadBytes => &SocketBufferHelpers.Load,
        HelperId.SkbLoadBytesRelative => &SocketBufferHelpers.LoadRelative,
        HelperId.SkbStoreBytes => &SocketBufferHelpers.Store,
        HelperId.SkbPullData => &SocketBufferHelpers.Pull,
        HelperId.SkbChangeType => &SocketBufferHelpers.ChangeType,
        HelperId.GetHashRecalc => &SocketBufferHelpers.Hash,
        HelperId.SetHashInvalid => &SocketBufferHelpers.InvalidateFlowHash,
        HelperId.SetHash => &SocketBufferHelpers.SetHash,
        HelperId.SkbChangeTail => &SocketBufferRoomHelpers.ChangeTail,
        HelperId.SkbChangeHead => &SocketBufferRoomHelpers.ChangeHead,
        HelperId.SkbAdjustRoom => &SocketBufferRoomHelpers.AdjustRoom,
        HelperId.SkbChangeProto => &SocketBufferRoomHelpers.ChangeProtocol,
        HelperId.SkbVlanPush => &VlanHelpers.Push,
        HelperId.SkbVlanPop => &VlanHelpers.Pop,

        // Checksums.
        HelperId.CsumDiff => &ChecksumHelpers.Difference,
        HelperId.L3CsumReplace => &ChecksumHelpers.ReplaceNetwork,
        HelperId.L4CsumReplace => &ChecksumHelpers.ReplaceTransport,
        HelperId.CsumUpdate => &ChecksumHelpers.Update,
        HelperId.CsumLevel => &ChecksumHelpers.Level,

        // Elsewhere.
        HelperId.Redirect => &RedirectHelpers.Redirect,
        HelperId.RedirectMap => &RedirectHelpers.RedirectMap,
        HelperId.RedirectPeer => &RedirectHelpers.RedirectPeer,
        HelperId.RedirectNeigh => &RedirectHelpers.RedirectNeighbour,
        HelperId.CloneRedirect => &RedirectHelpers.CloneRedirect,
        HelperId.SkRedirectMap or HelperId.MsgRedirectMap => &SocketMapHelpers.RedirectBuffer,
        HelperId.SkRedirectHash or HelperId.MsgRedirectHash => &SocketMapHelpers.RedirectByHash,
        HelperId.SockMapUpdate or HelperId.SockHashUpdate => &SocketMapHelpers.Update,
        HelperId.SkSelectReuseport => &SocketMapHelpers.SelectReuseport,

        HelperId.SkbSetTunnelKey => &TunnelHelpers.SetKey,
        HelperId.SkbGetTunnelKey => &TunnelHelpers.GetKey,
        HelperId.SkbSetTunnelOpt => &TunnelHelpers.SetOptions,
        HelperId.SkbGetTunnelOpt => &TunnelHelpers.GetOptions,

        // Cgroups and sockets of the run.
        HelperId.GetRetval => &CgroupHelpers.GetReturnValue,
        HelperId.SetRetval => &CgroupHelpers.SetReturnValue,
        HelperId.SkbUnderCgroup => &CgroupHelpers.IsBufferUnder,
        HelperId.CurrentTaskUnderCgroup => &CgroupHelpers.IsTaskUnder,
        HelperId.SkbCgroupId or HelperId.SkbAncestorCgroupId or HelperId.SkCgroupId or HelperId.SkAncestorCgroupId => &TaskHelpers.CgroupId,
        HelperId.SysctlGetName => &CgroupHelpers.SysctlName,
        HelperId.SysctlGetCurrentValue => &CgroupHelpers.SysctlCurrent,
        HelperId.SysctlGetNewValue => &CgroupHelpers.SysctlNew,
        HelperId.SysctlSetNewValue => &CgroupHelpers.SetSysctlNew,
        HelperId.SetSockOpt => &SocketHelpers.SetOption,
        HelperId.GetSockOpt => &SocketHelpers.GetOption,
        HelperId.SockOpsCbFlagsSet => &SocketHelpers.SetCallbackFlags,
        HelperId.SkAssign => &SocketHelpers.Assign,
        HelperId.CheckMtu => &SocketHelpers.CheckMtu,
        HelperId.SkbSetTstamp => &SocketHelpers.SetTimestamp,
        HelperId.SkbEcnSetCe => &SocketHelpers.MarkCongestion,
        HelperId.MsgApplyBytes or HelperId.MsgCorkBytes => &MessageHelpers.Bytes,
        HelperId.MsgPullData => &MessageHelpers.Pull,
        HelperId.MsgPushData => &MessageHelpers.Push,
        HelperId.MsgPopData => &MessageHelpers.Pop,

        // What there is none of.
        HelperId.SkcToTcp6Sock or HelperId.SkcToTcpSock or HelperId.SkcToTcpTimewaitSock or HelperId.SkcToTcpRequestSock or HelperId.SkcToUdp6Sock
            or HelperId.SkcToUnixSock or HelperId.SkcToMptcpSock => &AbsentHelpers.Socket,
        HelperId.SkLookupTcp or HelperId.SkLookupUdp or HelperId.SkcLookupTcp => &AbsentHelpers.Socket,
        HelperId.SkFullsock => &AbsentHelpers.SameSocket,
        HelperId.SkRelease or HelperId.TcpSock or HelperId.GetListenerSock => &AbsentHelpers.Socket,
        HelperId.FibLookup => &AbsentHelpers.Route,
        HelperId.GetNsCurrentPidTgid => &AbsentHelpers.NamespacePid,
        HelperId.PerfEventRead => &AbsentHelpers.Counter,
        HelperId.PerfEventReadValue => &AbsentHelpers.CounterValue,

        _ => null,
    };
}
