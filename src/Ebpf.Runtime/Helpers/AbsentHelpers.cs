namespace Ebpf.Runtime.Helpers;

/// <summary>Helpers that ask for what a process of its own does not have, answered as Linux answers where there is none: no other socket, no route, no counter.</summary>
internal static unsafe class AbsentHelpers
{
    /// <summary>bpf_sk_lookup_tcp and its like: no socket is found, so that those which take one are never reached.</summary>
    internal static ulong Socket(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>bpf_sk_fullsock(socket): the run's socket is a full one.</summary>
    internal static ulong SameSocket(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => r1;

    /// <summary>bpf_fib_lookup(ctx, parameters, size, flags): the packet is not forwarded.</summary>
    internal static ulong Route(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const int ParametersSize = 64; // sizeof(struct bpf_fib_lookup)
        const ulong NotForwarded = 4; // BPF_FIB_LKUP_RET_NOT_FWDED

        return (int)r3 < ParametersSize ? Run.Result(Errno.EINVAL) : NotForwarded;
    }

    /// <summary>bpf_get_ns_current_pid_tgid(device, inode, buffer, size): zeros and -EINVAL, as for a namespace that is not the task's.</summary>
    internal static ulong NamespacePid(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Zeros(run, r3, (uint)r4, Errno.EINVAL);

    /// <summary>bpf_perf_event_read(map, flags): -ENOENT, for no counter is open.</summary>
    internal static ulong Counter(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.TryMap(r1, out Maps.EmbeddedMap map) ? CounterError(map, r2, run) : 0;

    /// <summary>bpf_perf_event_read_value(map, flags, buffer, size): zeros and -ENOENT, for no counter is open.</summary>
    internal static ulong CounterValue(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const int ValueSize = 24; // sizeof(struct bpf_perf_event_value)

        if (!run.TryMap(r1, out Maps.EmbeddedMap map))
            return 0;
        ulong error = (uint)r4 != ValueSize ? Run.Result(Errno.EINVAL) : CounterError(map, r2, run);
        Zeros(run, r3, (uint)r4, Errno.ENOENT);
        return error;
    }

    private static ulong CounterError(Maps.EmbeddedMap map, ulong flags, Run run)
    {
        const ulong IndexMask = 0xffffffff; // BPF_F_INDEX_MASK, and as an index BPF_F_CURRENT_CPU

        if ((flags & ~IndexMask) != 0)
            return Run.Result(Errno.EINVAL);
        uint index = flags == IndexMask ? (uint)run.Cpu : (uint)flags;
        return Run.Result(index >= map.Spec.MaxEntries ? Errno.E2BIG : Errno.ENOENT);
    }

    private static ulong Zeros(Run run, ulong address, uint size, Errno errno)
    {
        if (!run.CanWrite(address, size))
            return 0;
        new Span<byte>((void*)address, checked((int)size)).Clear();
        return Run.Result(errno);
    }
}
