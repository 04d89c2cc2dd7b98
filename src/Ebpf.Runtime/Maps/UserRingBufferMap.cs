using System.Diagnostics;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Maps.RingBufferRecords;

namespace Ebpf.Runtime.Maps;

/// <summary>USER_RINGBUF: samples from the host for a program, which takes them one by one. Positions and headers are Linux's.</summary>
/// <remarks>kernel/bpf/ringbuf.c, bpf_user_ringbuf_drain; tools/lib/bpf/ringbuf.c, user_ring_buffer. As in <see cref="RingBufferMap"/>, the data has as many bytes again behind it.</remarks>
internal sealed unsafe class UserRingBufferMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>BPF_MAX_USER_RINGBUF_SAMPLES: the most that one call takes.</summary>
    public const int MostSamples = 128 * 1024;

    /// <remarks>DYNPTR_MAX_SIZE.</remarks>
    private const uint LargestSample = (1u << 24) - 1;

    private readonly uint _mask = spec.MaxEntries - 1;
    private readonly object _sleepers = new();
    private Action? _woken;
    private byte* _pages;
    private byte* _data;
    private int* _isBusy;

    /// <summary>Where the program is; only runs write this word.</summary>
    public ref ulong ConsumerPosition => ref *(ulong*)(_pages + NativeHeap.PageSize);

    /// <summary>Where the next sample will be; only the host writes this word.</summary>
    public ref ulong ProducerPosition => ref *(ulong*)(_pages + (2 * NativeHeap.PageSize));

    /// <summary>Reserves a sample for the host to fill in. -ENOSPC while the program has not made room, -E2BIG where there can never be enough. One producer at a time.</summary>
    public int HostReserve(uint size, out byte* sample)
    {
        sample = null;
        ulong length = Length(size);
        if (length > Spec.MaxEntries || size > LargestSample)
            return -(int)Errno.E2BIG;
        ulong producer = ProducerPosition;
        if (producer + length - Volatile.Read(ref ConsumerPosition) > Spec.MaxEntries)
            return -(int)Errno.ENOSPC;
        byte* header = _data + (producer & _mask);
        *(ulong*)header = size | Busy;
        sample = header + HeaderSize;
        Volatile.Write(ref ProducerPosition, producer + length);
        return 0;
    }

    /// <summary>Makes a reserved sample readable, or one that the program never sees.</summary>
    public static void HostCommit(byte* sample, uint size, bool isDiscarded) =>
        Interlocked.Exchange(ref *(uint*)(sample - HeaderSize), size | (isDiscarded ? Discarded : 0));

    /// <summary>Waits as poll(2) does: at once while there is room, else until a program has drained. False after the time is over.</summary>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        try
        {
            using CancellationTokenRegistration registration = cancellation.Register(WakeUp);
            long start = Stopwatch.GetTimestamp();
            lock (_sleepers)
            {
                while (ProducerPosition - Volatile.Read(ref ConsumerPosition) >= Spec.MaxEntries - HeaderSize)
                {
                    cancellation.ThrowIfCancellationRequested();
                    TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
                    if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
                        return false;
                    Monitor.Wait(_sleepers, left);
                }
            }

            cancellation.ThrowIfCancellationRequested();
            return true;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Called by a program's thread when it has drained some: must be short, and must not throw.</summary>
    public event Action? Woken
    {
        add
        {
            lock (_sleepers)
                _woken += value;
        }

        remove
        {
            lock (_sleepers)
                _woken -= value;
        }
    }

    /// <summary>Wakes a host that waits for room.</summary>
    public void WakeUp()
    {
        Volatile.Read(ref _woken)?.Invoke();
        lock (_sleepers)
            Monitor.PulseAll(_sleepers);
    }

    /// <summary>Begins to take samples; false while another run does (-EBUSY).</summary>
    public bool TryBegin() => Interlocked.Exchange(ref *_isBusy, 1) == 0;

    /// <summary>Ends it.</summary>
    public void End() => Volatile.Write(ref *_isBusy, 0);

    /// <summary>The next sample, which stays until <see cref="Consume"/>: -ENODATA where there is none, -EAGAIN where one was skipped, and what is wrong with what the host wrote.</summary>
    public int Peek(out byte* sample, out uint size)
    {
        sample = null;
        size = 0;
        ulong producer = Volatile.Read(ref ProducerPosition);
        if (producer % 8 != 0)
            return -(int)Errno.EINVAL;
        ulong consumer = ConsumerPosition;
        if (consumer >= producer)
            return -(int)Errno.ENODATA;
        byte* header = _data + (consumer & _mask);
        uint word = Volatile.Read(ref *(uint*)header);
        size = word & ~(Busy | Discarded);
        ulong length = Length(size);
        if (length > producer - consumer)
            return -(int)Errno.EINVAL;
        if (length > Spec.MaxEntries || size > LargestSample)
            return -(int)Errno.E2BIG;
        if ((word & Discarded) != 0)
        {
            Consume(size);
            return -(int)Errno.EAGAIN;
        }

        sample = header + HeaderSize;
        return (word & Busy) != 0 ? -(int)Errno.ENODATA : 0;
    }

    /// <summary>Gives the room of a sample back to the host.</summary>
    public void Consume(uint size) => Volatile.Write(ref ConsumerPosition, ConsumerPosition + Length(size));

    private protected override void Build()
    {
        base.Build();
        _isBusy = (int*)Own(Heap.Allocate(64, 64, Purpose)).Address;
        _pages = Own(Heap.AllocatePages((3 * NativeHeap.PageSize) + (2UL * Spec.MaxEntries), Purpose)).Address;
        _data = _pages + (3 * NativeHeap.PageSize);
        Header->Mask = _mask;
        Header->Data = _data;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.ENOTSUPP;

    private protected override int DeleteElement(byte* key) => -(int)Errno.ENOTSUPP;

    private protected override int NextKey(byte* key, byte* next) => -(int)Errno.ENOTSUPP;
}
