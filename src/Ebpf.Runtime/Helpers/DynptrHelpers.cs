using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Helpers;

/// <summary>Dynamic pointers over memory and ring buffer records.</summary>
/// <remarks>kernel/bpf/helpers.c and ringbuf.c.</remarks>
internal static unsafe class DynptrHelpers
{
    /// <remarks>DYNPTR_MAX_SIZE in kernel/bpf/helpers.c.</remarks>
    private const uint MaximumSize = (1u << 24) - 1;

    /// <summary>bpf_dynptr_from_mem(data, size, flags, dynptr).</summary>
    internal static ulong FromMemory(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r4, (uint)sizeof(Dynptr)) || !run.CanWrite(r1, (uint)r2))
            return 0;
        ref Dynptr dynptr = ref *(Dynptr*)r4;
        dynptr = default;
        if ((uint)r2 > MaximumSize)
            return Run.Result(Errno.E2BIG);
        if (r3 != 0)
            return Run.Result(Errno.EINVAL);
        dynptr = new Dynptr { Data = (byte*)r1, Size = (uint)r2 };
        return 0;
    }

    /// <summary>bpf_ringbuf_reserve_dynptr(map, size, flags, dynptr).</summary>
    internal static ulong Reserve(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!RingBufHelpers.TryRing(run, r1, out RingBufferMap ring) || !run.CanWrite(r4, (uint)sizeof(Dynptr)))
            return 0;
        ref Dynptr dynptr = ref *(Dynptr*)r4;
        dynptr = default;
        if (r3 != 0)
            return Run.Result(Errno.EINVAL);
        if ((uint)r2 > MaximumSize)
            return Run.Result(Errno.E2BIG);
        byte* record = ring.Reserve((uint)r2, 0);
        if (record == null)
            return Run.Result(Errno.EINVAL);
        if (run.IsChecking)
            run.Memory.Grant(new MemoryRegion((ulong)record, (uint)r2, MemoryKinds.Allocated, true, "a ring buffer record"), isRecord: true);
        dynptr = new Dynptr { Data = record, Size = (uint)r2 };
        return 0;
    }

    /// <summary>bpf_ringbuf_submit_dynptr(dynptr, flags): nothing where the reservation failed.</summary>
    internal static ulong Submit(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (Take(run, r1, out byte* record))
            RingBufferMap.Submit(record, r2);
        return 0;
    }

    /// <summary>bpf_ringbuf_discard_dynptr(dynptr, flags): nothing where the reservation failed.</summary>
    internal static ulong Discard(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (Take(run, r1, out byte* record))
            RingBufferMap.Discard(record, r2);
        return 0;
    }

    /// <summary>bpf_dynptr_read(to, length, dynptr, offset, flags).</summary>
    internal static ulong Read(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r3, (uint)sizeof(Dynptr)) || !run.CanWrite(r1, (uint)r2))
            return 0;
        ref Dynptr dynptr = ref *(Dynptr*)r3;
        if (dynptr.Data == null || r5 != 0)
            return Run.Result(Errno.EINVAL);
        if (!dynptr.Has((uint)r4, (uint)r2))
            return Run.Result(Errno.E2BIG);
        byte* from = dynptr.Data + dynptr.Offset + (uint)r4;
        if (run.CanRead((ulong)from, (uint)r2))
            Buffer.MemoryCopy(from, (byte*)r1, (uint)r2, (uint)r2);
        return 0;
    }

    /// <summary>bpf_dynptr_write(dynptr, offset, from, length, flags).</summary>
    internal static ulong Write(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, (uint)sizeof(Dynptr)) || !run.CanRead(r3, (uint)r4))
            return 0;
        ref Dynptr dynptr = ref *(Dynptr*)r1;
        if (dynptr.Data == null || r5 != 0)
            return Run.Result(Errno.EINVAL);
        if (!dynptr.Has((uint)r2, (uint)r4))
            return Run.Result(Errno.E2BIG);
        byte* to = dynptr.Data + dynptr.Offset + (uint)r2;
        if (run.CanWrite((ulong)to, (uint)r4))
            Buffer.MemoryCopy((byte*)r3, to, (uint)r4, (uint)r4);
        return 0;
    }

    /// <summary>bpf_dynptr_data(dynptr, offset, length): the address of so many bytes; null where there are not so many.</summary>
    internal static ulong Data(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, (uint)sizeof(Dynptr)))
            return 0;
        ref Dynptr dynptr = ref *(Dynptr*)r1;
        return dynptr.Data != null && dynptr.Has((uint)r2, (uint)r3) ? (ulong)(dynptr.Data + dynptr.Offset + (uint)r2) : 0;
    }

    private static bool Take(Run run, ulong address, out byte* record)
    {
        record = null;
        if (!run.CanWrite(address, (uint)sizeof(Dynptr)))
            return false;
        record = ((Dynptr*)address)->Data;
        *(Dynptr*)address = default;
        return record != null && RingBufHelpers.Take(run, (ulong)record);
    }
}
