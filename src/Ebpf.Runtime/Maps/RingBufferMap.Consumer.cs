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
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        if (Interlocked.Exchange(ref _isLeased, 1) != 0)
        {
            Release();
            throw new InvalidOperationException($"ring buffer '{Spec.Name}': dispose the record before reading the next");
        }

        ulong position = ConsumerPosition;
        ulong producer = Volatile.Read(ref ProducerPosition);
        while (position < producer)
        {
            byte* header = _data + (position & _mask);
            uint length = Volatile.Read(ref *(uint*)header);
            if ((length & Busy) != 0)
                break;
            ulong next = position + RecordLength(length);
            if ((length & Discarded) == 0)
            {
                lease = new RingBufferLease(this, header + HeaderSize, (int)length, next);
                return true;
            }

            position = next;
            Volatile.Write(ref ConsumerPosition, position);
        }

        lease = default;
        EndLease();
        return false;
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

    internal void EndLease(ulong position)
    {
        Volatile.Write(ref ConsumerPosition, position);
        EndLease();
    }

    private void EndLease()
    {
        Volatile.Write(ref _isLeased, 0);
        Release();
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
internal unsafe ref struct RingBufferLease : IDisposable
{
    private readonly byte* _record;
    private readonly int _length;
    private readonly ulong _next;
    private RingBufferMap? _map;

    internal RingBufferLease(RingBufferMap map, byte* record, int length, ulong next)
    {
        _map = map;
        _record = record;
        _length = length;
        _next = next;
    }

    /// <summary>The record's bytes, valid until the lease is disposed.</summary>
    public readonly ReadOnlySpan<byte> Record => new(_record, _length);

    /// <summary>Gives the record's room back.</summary>
    public void Dispose()
    {
        _map?.EndLease(_next);
        _map = null;
    }
}
