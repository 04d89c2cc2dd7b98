using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Helpers;

/// <summary>Ring buffers.</summary>
internal static unsafe class RingBufHelpers
{
    /// <summary>bpf_ringbuf_output(map, data, size, flags).</summary>
    internal static ulong Output(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!TryRing(run, r1, out RingBufferMap ring) || !run.CanRead(r2, r3))
            return 0;
        return Run.Result(ring.Output((byte*)r2, r3, r4));
    }

    /// <summary>bpf_ringbuf_reserve(map, size, flags).</summary>
    internal static ulong Reserve(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!TryRing(run, r1, out RingBufferMap ring))
            return 0;
        byte* record = ring.Reserve(r2, r3);
        if (run.IsChecking && record != null)
            run.Memory.Grant(new MemoryRegion((ulong)record, r2, MemoryKinds.Allocated, true, "a ring buffer record"), isRecord: true);
        return (ulong)record;
    }

    /// <summary>bpf_ringbuf_submit(record, flags).</summary>
    internal static ulong Submit(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (Take(run, r1))
            RingBufferMap.Submit((byte*)r1, r2);
        return 0;
    }

    /// <summary>bpf_ringbuf_discard(record, flags).</summary>
    internal static ulong Discard(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (Take(run, r1))
            RingBufferMap.Discard((byte*)r1, r2);
        return 0;
    }

    /// <summary>bpf_ringbuf_query(map, what).</summary>
    internal static ulong Query(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => TryRing(run, r1, out RingBufferMap ring) ? ring.Query(r2) : 0;

    /// <summary>The ring buffer behind a map pointer; the run is stopped where it is none.</summary>
    internal static bool TryRing(Run run, ulong address, out RingBufferMap ring)
    {
        if (run.TryMap(address, out EmbeddedMap map))
        {
            if (map is RingBufferMap found)
            {
                ring = found;
                return true;
            }

            run.Stop($"map '{map.Spec.Name}' is no ring buffer");
        }

        ring = null!;
        return false;
    }

    /// <summary>Whether a record may be given back: in checking mode, whether it was reserved.</summary>
    internal static bool Take(Run run, ulong record)
    {
        if (!run.IsChecking || run.Memory.RevokeRecord(record))
            return true;
        run.Stop($"0x{record:x} is not a ring buffer record that the program holds");
        return false;
    }
}
