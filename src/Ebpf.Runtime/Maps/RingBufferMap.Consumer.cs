using System.Diagnostics;

namespace Ebpf.Runtime.Maps;

/// <summary>The host's side of a ring buffer: one consumer at a time reads records in order, where they lie.</summary>
internal sealed unsafe partial class RingBufferMap
{
    private readonly object _sleepers = new();
    private int _sleeperCount;
    private long _wakeUps;
    private int _isLeased;
    private Action? _woken;

    /// <summary>Called by a program's thread whenever the kernel would wake who polls: must be short, and must not throw.</summary>
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

    /// <summary>
    /// Leases the next record that is ready, without copying it: its room is given back when the lease is disposed. False where there is none yet.
    /// </summary>
    /// <exception cref="InvalidOperationException">The record before has not been given back.</exception>
    public bool TryRead(out RingBufferLease lease)
    {
        if (!TryBeginRead(out ulong position))
            throw new InvalidOperationException($"ring buffer '{Spec.Name}': dispose the record before reading the next");

        if (TryPeek(ref position, out ReadOnlySpan<byte> record))
        {
            lease = new RingBufferLease(this, record, position);
            return true;
        }

        lease = default;
        EndRead(position);
        return false;
    }

    /// <summary>Begins to read a batch where the consumer is; false while another reads. End it with <see cref="EndRead"/>.</summary>
    public bool TryBeginRead(out ulong position)
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        position = 0;
        if (Interlocked.Exchange(ref _isLeased, 1) == 0)
        {
            // Only who holds the lease moves it.
            position = ConsumerPosition;
            return true;
        }

        Release();
        return false;
    }

    /// <summary>Goes to the next record that is ready, past discarded ones. It stays valid until the read ends. False where there is none yet.</summary>
    public bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record) =>
        RingBufferRecords.TryNext(_data, _mask, ref ProducerPosition, ref position, out record);

    /// <summary>Ends a read: the room of what lies before the position is given back.</summary>
    public void EndRead(ulong position)
    {
        Volatile.Write(ref ConsumerPosition, position);
        Volatile.Write(ref _isLeased, 0);
        Release();
    }

    /// <summary>
    /// Waits as poll(2) does: at once where there are records, ready or not, else until a program wakes the consumer. False after the time is over.
    /// </summary>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        try
        {
            // From here on programs look for sleepers; the fence is in the increment.
            Interlocked.Increment(ref _sleeperCount);
            using CancellationTokenRegistration registration = cancellation.Register(WakeUp);
            long start = Stopwatch.GetTimestamp();
            lock (_sleepers)
            {
                long seen = _wakeUps;
                if (AvailableBytes != 0)
                    return true;
                while (seen == _wakeUps)
                {
                    cancellation.ThrowIfCancellationRequested();
                    TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
                    if (timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
                        return AvailableBytes != 0;
                    Monitor.Wait(_sleepers, left);
                }
            }

            cancellation.ThrowIfCancellationRequested();
            return AvailableBytes != 0;
        }
        finally
        {
            Interlocked.Decrement(ref _sleeperCount);
            Release();
        }
    }

    private void WakeUp()
    {
        Volatile.Read(ref _woken)?.Invoke();
        if (Volatile.Read(ref _sleeperCount) == 0)
            return;
        lock (_sleepers)
        {
            _wakeUps++;
            Monitor.PulseAll(_sleepers);
        }
    }
}

/// <summary>A record in a ring buffer, where it lies; dispose it to go on.</summary>
internal ref struct RingBufferLease : IDisposable
{
    private readonly ulong _next;
    private RingBufferMap? _map;

    internal RingBufferLease(RingBufferMap map, ReadOnlySpan<byte> record, ulong next)
    {
        _map = map;
        _next = next;
        Record = record;
    }

    /// <summary>The record's bytes, valid until the lease is disposed.</summary>
    public ReadOnlySpan<byte> Record { get; }

    /// <summary>Gives the record's room back.</summary>
    public void Dispose()
    {
        _map?.EndRead(_next);
        _map = null;
    }
}
