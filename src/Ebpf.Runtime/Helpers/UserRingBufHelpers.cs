using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Helpers;

/// <summary>Samples from the host.</summary>
internal static unsafe class UserRingBufHelpers
{
    /// <summary>bpf_user_ringbuf_drain(map, callback, context, flags): how many samples the callback saw.</summary>
    internal static ulong Drain(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (map is not UserRingBufferMap ring)
        {
            run.Stop($"map '{map.Spec.Name}' is no user ring buffer");
            return 0;
        }

        if ((r4 & ~(ulong)(RingBufferFlags.NoWakeup | RingBufferFlags.ForceWakeup)) != 0)
            return Run.Result(Errno.EINVAL);
        if (!ring.TryBegin())
            return Run.Result(Errno.EBUSY);
        try
        {
            return Drain(run, ring, r2, r3);
        }
        finally
        {
            ring.End();
            if ((r4 & (ulong)RingBufferFlags.NoWakeup) == 0)
                ring.WakeUp();
        }
    }

    private static ulong Drain(Run run, UserRingBufferMap ring, ulong callback, ulong context)
    {
        ulong seen = 0;
        for (int i = 0; i < UserRingBufferMap.MostSamples; i++)
        {
            int error = ring.Peek(out byte* sample, out uint size);
            if (error == -(int)Errno.ENODATA)
                break;
            if (error == -(int)Errno.EAGAIN)
                continue;
            if (error != 0)
                return Run.Result(error);

            Dynptr dynptr = new() { Data = sample, Size = size };
            bool goesOn = Visit(run, &dynptr, callback, context, out ulong result);
            ring.Consume(size);
            if (!goesOn)
                return 0;
            seen++;
            if (result != 0)
                break;
        }

        return seen;
    }

    private static bool Visit(Run run, Dynptr* dynptr, ulong callback, ulong context, out ulong result)
    {
        if (!run.IsChecking)
            return run.Call(callback, (ulong)dynptr, context, 0, 0, 0, out result);

        var pointer = new MemoryRegion((ulong)dynptr, (ulong)sizeof(Dynptr), MemoryKinds.Allocated, false, "a dynptr");
        var sample = new MemoryRegion((ulong)dynptr->Data, dynptr->Size, MemoryKinds.Allocated, true, "a sample");
        run.Memory.Grant(pointer);
        run.Memory.Grant(sample);
        bool goesOn = run.Call(callback, (ulong)dynptr, context, 0, 0, 0, out result);
        run.Memory.Revoke(sample);
        run.Memory.Revoke(pointer);
        return goesOn;
    }
}
