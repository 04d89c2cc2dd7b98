using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Helpers that answer differently in eBPF for Windows' dialect: its results are negative ebpf_result_t, and arrays can lose elements.</summary>
/// <remarks>include/ebpf_result.h and libs/execution_context/ebpf_maps.c of eBPF for Windows.</remarks>
internal static unsafe partial class WindowsHelpers
{
    private const int InvalidArgument = 6;
    private const int ObjectNotFound = 7;
    private const int OperationNotSupported = 18;
    private const int NoMemory = 12;
    private const int KeyNotFound = 19;
    private const int KeyAlreadyExists = 26;
    private const int OutOfSpace = 29;

    /// <summary>What a tail call beyond the limit gives.</summary>
    internal static ulong NoMoreTailCalls => Run.Result(-27);

    /// <summary>What a tail call to an empty slot, or beyond the array, gives.</summary>
    internal static ulong NoSuchProgram => Run.Result(-InvalidArgument);

    /// <summary>The function of a helper; null where the dialect has none of its own.</summary>
    internal static delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> Find(HelperId id) => id switch
    {
        HelperId.LookupAndDelete => &LookupAndDelete,
        HelperId.MapUpdateElem => &Update,
        HelperId.MapDeleteElem => &Delete,
        HelperId.MapPushElem => &Push,
        HelperId.MapPopElem => &Pop,
        HelperId.MapPeekElem => &Peek,
        HelperId.RingBufOutput => &Output,
        HelperId.MemcpyS or HelperId.MemmoveS => &Move,
        HelperId.MemcmpS => &Compare,
        HelperId.Memset => &Fill,
        HelperId.StrncpyS => &CopyText,
        HelperId.StrncatS => &AppendText,
        HelperId.GetCurrentLogonId => &LogonId,
        HelperId.IsCurrentAdmin => &IsAdmin,
        HelperId.GetCurrentProcessStartKey => &ProcessStartKey,
        HelperId.GetCurrentThreadCreateTime => &ThreadCreateTime,
        HelperId.GetSocketCookie => &SocketCookie,
        HelperId.SockAddrGetCurrentPidTgid => &TaskHelpers.PidTgid,
        HelperId.SockAddrSetRedirectContext => &SetRedirectContext,
        HelperId.SockAddrGetNetworkContext => &GetNetworkContext,
        HelperId.SockOpsGetFlowId => &FlowId,
        HelperId.RedirectMap => &RedirectMap,
        HelperId.SampleFunction1 => &SampleFunction1,
        HelperId.SampleFind => &SampleFind,
        HelperId.SampleReplace => &SampleReplace,
        HelperId.SampleImplicit1 => &SampleImplicit1,
        HelperId.SampleImplicit2 => &SampleImplicit2,
        HelperId.SampleMapLookupElement => &MapHelpers.Lookup,
        HelperId.SampleMapGetValue => &SampleMapGetValue,
        _ => null,
    };

    /// <summary>Answers a value and removes its key. The value stays readable until the run ends.</summary>
    private static ulong LookupAndDelete(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        ulong value = MapHelpers.Lookup(r1, r2, r3, r4, r5, run);
        if (value != 0 && !run.IsStopped)
            MapHelpers.Delete(r1, r2, r3, r4, r5, run);
        return value;
    }

    private static ulong Update(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => OfKey(MapHelpers.Update(r1, r2, r3, r4, r5, run), run, r1);

    /// <summary>An array's element is set to zero, on every CPU.</summary>
    private static ulong Delete(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        ulong result = MapHelpers.Delete(r1, r2, r3, r4, r5, run);
        if (run.IsStopped || !run.TryMap(r1, out EmbeddedMap map) || map.Type is not (MapType.Array or MapType.PerCpuArray))
            return OfKey(result, run, r1);

        bool isThere = false;
        for (int cpu = 0; cpu < (map.IsPerCpu ? run.Engine.Slots.Count : 1); cpu++)
        {
            byte* value = map.Lookup((byte*)r2, cpu);
            if (value != null)
                new Span<byte>(value, (int)map.Spec.ValueSize).Clear();
            isThere |= value != null;
        }

        return isThere ? 0 : Run.Result(-InvalidArgument);
    }

    private static ulong Push(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        IsCustom(r1, run) ? Run.Result(-OperationNotSupported) : OfQueue(MapHelpers.Push(r1, r2, r3, r4, r5, run));

    private static ulong Pop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        IsCustom(r1, run) ? Run.Result(-OperationNotSupported) : OfQueue(MapHelpers.Pop(r1, r2, r3, r4, r5, run));

    private static ulong Peek(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        IsCustom(r1, run) ? Run.Result(-OperationNotSupported) : OfQueue(MapHelpers.Peek(r1, r2, r3, r4, r5, run));

    /// <summary>A map that an extension brought is a hash: it has keys.</summary>
    private static bool IsCustom(ulong map, Run run) => run.TryMap(map, out EmbeddedMap found) && found.Type == MapType.SampleHash;

    private static ulong Output(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => OfQueue(RingBufHelpers.Output(r1, r2, r3, r4, r5, run));

    /// <summary>E2BIG means a full hash, and an index beyond an array.</summary>
    private static ulong OfKey(ulong result, Run run, ulong r1) => (Errno)(-(long)result) switch
    {
        Errno.None => result,
        Errno.ENOENT => Run.Result(-KeyNotFound),
        Errno.EEXIST => Run.Result(-KeyAlreadyExists),
        Errno.E2BIG when run.TryMap(r1, out EmbeddedMap map) && map.Type is (MapType.Array or MapType.PerCpuArray) => Run.Result(-InvalidArgument),
        Errno.E2BIG => Run.Result(-OutOfSpace),
        Errno.ENOMEM => Run.Result(-NoMemory),
        _ => Run.Result(-InvalidArgument),
    };

    /// <summary>A queue, stack or ring buffer has no keys: it is empty, or full.</summary>
    private static ulong OfQueue(ulong result) => (Errno)(-(long)result) switch
    {
        Errno.None => result,
        Errno.ENOENT => Run.Result(-ObjectNotFound),
        Errno.E2BIG or Errno.EAGAIN => Run.Result(-OutOfSpace),
        Errno.ENOMEM => Run.Result(-NoMemory),
        _ => Run.Result(-InvalidArgument),
    };
}
