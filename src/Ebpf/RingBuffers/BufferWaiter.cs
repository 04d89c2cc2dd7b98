using System.Diagnostics;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>Waits for wake-ups of several buffers. Look at them after <see cref="Arm"/>: what comes after the look is not slept through.</summary>
internal sealed class BufferWaiter : IDisposable
{
    /// <summary>Programs can say that nobody is to be woken: such records are found at the latest after this.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<IWakeSource> _sources;
    private TaskCompletionSource _wakeUp = New();

    public BufferWaiter(params IReadOnlyList<IWakeSource> sources)
    {
        _sources = sources;
        foreach (IWakeSource source in sources)
        {
            source.Woken += Wake;
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

    /// <summary>Looks until there is something to be seen, after each wake-up anew; false after the time is over.</summary>
    public bool WaitFor(Func<bool> isThere, TimeSpan timeout, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Arm();
            if (isThere())
            {
                return true;
            }

            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? LongestWait : timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            _wakeUp.Task.Wait(left < LongestWait ? left : LongestWait, cancellation);
        }
    }

    /// <summary>Waits until a buffer has records, ready or not, and answers its position; -1 after the time is over.</summary>
    public static int WaitForAny(IReadOnlyList<IRingConsumer> rings, TimeSpan timeout, CancellationToken cancellation)
    {
        using var waiter = new BufferWaiter(rings);
        int found = -1;
        waiter.WaitFor(
            () =>
            {
                for (int i = 0; i < rings.Count && found < 0; i++)
                {
                    found = rings[i].AvailableBytes != 0 ? i : -1;
                }

                return found >= 0;
            },
            timeout,
            cancellation);
        return found;
    }

    public void Dispose()
    {
        foreach (IWakeSource source in _sources)
        {
            source.Woken -= Wake;
        }
    }

    private void Wake() => Volatile.Read(ref _wakeUp).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
