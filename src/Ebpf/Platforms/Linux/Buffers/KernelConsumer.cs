using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>What consumers of kernel buffers have in common: one read at a time, in mapped memory that stays while it is read, and wake-ups.</summary>
internal abstract unsafe class KernelConsumer(FileDescriptor descriptor, MemoryMapping memory) : IRingConsumer, IDisposable
{
    private readonly WakeUpEvent _wakeUps = new(descriptor, LibC.PollIn);
    private int _isReading;

    public event Action? Woken
    {
        add => _wakeUps.Add(value);
        remove => _wakeUps.Remove(value);
    }

    public abstract ulong? Lost { get; }

    public ulong AvailableBytes
    {
        get
        {
            Hold();
            try
            {
                ulong consumer = Volatile.Read(ref Consumer);
                return Volatile.Read(ref Producer) - consumer;
            }
            finally
            {
                memory.DangerousRelease();
            }
        }
    }

    /// <summary>Where the consumer is, in bytes since the beginning.</summary>
    protected abstract ref ulong Consumer { get; }

    /// <summary>Where the producer is.</summary>
    protected abstract ref ulong Producer { get; }

    public bool TryBeginRead(out ulong position)
    {
        position = 0;
        Hold();
        // The exchange is a full fence: a record that comes after the last look below either sees that the consumer caught up, and wakes it, or is seen.
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            position = Consumer;
            return true;
        }

        memory.DangerousRelease();
        return false;
    }

    public abstract bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record);

    public void EndRead(ulong position)
    {
        Volatile.Write(ref Consumer, position);
        Volatile.Write(ref _isReading, 0);
        memory.DangerousRelease();
    }

    public bool Wait(TimeSpan timeout, CancellationToken cancellation) => DescriptorWait.Wait(descriptor, LibC.PollIn, timeout, cancellation);

    public virtual void Dispose()
    {
        _wakeUps.Dispose();
        memory.Dispose();
    }

    private void Hold() => ObjectDisposedException.ThrowIf(!memory.TryHold(), typeof(BpfMap));
}
