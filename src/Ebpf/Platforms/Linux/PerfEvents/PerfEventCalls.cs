using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.PerfEvents;

/// <summary>perf_event_open(2), and what can be told to an open event.</summary>
internal static unsafe class PerfEventCalls
{
    public const uint TypeTracepoint = 2;

    private const int CloseOnExec = 8;
    // PERF_EVENT_IOC_* in include/uapi/linux/perf_event.h.
    private const uint IoEnable = 0x2400, IoDisable = 0x2401, IoSetBpf = 0x4004_2408;

    /// <summary>Opens an event.</summary>
    /// <param name="attributes">Which one.</param>
    /// <param name="pid">The process, -1 for all, 0 for this one.</param>
    /// <param name="cpu">The CPU, -1 for all; one of both must be named.</param>
    /// <param name="opened">The event.</param>
    public static Errno Open(ref PerfEventAttributes attributes, int pid, int cpu, out FileDescriptor? opened)
    {
        attributes.Size = PerfEventAttributes.Length;
        fixed (PerfEventAttributes* address = &attributes)
        {
            long fd = LibC.Syscall(SyscallNumbers.PerfEventOpen, (nint)address, pid, cpu, -1, CloseOnExec);
            opened = null;
            if (fd < 0)
            {
                return LibC.LastError;
            }

            opened = FileDescriptor.Own((int)fd, out Errno errno);
            return errno;
        }
    }

    public static Errno Enable(int perfEvent) => Control(perfEvent, IoEnable, 0);

    public static Errno Disable(int perfEvent) => Control(perfEvent, IoDisable, 0);

    /// <summary>Attaches a program in the way of kernels before 5.15, without a link.</summary>
    public static Errno SetProgram(int perfEvent, int program) => Control(perfEvent, IoSetBpf, program);

    private static Errno Control(int perfEvent, uint request, int argument) =>
        LibC.DeviceControl(perfEvent, request, argument) < 0 ? LibC.LastError : Errno.None;
}
