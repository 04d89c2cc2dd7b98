using System.Diagnostics;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>Waits until one of several buffers has records. Look at them after <see cref="Arm"/>: a record that comes after the look is not slept through.</summary>
internal sealed class BufferWaiter : IDisposable
{
    /// <summary>Programs can say that nobody is to be woken: such records are found at the latest after this.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<IRingConsumer> _rings;
    private TaskCompletionSource _wakeUp = New();

    public BufferWaiter(IReadOnlyList<IRingConsumer> rings)
    {
        _rings = rings;
        foreach (IRingConsumer ring in rings)
        {
            ring.Woken += Wake;
        }
    }

    /// <summary>From now on a wake-up ends the next wait.</summary>
    public void Arm() => Volatile.Write(ref _wakeUp, New());

    /// <summary>Waits for a wake-up since <see cref="Arm"/>, and not longer than it is certain that there is nothing.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await Volatile.Read(ref _wakeUp).Task.WaitAsync(LongestWait, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    /// <summary>Waits until a buffer has records, ready or not; -1 after the time is over.</summary>
    public int WaitForAny(TimeSpan timeout, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Arm();
            for (int i = 0; i < _rings.Count; i++)
            {
                if (_rings[i].AvailableBytes != 0)
                {
                    return i;
                }
            }

            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? LongestWait : timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return -1;
            }

            _wakeUp.Task.Wait(left < LongestWait ? left : LongestWait, cancellation);
        }
    }

    public void Dispose()
    {
        foreach (IRingConsumer ring in _rings)
        {
            ring.Woken -= Wake;
        }
    }

    private void Wake() => Volatile.Read(ref _wakeUp).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
