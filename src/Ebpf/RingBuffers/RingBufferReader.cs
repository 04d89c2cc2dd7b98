using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>
/// Reads the records that programs put into a ring buffer: batches in the map's own memory (<see cref="Lease"/>), copies one by one
/// (<see cref="TryRead"/>), or copies as they come (<see cref="ReadAllAsync(CancellationToken)"/>). For one reader at a time; producers never wait for it.
/// </summary>
/// <remarks>On Linux since 5.8. The kernel does not count records that found no room: let the program count them, as it sees the reservation fail.</remarks>
public sealed class RingBufferReader
{
    private const long None = 0;

    private readonly IRingConsumer _ring;
    private long _leases;
    private long _lease;
    private ulong _position;

    /// <summary>Reads from a map of type RINGBUF.</summary>
    public RingBufferReader(BpfMap map)
    {
        Map = map;
        _ring = map.Handle.Ring ?? throw new ArgumentException($"map '{map.Name}' is of type {map.Type}, not a ring buffer", nameof(map));
    }

    /// <summary>The map that it reads.</summary>
    public BpfMap Map { get; }

    /// <summary>Records that found no room since the map was created; null where the platform cannot tell.</summary>
    public ulong? Lost => _ring.Lost;

    /// <summary>Bytes of records that were not read yet, whether they are ready or not.</summary>
    public ulong AvailableBytes => _ring.AvailableBytes;

    /// <summary>
    /// A batch of records, read in the map's own memory. Disposing it gives the room of all that were enumerated back to the producers, at once.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another batch is not disposed yet.</exception>
    public RingBufferBatch Lease()
    {
        if (!_ring.TryBeginRead(out ulong position))
        {
            throw new InvalidOperationException($"ring buffer '{Map.Name}' is being read: dispose the other batch first");
        }

        _position = position;
        long lease = Interlocked.Increment(ref _leases);
        Volatile.Write(ref _lease, lease);
        return new RingBufferBatch(this, lease);
    }

    /// <summary>A copy of the oldest record; null where there is none.</summary>
    public byte[]? TryRead()
    {
        using RingBufferBatch batch = Lease();
        return batch.MoveNext() ? batch.Current.ToArray() : null;
    }

    /// <summary>Waits until there are records, ready or not; at once where there are. False after the time is over.</summary>
    /// <remarks>A record whose producer said that nobody is to be woken (BPF_RB_NO_WAKEUP) ends no wait that has begun before it.</remarks>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default) => _ring.Wait(timeout, cancellation);

    /// <summary>Waits until one of several ring buffers has records, and answers its position; -1 after the time is over.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public static int WaitAny(IReadOnlyList<RingBufferReader> readers, TimeSpan timeout, CancellationToken cancellation = default) =>
        BufferWaiter.WaitForAny([.. readers.Select(static r => r._ring)], timeout, cancellation);

    /// <summary>Copies of all records as they come, until cancelled.</summary>
    public async IAsyncEnumerable<byte[]> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach ((_, byte[] record) in ReadAllAsync([this], cancellation).ConfigureAwait(false))
        {
            yield return record;
        }
    }

    /// <summary>All records as they come, as a value of their type, until cancelled.</summary>
    /// <typeparam name="T">The record's layout. Longer records are cut, shorter ones are an error.</typeparam>
    /// <exception cref="BpfException">A record is shorter than <typeparamref name="T"/>.</exception>
    public async IAsyncEnumerable<T> ReadAllAsync<T>([EnumeratorCancellation] CancellationToken cancellation = default) where T : unmanaged
    {
        await foreach ((_, byte[] record) in ReadAllAsync([this], cancellation).ConfigureAwait(false))
        {
            yield return MemoryMarshal.TryRead(record, out T value)
                ? value
                : throw new BpfException($"ring buffer '{Map.Name}' has a record of {record.Length} bytes: too short for {typeof(T).Name}, which has {Unsafe.SizeOf<T>()}", Errno.EINVAL);
        }
    }

    /// <summary>Copies of the records of several ring buffers as they come, until cancelled; those of one map are in order.</summary>
    public static async IAsyncEnumerable<(RingBufferReader Reader, byte[] Record)> ReadAllAsync(
        IReadOnlyList<RingBufferReader> readers, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var waiter = new BufferWaiter([.. readers.Select(static r => r._ring)]);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            waiter.Arm();
            foreach (RingBufferReader reader in readers)
            {
                while (reader.TryRead() is { } record)
                {
                    yield return (reader, record);
                    cancellation.ThrowIfCancellationRequested();
                }
            }

            await waiter.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    internal bool Next(long lease, out ReadOnlySpan<byte> record)
    {
        record = default;
        return Volatile.Read(ref _lease) == lease && _ring.TryPeek(ref _position, out record);
    }

    internal void End(long lease)
    {
        if (Interlocked.CompareExchange(ref _lease, None, lease) == lease)
        {
            _ring.EndRead(_position);
        }
    }
}
