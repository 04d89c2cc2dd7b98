using System.Collections.Concurrent;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Timers;

/// <summary>
/// The bpf_timers of an engine's maps, by the address of their field. The field itself stays zero: an unverified program could write into it. Safe for concurrent use.
/// </summary>
/// <param name="time">The clock that timers run on.</param>
internal sealed class TimerTable(TimeProvider time)
{
    private readonly ConcurrentDictionary<nint, ElementTimer> _timers = new();
    private int _callbacks;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <summary>Called with what went wrong in a callback: there is no caller to tell. The thread that the callback ran on is not the host's.</summary>
    internal event Action<Exception>? Failed;

    /// <summary>How many timers there are.</summary>
    internal int Count => _timers.Count;

    /// <summary>bpf_timer_init: -EBUSY where there is one already, -EPERM where the map's owner has given it up.</summary>
    internal int Add(nint field, EmbeddedMap map, nint value)
    {
        if (_timers.ContainsKey(field))
            return -(int)Errno.EBUSY;
        var timer = new ElementTimer(this, map, value);
        if (!_timers.TryAdd(field, timer))
        {
            timer.Dispose();
            return -(int)Errno.EBUSY;
        }

        // The owner may have gone meanwhile, and not have seen this one.
        if (!map.IsOwnerGone)
            return 0;
        Drop(field);
        return -(int)Errno.EPERM;
    }

    /// <summary>The timer of a field; null where it was not initialised.</summary>
    internal ElementTimer? Find(nint field) => _timers.GetValueOrDefault(field);

    /// <summary>Ends the timer of a field, whose element is about to go.</summary>
    internal void Drop(nint field)
    {
        if (!_timers.IsEmpty && _timers.TryRemove(field, out ElementTimer? timer))
            timer.Dispose();
    }

    /// <summary>A timer's thread has come: what its callback needs stays until <see cref="EndCallback"/>.</summary>
    internal void BeginCallback() => Interlocked.Increment(ref _callbacks);

    internal void EndCallback() => Interlocked.Decrement(ref _callbacks);

    /// <summary>Waits until no timer's thread is under way. Those of timers that are gone find nothing to do.</summary>
    internal void WaitForCallbacks()
    {
        SpinWait spin = default;
        while (Volatile.Read(ref _callbacks) != 0)
            spin.SpinOnce();
    }

    internal void Report(Exception error) => Failed?.Invoke(error);
}
