using System.Globalization;
using System.Text;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Platforms.Linux.PerfEvents;

/// <summary>A kprobe or uprobe that is to be opened as a perf event.</summary>
/// <param name="IsUser">Whether it is in a user program.</param>
/// <param name="IsReturn">Whether it is at the function's return.</param>
/// <param name="Target">The kernel function's or the file's name; null for a kprobe at an address.</param>
/// <param name="Offset">In the function, in the file, or the address.</param>
/// <param name="Pid">The process for uprobes; -1 for all.</param>
/// <param name="SemaphoreOffset">Where the file has a counter that the kernel counts up while the probe is there; 0 for none.</param>
internal readonly record struct ProbePlace(bool IsUser, bool IsReturn, string? Target, ulong Offset, int Pid = -1, ulong SemaphoreOffset = 0);

/// <summary>An open perf event for a probe, and how it is taken away again.</summary>
/// <param name="Event">The event.</param>
/// <param name="LegacyName">The name in tracefs where the probe was made there; it must be removed after the event is closed.</param>
internal readonly record struct ProbeEvent(FileDescriptor Event, string? LegacyName)
{
    private const int SemaphoreShift = 32;

    private static int s_serial;

    /// <summary>Whether the kernel can open probes without tracefs; since Linux 4.17.</summary>
    public static bool HasPerfProbes(bool user) => File.Exists(Device(user) + "type");

    /// <summary>Opens a probe as a perf event.</summary>
    /// <remarks>perf_event_open_probe in libbpf.c.</remarks>
    public static unsafe Errno Open(in ProbePlace place, out ProbeEvent probe)
    {
        probe = default;
        if (place.SemaphoreOffset > uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        string device = Device(place.IsUser);
        if (!SysFile.TryReadNumber(device + "type", "", out ulong type))
        {
            return Errno.ENOENT;
        }

        ulong config = place.SemaphoreOffset << SemaphoreShift;
        if (place.IsReturn)
        {
            if (!SysFile.TryReadNumber(device + "format/retprobe", "config:", out ulong bit))
            {
                return Errno.ENOENT;
            }

            config |= 1ul << (int)bit;
        }

        fixed (byte* name = place.Target is null ? null : Bpf.ZeroEnded(place.Target))
        {
            var attributes = new PerfEventAttributes { Type = (uint)type, Config = config, Config1 = (ulong)name, Config2 = place.Offset };
            Errno errno = PerfEventCalls.Open(ref attributes, place.Pid, place.Pid == -1 ? 0 : -1, out FileDescriptor? opened);
            if (errno == Errno.None)
            {
                probe = new ProbeEvent(opened!, null);
            }

            return errno;
        }
    }

    /// <summary>Makes a probe in tracefs, and opens it as a tracepoint: for kernels before 4.17.</summary>
    /// <remarks>perf_event_kprobe_open_legacy and perf_event_uprobe_open_legacy in libbpf.c.</remarks>
    public static Errno OpenLegacy(in ProbePlace place, out ProbeEvent probe)
    {
        probe = default;
        if (place.Target is null || place.SemaphoreOffset != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        string name = LegacyEventName(place);
        string group = Group(place.IsUser, place.IsReturn);
        string where = place.IsUser ? $"{place.Target}:0x{place.Offset:x}" : $"{place.Target}+0x{place.Offset:x}";
        Errno errno = TraceFs.AppendLine(EventsFile(place.IsUser), $"{(place.IsReturn ? 'r' : 'p')}:{group}/{name} {where}");
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = TraceFs.OpenTracepoint(group, name, place.Pid, out FileDescriptor? opened);
        if (errno == Errno.None)
        {
            probe = new ProbeEvent(opened!, $"{group}/{name}");
        }
        else
        {
            _ = Remove(place.IsUser, $"{group}/{name}");
        }

        return errno;
    }

    /// <summary>Removes a probe that was made in tracefs.</summary>
    public static Errno Remove(bool user, string legacyName) => TraceFs.AppendLine(EventsFile(user), "-:" + legacyName);

    private static string Device(bool user) => user ? "/sys/bus/event_source/devices/uprobe/" : "/sys/bus/event_source/devices/kprobe/";

    private static string EventsFile(bool user) => user ? "uprobe_events" : "kprobe_events";

    private static string Group(bool user, bool isReturn) => (user ? "u" : "k") + (isReturn ? "retprobes" : "probes");

    /// <summary>A name that no other probe of this machine has: with the process, a serial number, and the place for the reader.</summary>
    private static string LegacyEventName(in ProbePlace place)
    {
        // MAX_EVENT_NAME_LEN in the kernel's trace_probe.h is 64, with the terminating zero.
        const int LongestName = 63;
        string target = place.IsUser ? Path.GetFileName(place.Target!) : place.Target!;
        string text = string.Create(CultureInfo.InvariantCulture, $"ebpf_{Environment.ProcessId}_{Interlocked.Increment(ref s_serial)}_{target}_0x{place.Offset:x}");
        var name = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        return name.ToString(0, Math.Min(name.Length, LongestName));
    }
}
