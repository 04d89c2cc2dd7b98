using System.Runtime.CompilerServices;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>Reads the records that programs put into a ring buffer. For one reader at a time; producers never wait for it.</summary>
public sealed class RingBufferReader
{
    /// <summary>Programs can say that nobody is to be woken: such records are found at the latest after this.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

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

    /// <summary>Copies of all records as they come, until cancelled.</summary>
    public async IAsyncEnumerable<byte[]> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        TaskCompletionSource wakeUp = NewWakeUp();
        void Wake() => Volatile.Read(ref wakeUp).TrySetResult();
        _ring.Woken += Wake;
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                // Made before the look, so that a record that comes right after it is not slept through.
                TaskCompletionSource next = NewWakeUp();
                Volatile.Write(ref wakeUp, next);
                while (TryRead() is { } record)
                {
                    yield return record;
                }

                await Task.WhenAny(next.Task, Task.Delay(LongestWait, cancellation)).ConfigureAwait(false);
            }
        }
        finally
        {
            _ring.Woken -= Wake;
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

    private static TaskCompletionSource NewWakeUp() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Records of a ring buffer in its own memory: <c>foreach</c> over it, which disposes it at its end.</summary>
public ref struct RingBufferBatch
{
    private readonly RingBufferReader _reader;
    private readonly long _lease;
    private ReadOnlySpan<byte> _current;

    internal RingBufferBatch(RingBufferReader reader, long lease)
    {
        _reader = reader;
        _lease = lease;
    }

    /// <summary>The record, valid until the batch is disposed.</summary>
    public readonly ReadOnlySpan<byte> Current => _current;

    /// <summary>The batch itself, for foreach.</summary>
    public readonly RingBufferBatch GetEnumerator() => this;

    /// <summary>Goes to the next record that its producer did not discard.</summary>
    public bool MoveNext() => _reader.Next(_lease, out _current);

    /// <summary>Gives the space of what was enumerated back. Once is enough, for all copies.</summary>
    public void Dispose()
    {
        _current = default;
        _reader.End(_lease);
    }
}
