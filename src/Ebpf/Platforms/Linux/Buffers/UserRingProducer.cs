using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>A user ring buffer of the kernel: the consumer's page is read, the producer's page and the data, twice behind it, are written.</summary>
/// <remarks>ringbuf_map_mmap_user in kernel/bpf/ringbuf.c, since Linux 6.1; user_ring_buffer__reserve in libbpf's ringbuf.c.</remarks>
internal sealed unsafe class UserRingProducer : IRingProducer, IDisposable
{
    private readonly WakeUpEvent _drained;
    private readonly MemoryMapping _memory;
    private readonly ulong _mask;

    private UserRingProducer(FileDescriptor map, uint size, MemoryMapping memory)
    {
        _drained = new WakeUpEvent(map, LibC.PollOut);
        _memory = memory;
        _mask = size - 1;
    }

    public event Action? Woken
    {
        add => _drained.Add(value);
        remove => _drained.Remove(value);
    }

    private ref ulong ProducerPosition => ref *(ulong*)_memory.Start;

    private ref ulong ConsumerPosition => ref *(ulong*)_memory.Companion!.Start;

    private byte* Data => _memory.Start + Environment.SystemPageSize;

    /// <summary>Maps a user ring buffer of so many bytes of data.</summary>
    public static UserRingProducer Open(FileDescriptor map, uint size, string name)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        using FileDescriptor.Lease lease = map.Use();
        Errno errno = MemoryMapping.Map(lease.Number, page, 0, isWritable: false, out MemoryMapping? consumer);
        MemoryMapping? producer = null;
        if (errno == Errno.None)
        {
            errno = MemoryMapping.Map(lease.Number, page + (2 * (nuint)size), (long)page, isWritable: true, out producer, consumer);
        }

        return producer is null
            ? throw new BpfException($"user ring buffer '{name}' cannot be mapped into memory: {errno}", errno)
            : new UserRingProducer(map, size, producer);
    }

    public Errno Reserve(int size, out Span<byte> record)
    {
        record = default;
        Hold();
        ulong length = RingBufferRecords.Length((uint)size);
        ulong position = ProducerPosition;
        Errno errno = length > _mask + 1 ? Errno.E2BIG
            : length > _mask + 1 - (position - Volatile.Read(ref ConsumerPosition)) ? Errno.ENOSPC
            : Errno.None;
        if (errno != Errno.None)
        {
            _memory.DangerousRelease();
            return errno;
        }

        byte* header = Data + (position & _mask);
        *(uint*)header = (uint)size | RingBufferRecords.Busy;
        *(uint*)(header + sizeof(uint)) = 0;
        Volatile.Write(ref ProducerPosition, position + length);
        record = new Span<byte>(header + RingBufferRecords.HeaderSize, size);
        return Errno.None;
    }

    public void Commit(Span<byte> record, bool isDiscarded)
    {
        byte* header = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(record)) - RingBufferRecords.HeaderSize;
        Interlocked.Exchange(ref *(uint*)header, (uint)record.Length | (isDiscarded ? RingBufferRecords.Discarded : 0));
        _memory.DangerousRelease();
    }

    public void Dispose()
    {
        _drained.Dispose();
        _memory.Dispose();
    }

    private void Hold() => ObjectDisposedException.ThrowIf(!_memory.TryHold(), typeof(BpfMap));
}
