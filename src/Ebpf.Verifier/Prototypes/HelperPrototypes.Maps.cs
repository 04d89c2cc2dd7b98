namespace Ebpf.Verifier.Prototypes;

/// <summary>Which helpers take which maps.</summary>
/// <remarks>check_map_func_compatibility() in the kernel's verifier.</remarks>
internal static partial class HelperPrototypes
{
    /// <summary>Whether a program of the given type may hand a map of the given type to a helper.</summary>
    public static bool TakesMap(HelperId id, MapType map, ProgramType type, AttachType attachType = AttachType.None, Dialect dialect = Dialect.Linux) =>
        (dialect == Dialect.Windows && IsTakenOnWindows(id, map)) || (map != MapType.SampleHash || type == ProgramType.Sample) && (MapLets(map, id) || (map is MapType.SockMap or MapType.SockHash && MayUpdateSockets(id, type, attachType))) && HelperLets(id, map);

    /// <summary>What eBPF for Windows leaves to the map or the extension at run time.</summary>
    private static bool IsTakenOnWindows(HelperId id, MapType map) =>
        id == HelperId.RedirectMap || (map == MapType.SampleHash && id is HelperId.MapPushElem or HelperId.MapPopElem or HelperId.MapPeekElem);

    /// <summary>Whether a map lets a helper at it: maps of special meaning let few.</summary>
    private static bool MapLets(MapType map, HelperId id) => map switch
    {
        MapType.ProgArray => id is HelperId.TailCall,
        MapType.PerfEventArray => id is HelperId.PerfEventRead or HelperId.PerfEventReadValue or HelperId.PerfEventOutput or HelperId.SkbOutput or HelperId.XdpOutput,
        MapType.RingBuf => id is HelperId.RingBufOutput or HelperId.RingBufReserve or HelperId.RingBufQuery
            or HelperId.RingBufReserveDynptr or HelperId.RingBufSubmitDynptr or HelperId.RingBufDiscardDynptr,
        MapType.UserRingBuf => id is HelperId.UserRingBufDrain,
        MapType.StackTrace => id is HelperId.GetStackid,
        MapType.CgroupArray => id is HelperId.SkbUnderCgroup or HelperId.CurrentTaskUnderCgroup,
        MapType.CgroupStorage or MapType.PerCpuCgroupStorage => id is HelperId.GetLocalStorage,
        MapType.DevMap or MapType.DevMapHash or MapType.XskMap => id is HelperId.RedirectMap or HelperId.MapLookupElem,
        MapType.CpuMap => id is HelperId.RedirectMap,
        MapType.ArrayOfMaps or MapType.HashOfMaps => id is HelperId.MapLookupElem,
        MapType.SockMap => id is HelperId.SkRedirectMap or HelperId.SockMapUpdate or HelperId.MsgRedirectMap or HelperId.SkSelectReuseport or HelperId.MapLookupElem,
        MapType.SockHash => id is HelperId.SkRedirectHash or HelperId.SockHashUpdate or HelperId.MsgRedirectHash or HelperId.SkSelectReuseport or HelperId.MapLookupElem,
        MapType.ReuseportSockArray => id is HelperId.SkSelectReuseport,
        MapType.Queue or MapType.Stack => id is HelperId.MapPeekElem or HelperId.MapPopElem or HelperId.MapPushElem,
        MapType.SkStorage => id is HelperId.SkStorageGet or HelperId.SkStorageDelete or HelperId.KptrXchg,
        MapType.InodeStorage => id is HelperId.InodeStorageGet or HelperId.InodeStorageDelete or HelperId.KptrXchg,
        MapType.TaskStorage => id is HelperId.TaskStorageGet or HelperId.TaskStorageDelete or HelperId.KptrXchg,
        MapType.CgrpStorage => id is HelperId.CgrpStorageGet or HelperId.CgrpStorageDelete or HelperId.KptrXchg,
        MapType.BloomFilter => id is HelperId.MapPeekElem or HelperId.MapPushElem,
        MapType.InsnArray => false,
        _ => true,
    };

    /// <summary>Whether a helper takes a map: helpers of special meaning take few.</summary>
    private static bool HelperLets(HelperId id, MapType map) => id switch
    {
        HelperId.TailCall => map is MapType.ProgArray,
        HelperId.PerfEventRead or HelperId.PerfEventReadValue or HelperId.PerfEventOutput or HelperId.SkbOutput or HelperId.XdpOutput => map is MapType.PerfEventArray,
        HelperId.RingBufOutput or HelperId.RingBufReserve or HelperId.RingBufQuery
            or HelperId.RingBufReserveDynptr or HelperId.RingBufSubmitDynptr or HelperId.RingBufDiscardDynptr => map is MapType.RingBuf,
        HelperId.UserRingBufDrain => map is MapType.UserRingBuf,
        HelperId.GetStackid => map is MapType.StackTrace,
        HelperId.CurrentTaskUnderCgroup or HelperId.SkbUnderCgroup => map is MapType.CgroupArray,
        HelperId.RedirectMap => map is MapType.DevMap or MapType.DevMapHash or MapType.CpuMap or MapType.XskMap,
        HelperId.SkRedirectMap or HelperId.MsgRedirectMap or HelperId.SockMapUpdate => map is MapType.SockMap,
        HelperId.SkRedirectHash or HelperId.MsgRedirectHash or HelperId.SockHashUpdate => map is MapType.SockHash,
        HelperId.GetLocalStorage => map is MapType.CgroupStorage or MapType.PerCpuCgroupStorage,
        HelperId.SkSelectReuseport => map is MapType.ReuseportSockArray or MapType.SockMap or MapType.SockHash,
        HelperId.MapPopElem => map is MapType.Queue or MapType.Stack,
        HelperId.MapPeekElem or HelperId.MapPushElem => map is MapType.Queue or MapType.Stack or MapType.BloomFilter,
        HelperId.MapLookupPerCpuElem => map is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash,
        HelperId.SkStorageGet or HelperId.SkStorageDelete => map is MapType.SkStorage,
        HelperId.InodeStorageGet or HelperId.InodeStorageDelete => map is MapType.InodeStorage,
        HelperId.TaskStorageGet or HelperId.TaskStorageDelete => map is MapType.TaskStorage,
        HelperId.CgrpStorageGet or HelperId.CgrpStorageDelete => map is MapType.CgrpStorage,
        HelperId.ForEachMapElem => map is MapType.Hash or MapType.PerCpuHash or MapType.LruHash or MapType.LruPerCpuHash or MapType.Array or MapType.PerCpuArray or MapType.RHash,
        _ => true,
    };

    /// <summary>Programs that may put sockets into maps, or take them out: may_update_sockmap() in the kernel's verifier.</summary>
    private static bool MayUpdateSockets(HelperId id, ProgramType type, AttachType attachType) => id switch
    {
        HelperId.MapUpdateElem => type is ProgramType.SocketFilter or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.Xdp
            or ProgramType.SkReuseport or ProgramType.FlowDissector or ProgramType.SkLookup || (type == ProgramType.Tracing && attachType == AttachType.TraceIter),
        HelperId.MapDeleteElem => type == ProgramType.SockOps || MayUpdateSockets(HelperId.MapUpdateElem, type, attachType),
        _ => false,
    };
}
