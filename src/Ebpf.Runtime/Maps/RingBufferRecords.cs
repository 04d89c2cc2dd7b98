namespace Ebpf.Runtime.Maps;

/// <summary>How records lie in a ring buffer's memory, for the embedded map and for the kernel's, which is mapped.</summary>
/// <remarks>struct bpf_ringbuf_hdr in kernel/bpf/ringbuf.c; what consumers do is ringbuf_process_ring in libbpf's ringbuf.c.</remarks>
internal static unsafe class RingBufferRecords
{
    /// <summary>BPF_RINGBUF_HDR_SZ: length with two flags, then the distance in pages to the ring's first.</summary>
    public const uint HeaderSize = 8;

    /// <summary>BPF_RINGBUF_BUSY_BIT: reserved, not yet submitted or discarded.</summary>
    public const uint Busy = 1u << 31;

    /// <summary>BPF_RINGBUF_DISCARD_BIT: the consumer skips the record.</summary>
    public const uint Discarded = 1u << 30;

    /// <summary>Bytes that a record takes: with its header, up to the next 8.</summary>
    public static ulong Length(uint header) => ((header & ~(Busy | Discarded)) + HeaderSize + 7UL) & ~7UL;

    /// <summary>Goes to the next record that is ready, past discarded ones. False where there is none yet.</summary>
    /// <param name="data">The data, which goes on behind its end: mapped twice, or with as much room again.</param>
    /// <param name="mask">The data's size less one.</param>
    /// <param name="producer">Where the producer is; read anew.</param>
    /// <param name="position">Where the consumer is; goes behind the record.</param>
    /// <param name="record">The record's bytes, where they lie.</param>
    public static bool TryNext(byte* data, ulong mask, ref readonly ulong producer, scoped ref ulong position, out ReadOnlySpan<byte> record)
    {
        ulong end = Volatile.Read(in producer);
        while (position < end)
        {
            byte* header = data + (position & mask);
            uint length = Volatile.Read(ref *(uint*)header);
            if ((length & Busy) != 0)
                break;
            position += Length(length);
            if ((length & Discarded) == 0)
            {
                record = new ReadOnlySpan<byte>(header + HeaderSize, (int)length);
                return true;
            }
        }

        record = default;
        return false;
    }
}
