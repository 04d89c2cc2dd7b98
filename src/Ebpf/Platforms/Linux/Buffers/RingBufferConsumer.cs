using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>A ring buffer of the kernel: the consumer's page is written, the producer's page and the data, twice behind it, are read.</summary>
/// <remarks>ringbuf_map_mmap_kern in kernel/bpf/ringbuf.c; since Linux 5.8. The kernel does not count records that found no room.</remarks>
internal sealed unsafe class RingBufferConsumer : KernelConsumer
{
    private readonly MemoryMapping _producer;
    private readonly ulong _mask;

    private RingBufferConsumer(FileDescriptor map, uint size, MemoryMapping producer) : base(map, producer)
    {
        _producer = producer;
        _mask = size - 1;
    }

    public override ulong? Lost => null;

    protected override ref ulong Consumer => ref *(ulong*)_producer.Companion!.Start;

    protected override ref ulong Producer => ref *(ulong*)_producer.Start;

    /// <summary>Maps a ring buffer of so many bytes of data.</summary>
    /// <param name="map">The map; it is not owned.</param>
    /// <param name="size">Its max_entries.</param>
    /// <param name="name">Its name, for messages.</param>
    public static RingBufferConsumer Open(FileDescriptor map, uint size, string name)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        using FileDescriptor.Lease lease = map.Use();
        Errno errno = MemoryMapping.Map(lease.Number, page, 0, isWritable: true, out MemoryMapping? consumer);
        MemoryMapping? producer = null;
        if (errno == Errno.None)
        {
            errno = MemoryMapping.Map(lease.Number, page + (2 * (nuint)size), (long)page, isWritable: false, out producer, consumer);
        }

        if (producer is null)
        {
            throw new BpfException($"ring buffer '{name}' cannot be mapped into memory: {errno}", errno);
        }

        return new RingBufferConsumer(map, size, producer);
    }

    public override bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record) =>
        RingBufferRecords.TryNext(_producer.Start + Environment.SystemPageSize, _mask, ref Producer, ref position, out record);
}
