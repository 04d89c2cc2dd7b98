using Ebpf.Native.Embedded;
using Ebpf.Platforms;
using Ebpf.Platforms.Embedded;
using Ebpf.Platforms.Linux.Buffers;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime.Maps;

namespace Ebpf.Native;

/// <summary>A <c>struct ring</c>: one ring buffer and who gets its records.</summary>
internal abstract unsafe class NativeRing(int map, ulong size, delegate* unmanaged<void*, void*, nuint, int> callback, void* context) : IDisposable
{
    private nint _handle;

    public int Map => map;

    public ulong Size => size;

    public nint Handle => _handle != 0 ? _handle : _handle = Handles.New(this);

    public abstract ulong ConsumerPosition { get; }

    public abstract ulong ProducerPosition { get; }

    /// <summary>What becomes readable when there are records.</summary>
    public abstract int WaitFd { get; }

    /// <summary>Hands records over, as many as wanted: how many it were, or what the callback said when it failed.</summary>
    /// <remarks>ringbuf_process_ring in ringbuf.c: the record at which the callback failed is consumed.</remarks>
    public long Consume(ulong wanted)
    {
        long count = 0;
        ulong position = ConsumerPosition;
        while ((ulong)count < wanted && TryNext(ref position, out byte* record, out uint length))
        {
            int answer = callback(context, record, length);
            Consumed(position);
            if (answer < 0)
            {
                return answer;
            }

            count++;
        }

        // Discarded records give their room back too.
        Consumed(position);
        return count;
    }

    public virtual void Dispose()
    {
        if (_handle != 0)
        {
            Handles.Free(_handle);
        }
    }

    protected abstract bool TryNext(ref ulong position, out byte* record, out uint length);

    protected abstract void Consumed(ulong position);
}

/// <summary>A ring buffer of the kernel's: its pages are mapped.</summary>
internal sealed unsafe class KernelRing : NativeRing
{
    private readonly ulong* _consumer;
    private readonly byte* _producer;
    private readonly nuint _producerLength;
    private readonly ulong _mask;
    private readonly int _map;

    private KernelRing(int map, uint size, byte* consumer, byte* producer, nuint producerLength, delegate* unmanaged<void*, void*, nuint, int> callback, void* context)
        : base(map, size, callback, context)
    {
        _map = map;
        _consumer = (ulong*)consumer;
        _producer = producer;
        _producerLength = producerLength;
        _mask = size - 1;
    }

    public override ulong ConsumerPosition => Volatile.Read(ref *_consumer);

    public override ulong ProducerPosition => Volatile.Read(ref *(ulong*)_producer);

    public override int WaitFd => _map;

    public static int Open(int map, uint size, delegate* unmanaged<void*, void*, nuint, int> callback, void* context, out NativeRing? ring)
    {
        ring = null;
        nuint page = (nuint)Os.PageSize;
        void* consumer = LibC.Map(null, page, Os.ProtectionReadWrite, Os.MapShared, map, 0);
        if ((nint)consumer == -1)
        {
            int error = -(int)LibC.LastError;
            Print.Warn($"ringbuf: failed to mmap consumer page for map fd={map}: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        nuint length = page + 2 * (nuint)size;
        void* producer = LibC.Map(null, length, Os.ProtectionRead, Os.MapShared, map, (long)page);
        if ((nint)producer == -1)
        {
            int error = -(int)LibC.LastError;
            _ = LibC.Unmap(consumer, page);
            Print.Warn($"ringbuf: failed to mmap data pages for map fd={map}: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        ring = new KernelRing(map, size, (byte*)consumer, (byte*)producer, length, callback, context);
        return 0;
    }

    public override void Dispose()
    {
        _ = LibC.Unmap(_consumer, (nuint)Os.PageSize);
        _ = LibC.Unmap(_producer, _producerLength);
        base.Dispose();
    }

    protected override bool TryNext(ref ulong position, out byte* record, out uint length)
    {
        bool found = RingBufferRecords.TryNext(_producer + Os.PageSize, _mask, ref *(ulong*)_producer, ref position, out ReadOnlySpan<byte> bytes);
        fixed (byte* start = bytes)
        {
            record = start;
        }

        length = (uint)bytes.Length;
        return found;
    }

    protected override void Consumed(ulong position) => Volatile.Write(ref *_consumer, position);
}

/// <summary>A ring buffer of the embedded engine: programs of this process wake an event.</summary>
internal sealed unsafe class EmbeddedRing : NativeRing
{
    private const int CloseOnExecNonBlocking = 0x80800;

    private readonly IMapHandle _map;
    private readonly RingBufferMap _ring;
    private readonly int _event;

    public EmbeddedRing(int fd, EmbeddedMapHandle map, delegate* unmanaged<void*, void*, nuint, int> callback, void* context)
        : base(fd, map.Spec.MaxEntries, callback, context)
    {
        _map = map.Share();
        _ring = (RingBufferMap)map.Map;
        _event = LibC.CreateEvent(1, CloseOnExecNonBlocking);
        _ring.Woken += Wake;
    }

    public override ulong ConsumerPosition => Volatile.Read(ref _ring.ConsumerPosition);

    public override ulong ProducerPosition => Volatile.Read(ref _ring.ProducerPosition);

    public override int WaitFd => _event;

    public override void Dispose()
    {
        _ring.Woken -= Wake;
        _ = LibC.Close(_event);
        _map.Dispose();
        base.Dispose();
    }

    protected override bool TryNext(ref ulong position, out byte* record, out uint length)
    {
        bool found = _ring.TryPeek(ref position, out ReadOnlySpan<byte> bytes);
        fixed (byte* start = bytes)
        {
            record = start;
        }

        length = (uint)bytes.Length;
        return found;
    }

    protected override void Consumed(ulong position)
    {
        Volatile.Write(ref _ring.ConsumerPosition, position);
        // What is left, or comes now, keeps the event readable, as the kernel's poll does.
        ulong count;
        _ = Os.Read(_event, &count, sizeof(ulong));
        if (ProducerPosition != position)
        {
            Wake();
        }
    }

    private void Wake()
    {
        ulong one = 1;
        _ = LibC.Write(_event, &one, sizeof(ulong));
    }
}
