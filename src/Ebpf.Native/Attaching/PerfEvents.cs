using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>perf_event_open(2): what probes and tracepoints are attached through.</summary>
internal static unsafe partial class PerfEvents
{
    // include/uapi/linux/perf_event.h.
    public const nuint IoctlEnable = 0x2400;
    public const nuint IoctlDisable = 0x2401;
    public const nuint IoctlSetBpf = 0x40042408;
    private const nuint CloseOnExec = 8;
    private const uint TypeTracepoint = 2;
    private const int ReferenceCounterShift = 32;

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int fd, nuint request, nint argument);

    /// <summary>ioctl(2), with its error as a negative number.</summary>
    public static int Ioctl(int fd, nuint request, int argument = 0) => Control(fd, request, argument) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Opens an event: a descriptor, or a negative errno.</summary>
    public static int Open(PerfEventAttributes* attributes, int pid, int cpu)
    {
        attributes->Size = (uint)sizeof(PerfEventAttributes);
        long fd = LibC.Syscall(SyscallNumbers.PerfEventOpen, (nint)attributes, pid, cpu, -1, (nint)CloseOnExec);
        return fd >= 0 ? (int)fd : -Marshal.GetLastPInvokeError();
    }

    public static int OpenTracepoint(string category, string name)
    {
        int id = ReadNumber($"{TraceFs}/events/{category}/{name}/id");
        if (id < 0)
        {
            Print.Warn($"failed to determine tracepoint '{category}/{name}' perf event ID: {ErrorText.Symbol((Errno)(-id))}\n");
            return id;
        }

        var attributes = new PerfEventAttributes { Type = TypeTracepoint, Config = (uint)id };
        int fd = Open(&attributes, -1, 0);
        if (fd < 0)
        {
            Print.Warn($"tracepoint '{category}/{name}' perf_event_open() failed: {ErrorText.Symbol((Errno)(-fd))}\n");
        }

        return fd;
    }

    /// <summary>Opens a probe of a function of the kernel, or of a file.</summary>
    /// <param name="kind">"kprobe" or "uprobe".</param>
    /// <param name="isReturn">Whether it is for the function's return.</param>
    /// <param name="name">The function or the file; null for an address of the kernel.</param>
    /// <param name="offset">Into the function or the file.</param>
    /// <param name="pid">The process, -1 for all.</param>
    /// <param name="referenceCounter">Where in the file a counter of probes is; 0 for nowhere.</param>
    public static int OpenProbe(string kind, bool isReturn, string? name, ulong offset, int pid, ulong referenceCounter)
    {
        int type = ReadNumber($"/sys/bus/event_source/devices/{kind}/type");
        if (type < 0)
        {
            Print.Warn($"failed to determine {kind} perf type: {ErrorText.Symbol((Errno)(-type))}\n");
            return type;
        }

        var attributes = new PerfEventAttributes { Type = (uint)type, Config = referenceCounter << ReferenceCounterShift, Config2 = offset };
        if (isReturn)
        {
            int bit = ReadNumber($"/sys/bus/event_source/devices/{kind}/format/retprobe", "config:");
            if (bit < 0)
            {
                Print.Warn($"failed to determine {kind} retprobe bit: {ErrorText.Symbol((Errno)(-bit))}\n");
                return bit;
            }

            attributes.Config |= 1UL << bit;
        }

        fixed (byte* bytes = name is null ? null : Encoding.UTF8.GetBytes(name + '\0'))
        {
            attributes.Config1 = bytes;
            return Open(&attributes, pid < 0 ? -1 : pid, pid == -1 ? 0 : -1);
        }
    }

    /// <summary>Where tracefs is mounted.</summary>
    public static string TraceFs { get; } = Directory.Exists("/sys/kernel/debug/tracing") ? "/sys/kernel/debug/tracing" : "/sys/kernel/tracing";

    private static int ReadNumber(string path, string prefix = "")
    {
        try
        {
            string text = File.ReadAllText(path).Trim();
            return text.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : Answer.Error(Errno.EIO);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return -(int)Answer.ErrnoOf(e);
        }
    }
}

/// <summary>'struct perf_event_attr', as long as it was in its fifth version.</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
internal unsafe struct PerfEventAttributes
{
    public uint Type;
    public uint Size;
    public ulong Config;
    public ulong SamplePeriod;
    public ulong SampleType;
    public ulong ReadFormat;
    public ulong Flags;
    public uint WakeupEvents;
    public uint BreakpointType;
    public byte* Config1;
    public ulong Config2;
}
