namespace Ebpf.Platforms;

/// <summary>Something that others are woken up for.</summary>
internal interface IWakeSource
{
    /// <summary>Raised when who waits should look again, on a thread of the other side or of the platform: must be short, and must not throw.</summary>
    event Action? Woken;
}

/// <summary>The consuming side of a ring buffer. One read at a time. It is woken up for records.</summary>
internal interface IRingConsumer : IWakeSource
{
    /// <summary>Records that found no room, as far as they are known; null where the platform cannot tell.</summary>
    ulong? Lost { get; }

    /// <summary>Bytes of records that were not read yet, whether they are ready or not.</summary>
    ulong AvailableBytes { get; }

    /// <summary>Begins to read a batch; false while another reads.</summary>
    bool TryBeginRead(out ulong position);

    /// <summary>Goes to the next record that is ready, in the map's own memory; false where there is none yet.</summary>
    bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record);

    /// <summary>Ends the read: the room of what lies before the position is given back.</summary>
    void EndRead(ulong position);

    /// <summary>Waits as poll(2) does: at once where there are records, ready or not, else for a wake-up. False after the time is over.</summary>
    bool Wait(TimeSpan timeout, CancellationToken cancellation);
}

/// <summary>The producing side of a user ring buffer. One producer at a time. It is woken up when a program has drained some.</summary>
internal interface IRingProducer : IWakeSource
{
    /// <summary>Reserves so many bytes; <see cref="Errno.ENOSPC"/> while there is no room, <see cref="Errno.E2BIG"/> where there never is.</summary>
    Errno Reserve(int size, out Span<byte> record);

    /// <summary>Makes a record that was reserved readable, or one that is passed over. Records are read in the order of their reservation.</summary>
    void Commit(Span<byte> record, bool isDiscarded);
}

/// <summary>The buffers of a PERF_EVENT_ARRAY. Disposing closes them: what programs put out then finds nobody.</summary>
internal interface IPerfBuffers : IDisposable
{
    /// <summary>One for each CPU.</summary>
    IReadOnlyList<(int Cpu, IRingConsumer Ring)> Rings { get; }
}
