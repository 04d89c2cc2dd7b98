using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Timers;

/// <summary>A bpf_timer: calls a function of the program that set it, with the map, the key and the value of its element, on a thread of its own.</summary>
/// <remarks>kernel/bpf/helpers.c. Unlike the kernel's, cancelling does not wait for a callback that runs.</remarks>
internal sealed class ElementTimer : IDisposable
{
    /// <remarks>BPF_F_TIMER_ABS and BPF_F_TIMER_CPU_PIN in include/uapi/linux/bpf.h; the second means nothing here.</remarks>
    private const ulong IsAbsolute = 1, IsPinned = 2;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(40);

    private readonly Lock _gate = new();
    private readonly TimerTable _table;
    private readonly EmbeddedMap _map;
    private readonly nint _value;
    private readonly ITimer _timer;
    private EmbeddedProgram? _program;
    private ulong _function;
    private long _due;
    private bool _isArmed;
    private bool _isGone;
    private int _runningThread;

    internal ElementTimer(TimerTable table, EmbeddedMap map, nint value)
    {
        _table = table;
        _map = map;
        _value = value;
        _timer = table.Time.CreateTimer(static state => ((ElementTimer)state!).Call(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>bpf_timer_set_callback.</summary>
    internal int SetCallback(EmbeddedProgram program, ulong function)
    {
        EmbeddedProgram? old;
        lock (_gate)
        {
            if (_isGone || !program.TryAddReference())
                return -(int)Errno.EINVAL;
            old = _program;
            _program = program;
            _function = function;
        }

        old?.Release();
        return 0;
    }

    /// <summary>bpf_timer_start.</summary>
    internal int Start(ulong nanoseconds, ulong flags, ulong now)
    {
        if ((flags & ~(IsAbsolute | IsPinned)) != 0)
            return -(int)Errno.EINVAL;
        ulong wait = (flags & IsAbsolute) == 0 ? nanoseconds : nanoseconds > now ? nanoseconds - now : 0;
        lock (_gate)
        {
            if (_isGone || _program is null)
                return -(int)Errno.EINVAL;
            _isArmed = true;
            // A tick is 100 ns: never too early.
            TimeSpan time = wait / 100 >= (ulong)s_longest.Ticks ? s_longest : TimeSpan.FromTicks((long)((wait + 99) / 100));
            _due = _table.Time.GetTimestamp() + (long)(time.TotalSeconds * _table.Time.TimestampFrequency);
            _timer.Change(time, Timeout.InfiniteTimeSpan);
        }

        return 0;
    }

    /// <summary>bpf_timer_cancel: 1 where it was armed, 0 where not, -EDEADLK in its own callback.</summary>
    internal int Cancel()
    {
        lock (_gate)
        {
            if (_runningThread == Environment.CurrentManagedThreadId)
                return -(int)Errno.EDEADLK;
            bool wasArmed = _isArmed;
            _isArmed = false;
            if (wasArmed)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return wasArmed ? 1 : 0;
        }
    }

    /// <summary>Ends it for good.</summary>
    public void Dispose()
    {
        EmbeddedProgram? program;
        lock (_gate)
        {
            _isGone = true;
            _isArmed = false;
            program = _program;
            _program = null;
        }

        _timer.Dispose();
        program?.Release();
    }

    private void Call()
    {
        _table.BeginCallback();
        try
        {
            Fire();
        }
        finally
        {
            _table.EndCallback();
        }
    }

    private void Fire()
    {
        EmbeddedProgram? program;
        ulong function;
        lock (_gate)
        {
            program = _program;
            function = _function;
            if (!_isArmed || program is null)
                return;
            // It may have been started anew, and this be the old time's call; or the system's timers are coarser than its clock, as on Windows.
            long early = _due - _table.Time.GetTimestamp();
            if (early > 0)
            {
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(early * 1000.0 / _table.Time.TimestampFrequency)), Timeout.InfiniteTimeSpan);
                return;
            }

            if (!program.TryAddReference())
                return;
        }

        try
        {
            program.RunTimer(function, _map, _value, TryBegin);
        }
        catch (Exception e)
        {
            _table.Report(e);
        }
        finally
        {
            lock (_gate)
                _runningThread = 0;
            program.Release();
        }
    }

    /// <summary>Asked once the run holds its slot: an element that is still there now stays until the run is over.</summary>
    private bool TryBegin()
    {
        lock (_gate)
        {
            if (!_isArmed)
                return false;
            _isArmed = false;
            _runningThread = Environment.CurrentManagedThreadId;
            return true;
        }
    }
}
