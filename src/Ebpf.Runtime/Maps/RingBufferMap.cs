using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Maps.RingBufferRecords;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// RINGBUF: variable records in the order of their reservation, many producers, one consumer. Positions, record headers and wake-ups are
/// Linux's, so that its consumers' protocol works on this memory. This part is what programs call; the host's part is in a file of its own.
/// </summary>
/// <remarks>
/// kernel/bpf/ringbuf.c. Where the kernel maps the data twice so that a record that wraps is contiguous, there are simply as many bytes again
/// behind the data: a record is only ever touched from its start on, and what it would have covered at the beginning belongs to nobody else
/// meanwhile. Pages of the second half that no record reaches are never touched.
/// </remarks>
internal sealed unsafe partial class RingBufferMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    private const ulong LargestRecord = uint.MaxValue / 4;
    private const int PageShift = 12;

    private readonly uint _mask = spec.MaxEntries - 1;
    private Control* _control;
    private byte* _data;
    private ulong _lost;

    /// <summary>Where the consumer is, in bytes since the beginning; only it writes this word.</summary>
    public ref ulong ConsumerPosition => ref *(ulong*)((byte*)_control + NativeHeap.PageSize);

    /// <summary>Where the next record will be.</summary>
    public ref ulong ProducerPosition => ref *(ulong*)((byte*)_control + 2 * NativeHeap.PageSize);

    /// <summary>Bytes of records that the consumer has not passed, whether they are ready or not.</summary>
    public ulong AvailableBytes
    {
        get
        {
            ulong consumer = Volatile.Read(ref ConsumerPosition);
            return Volatile.Read(ref ProducerPosition) - consumer;
        }
    }

    /// <summary>Records that found no room since the map was created.</summary>
    public ulong Lost => Volatile.Read(ref _lost);

    /// <summary>bpf_ringbuf_reserve: the address of so many bytes to fill in; null where there is no room.</summary>
    public byte* Reserve(ulong size, ulong flags) => flags == 0 ? Reserve(size) : null;

    /// <summary>bpf_ringbuf_submit: a reserved record becomes readable.</summary>
    public static void Submit(byte* record, ulong flags) => Commit(record, flags, 0);

    /// <summary>bpf_ringbuf_discard: a reserved record will be skipped.</summary>
    public static void Discard(byte* record, ulong flags) => Commit(record, flags, Discarded);

    /// <summary>bpf_ringbuf_output: a record that is a copy.</summary>
    public int Output(byte* data, ulong size, ulong flags)
    {
        if ((flags & ~(ulong)(RingBufferFlags.NoWakeup | RingBufferFlags.ForceWakeup)) != 0)
            return -(int)Errno.EINVAL;
        byte* record = Reserve(size);
        if (record is null)
            return -(int)Errno.EAGAIN;
        Bytes.Copy(record, data, (uint)size);
        Commit(record, flags, 0);
        return 0;
    }

    /// <summary>bpf_ringbuf_query.</summary>
    public ulong Query(ulong what) => what switch
    {
        0 => AvailableBytes,
        1 => Spec.MaxEntries,
        2 => Volatile.Read(ref ConsumerPosition),
        3 => Volatile.Read(ref ProducerPosition),
        _ => 0,
    };

    private protected override void Build()
    {
        base.Build();
        byte* pages = Own(Heap.AllocatePages(3 * NativeHeap.PageSize + 2UL * Spec.MaxEntries, Purpose)).Address;
        _control = (Control*)pages;
        _control->Map = Header;
        _data = pages + 3 * NativeHeap.PageSize;
        Header->Mask = _mask;
        Header->Data = _data;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.ENOTSUPP;

    private protected override int DeleteElement(byte* key) => -(int)Errno.ENOTSUPP;

    private protected override int NextKey(byte* key, byte* next) => -(int)Errno.ENOTSUPP;

    private byte* Reserve(ulong size)
    {
        if (size > LargestRecord)
            return null;
        ulong length = (size + HeaderSize + 7) & ~7UL;
        if (length > _mask + 1UL)
            return null;

        ulong consumer = Volatile.Read(ref ConsumerPosition);
        NativeLock.Acquire(&_control->Lock);
        ulong producer = ProducerPosition;
        ulong pending = SkipFinished(_control->Pending, producer);
        _control->Pending = pending;
        ulong end = producer + length;
        // Neither what is not consumed nor what is not finished may be overtaken; the consumer's page may hold nonsense, which harms only it.
        bool hasRoom = end - consumer <= _mask && end - pending <= _mask;
        byte* header = _data + (producer & _mask);
        if (hasRoom)
        {
            *(uint*)header = (uint)size | Busy;
            *(uint*)(header + 4) = (uint)((ulong)(header - (byte*)_control) >> PageShift);
            Volatile.Write(ref ProducerPosition, end);
        }

        NativeLock.Release(&_control->Lock);
        if (!hasRoom)
            Interlocked.Increment(ref _lost);
        return hasRoom ? header + HeaderSize : null;
    }

    private ulong SkipFinished(ulong pending, ulong producer)
    {
        while (pending < producer)
        {
            uint length = Volatile.Read(ref *(uint*)(_data + (pending & _mask)));
            if ((length & Busy) != 0)
                break;
            pending += Length(length);
        }

        return pending;
    }

    private static void Commit(byte* record, ulong flags, uint discarded)
    {
        byte* header = record - HeaderSize;
        // Records are aligned to 8, so a header never leaves its page.
        Control* control = (Control*)(((nuint)header & ~(nuint)(NativeHeap.PageSize - 1)) - ((nuint)(*(uint*)(header + 4)) << PageShift));
        RingBufferMap map = (RingBufferMap)FromHandle((nint)control->Map);
        uint length = (*(uint*)header ^ Busy) | discarded;
        Interlocked.Exchange(ref *(uint*)header, length);

        ulong position = (ulong)(header - map._data);
        ulong consumer = Volatile.Read(ref map.ConsumerPosition) & map._mask;
        if ((flags & (ulong)RingBufferFlags.ForceWakeup) != 0 || (consumer == position && (flags & (ulong)RingBufferFlags.NoWakeup) == 0))
            map.WakeUp();
    }

    /// <summary>The first page; the second and third hold the positions, then comes the data.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        public MapHeader* Map;
        public int Lock;

        /// <summary>The oldest record that is not finished.</summary>
        public ulong Pending;
    }
}
