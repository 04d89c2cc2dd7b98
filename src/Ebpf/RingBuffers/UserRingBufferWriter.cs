using Ebpf.Platforms;

namespace Ebpf;

/// <summary>Puts records into a user ring buffer, which programs drain (bpf_user_ringbuf_drain). For one writer at a time.</summary>
/// <remarks>On Linux since 6.1.</remarks>
public sealed class UserRingBufferWriter
{
    private readonly IRingProducer _ring;

    /// <summary>Writes to a map of type USER_RINGBUF.</summary>
    public UserRingBufferWriter(BpfMap map)
    {
        Map = map;
        _ring = map.Handle.UserRing ?? throw new ArgumentException($"map '{map.Name}' is of type {map.Type.Text()}, not a user_ringbuf", nameof(map));
    }

    /// <summary>The map that it writes.</summary>
    public BpfMap Map { get; }

    /// <summary>
    /// Reserves a record in the map's own memory: fill it in, then <see cref="UserRingBufferRecord.Submit"/> it. False while there is no room.
    /// </summary>
    /// <param name="size">Bytes.</param>
    /// <param name="record">The record. One that is disposed without being submitted is passed over by programs.</param>
    /// <exception cref="BpfException">The record is larger than the buffer (<see cref="Errno.E2BIG"/>).</exception>
    public bool TryReserve(int size, out UserRingBufferRecord record)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Errno errno = _ring.Reserve(size, out Span<byte> bytes);
        if (errno == Errno.E2BIG)
        {
            throw new BpfException($"a record of {size} bytes never fits user ring buffer '{Map.Name}' of {Map.MaxEntries} bytes", errno);
        }

        record = errno == Errno.None ? new UserRingBufferRecord(_ring, bytes) : default;
        return errno == Errno.None;
    }

    /// <summary>Puts a copy into the buffer; false while there is no room.</summary>
    /// <exception cref="BpfException">The record is larger than the buffer (<see cref="Errno.E2BIG"/>).</exception>
    public bool TryWrite(ReadOnlySpan<byte> data)
    {
        if (!TryReserve(data.Length, out UserRingBufferRecord record))
        {
            return false;
        }

        data.CopyTo(record.Data);
        record.Submit();
        return true;
    }

    /// <summary>Puts a copy into the buffer, and waits for programs to drain it while there is no room. False after the time is over.</summary>
    /// <exception cref="BpfException">The record is larger than the buffer (<see cref="Errno.E2BIG"/>).</exception>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public bool Write(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellation = default)
    {
        if (TryWrite(data.Span))
        {
            return true;
        }

        using var waiter = new BufferWaiter(_ring);
        return waiter.WaitFor(() => TryWrite(data.Span), timeout, cancellation);
    }
}

/// <summary>A record that is reserved in a user ring buffer.</summary>
public ref struct UserRingBufferRecord
{
    private IRingProducer? _ring;

    internal UserRingBufferRecord(IRingProducer ring, Span<byte> data)
    {
        _ring = ring;
        Data = data;
    }

    /// <summary>Its bytes, as they were left by records before: fill in all of them.</summary>
    public Span<byte> Data { get; }

    /// <summary>Programs can read it from now on.</summary>
    /// <exception cref="InvalidOperationException">It was submitted or disposed already.</exception>
    public void Submit()
    {
        IRingProducer ring = _ring ?? throw new InvalidOperationException("the record is not reserved any more");
        _ring = null;
        ring.Commit(Data, isDiscarded: false);
    }

    /// <summary>Gives it up, unless it was submitted: programs pass it over.</summary>
    public void Dispose()
    {
        _ring?.Commit(Data, isDiscarded: true);
        _ring = null;
    }
}
