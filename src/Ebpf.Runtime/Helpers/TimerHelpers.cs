using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Timers;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Helpers;

/// <summary>Timers in map values.</summary>
/// <remarks>kernel/bpf/helpers.c.</remarks>
internal static unsafe class TimerHelpers
{
    private const ulong Realtime = 0, Monotonic = 1, BootTime = 7;

    /// <summary>bpf_timer_init(timer, map, clock).</summary>
    internal static ulong Init(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r2, out EmbeddedMap map) || !run.CanWrite(r1, 16))
            return 0;
        if (map.Timers is not { } timers || !IsTimer(run, map, r1))
        {
            run.Stop($"0x{r1:x} is no timer of map '{map.Spec.Name}'");
            return 0;
        }

        if (r3 is not (Realtime or Monotonic or BootTime))
            return Run.Result(Errno.EINVAL);
        return Run.Result(timers.Add((nint)r1, map, (nint)(r1 - (ulong)map.TimerOffset)));
    }

    /// <summary>bpf_timer_set_callback(timer, callback).</summary>
    internal static ulong SetCallback(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (run.FunctionOwner(r2) is not { } program)
        {
            run.Stop($"0x{r2:x} is not the address of a function of this program");
            return 0;
        }

        return Find(run, r1) is { } timer ? Run.Result(timer.SetCallback(program, r2)) : Run.Result(Errno.EINVAL);
    }

    /// <summary>bpf_timer_start(timer, nanoseconds, flags).</summary>
    internal static ulong Start(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        Find(run, r1) is { } timer ? Run.Result(timer.Start(r2, r3, run.Clock.Nanoseconds)) : Run.Result(Errno.EINVAL);

    /// <summary>bpf_timer_cancel(timer).</summary>
    internal static ulong Cancel(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        Find(run, r1) is { } timer ? Run.Result(timer.Cancel()) : Run.Result(Errno.EINVAL);

    private static ElementTimer? Find(Run run, ulong field) => run.Engine.Timers.Find((nint)field);

    private static bool IsTimer(Run run, EmbeddedMap map, ulong field) => !run.IsChecking
        || (run.Memory.TryFind(field, 16, out MemoryRegion region) && region.Kind == MemoryKinds.MapValue && region.Name == map.Spec.Name && field - region.Start == (ulong)map.TimerOffset);
}
