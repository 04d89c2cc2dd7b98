using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>The kernel's file system of tracepoints and probes.</summary>
internal static unsafe class TraceFs
{
    private const string Own = "/sys/kernel/tracing/", BelowDebugFs = "/sys/kernel/debug/tracing/";
    private const int WriteOnlyAppend = 0x1 | 0x400 | 0x80000;

    /// <summary>Where it is mounted, with a slash at the end; kernels before 4.1 have it only below debugfs.</summary>
    public static string Root => Directory.Exists(Own + "events") || !Directory.Exists(BelowDebugFs + "events") ? Own : BelowDebugFs;

    /// <summary>Opens a tracepoint as a perf event: <see cref="Errno.ENOENT"/> where there is none of that name, <see cref="Errno.EACCES"/> where tracefs may not be read.</summary>
    public static Errno OpenTracepoint(string category, string name, int pid, out FileDescriptor? opened)
    {
        opened = null;
        if (!SysFile.TryReadNumber($"{Root}events/{category}/{name}/id", "", out ulong id))
        {
            return Errno.ENOENT;
        }

        var attributes = new PerfEventAttributes { Type = PerfEventCalls.TypeTracepoint, Config = id };
        return PerfEventCalls.Open(ref attributes, pid, pid == -1 ? 0 : -1, out opened);
    }

    /// <summary>Writes a line to one of its files, in one write as the kernel wants it.</summary>
    public static Errno AppendLine(string file, string line)
    {
        fixed (byte* path = Bpf.ZeroEnded(Root + file), text = Bpf.ZeroEnded(line))
        {
            int fd = LibC.Open(path, WriteOnlyAppend, 0);
            if (fd < 0)
            {
                return LibC.LastError;
            }

            Errno errno = LibC.Write(fd, text, (nuint)System.Text.Encoding.UTF8.GetByteCount(line)) < 0 ? LibC.LastError : Errno.None;
            _ = LibC.Close(fd);
            return errno;
        }
    }
}
