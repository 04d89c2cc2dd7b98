using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <summary>A counter or clock of the kernel's perf events, on which a program of type perf_event can run.</summary>
/// <remarks>perf_event_open(2). Disposing closes it; a link that was made on it keeps what it needs.</remarks>
public sealed class PerfEvent : IDisposable
{
    // PERF_TYPE_SOFTWARE, and its events in enum perf_sw_ids.
    private const uint TypeSoftware = 1;
    private const ulong CpuClock = 0;

    private readonly string _name;

    private PerfEvent(string name, FileDescriptor descriptor)
    {
        _name = name;
        Descriptor = descriptor;
    }

    internal FileDescriptor Descriptor { get; }

    /// <summary>The descriptor, above 2.</summary>
    public int Fd => Descriptor.Number;

    /// <summary>A clock that fires on a CPU a number of times a second while anything runs there.</summary>
    /// <param name="cpu">The CPU, from 0.</param>
    /// <param name="frequency">Times a second.</param>
    /// <param name="pid">Only while this process runs; null for all.</param>
    public static PerfEvent OpenCpuClock(int cpu, int frequency, int? pid = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cpu);
        ArgumentOutOfRangeException.ThrowIfLessThan(frequency, 1);
        return Open($"cpu-clock on CPU {cpu}", TypeSoftware, CpuClock, (ulong)frequency, isFrequency: true, pid, cpu);
    }

    /// <summary>Any event by its numbers.</summary>
    /// <param name="type">PERF_TYPE_* in include/uapi/linux/perf_event.h, or a device's type below /sys/bus/event_source.</param>
    /// <param name="config">Which of that type.</param>
    /// <param name="period">Fires each time that it has counted so much; 0 counts without firing.</param>
    /// <param name="pid">Only for this process; null for all, which takes a CPU.</param>
    /// <param name="cpu">Only on this CPU; null for all, which takes a process.</param>
    public static PerfEvent Open(uint type, ulong config, ulong period, int? pid = null, int? cpu = null) =>
        Open($"event {type}:{config}", type, config, period, isFrequency: false, pid, cpu);

    /// <summary>Begins to count.</summary>
    public void Enable() => Check(PerfEventCalls.Enable(Descriptor.Number), "enabled");

    /// <summary>Stops counting.</summary>
    public void Disable() => Check(PerfEventCalls.Disable(Descriptor.Number), "disabled");

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <inheritdoc/>
    public override string ToString() => _name;

    private static PerfEvent Open(string name, uint type, ulong config, ulong period, bool isFrequency, int? pid, int? cpu)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BpfNotSupportedException("a perf event", "this machine's", "Linux");
        }

        var attributes = new PerfEventAttributes
        {
            Type = type,
            Config = config,
            SamplePeriod = period,
            Flags = PerfEventFlags.Disabled | (isFrequency ? PerfEventFlags.Frequency : PerfEventFlags.None),
        };
        Errno errno = PerfEventCalls.Open(ref attributes, pid ?? -1, cpu ?? -1, out FileDescriptor? opened);
        return errno == Errno.None
            ? new PerfEvent(name, opened!)
            : throw new BpfException($"perf event '{name}' cannot be opened: {errno}{(errno is Errno.EACCES or Errno.EPERM ? "; it takes root, CAP_PERFMON or a lower kernel.perf_event_paranoid" : "")}", errno);
    }

    private void Check(Errno errno, string what)
    {
        if (errno != Errno.None)
        {
            throw new BpfException($"perf event '{_name}' cannot be {what}: {errno}", errno);
        }
    }
}
