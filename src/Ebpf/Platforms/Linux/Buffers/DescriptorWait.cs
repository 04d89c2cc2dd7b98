using System.Diagnostics;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>poll(2) with time and cancellation.</summary>
internal static unsafe class DescriptorWait
{
    // EFD_CLOEXEC | EFD_NONBLOCK in include/uapi/linux/eventfd.h.
    private const int EventFlags = 0x80000 | 0x800;

    /// <summary>Waits until a descriptor is ready; false after the time is over.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public static bool Wait(FileDescriptor descriptor, short events, TimeSpan timeout, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using FileDescriptor? cancelled = cancellation.CanBeCanceled ? CreateEvent() : null;
        using CancellationTokenRegistration registration = cancelled is null ? default : cancellation.UnsafeRegister(static state => Signal((FileDescriptor)state!), cancelled);
        using FileDescriptor.Lease lease = descriptor.Use();
        long start = Stopwatch.GetTimestamp();
        LibC.PollDescriptor* both = stackalloc LibC.PollDescriptor[2];
        both[0] = new LibC.PollDescriptor { Fd = lease.Number, Events = events };
        both[1] = new LibC.PollDescriptor { Fd = cancelled?.Number ?? -1, Events = LibC.PollIn };
        while (true)
        {
            int ready = LibC.Poll(both, 2, Milliseconds(timeout, start));
            Errno errno = ready < 0 ? LibC.LastError : Errno.None;
            cancellation.ThrowIfCancellationRequested();
            if (ready > 0)
            {
                return both[0].Returned != 0;
            }

            if (errno is not (Errno.None or Errno.EINTR))
            {
                throw new BpfException($"waiting for descriptor {lease.Number} failed (poll): {errno}", errno);
            }

            if (errno == Errno.None && Milliseconds(timeout, start) == 0)
            {
                return false;
            }
        }
    }

    /// <summary>What is left of the time, for poll: rounded up, so that nobody spins through the last millisecond.</summary>
    private static int Milliseconds(TimeSpan timeout, long start)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }

        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return left <= 0 ? 0 : (int)Math.Min(Math.Ceiling(left), int.MaxValue);
    }

    private static FileDescriptor CreateEvent()
    {
        int fd = LibC.CreateEvent(0, EventFlags);
        Errno errno = fd < 0 ? LibC.LastError : Errno.None;
        return (fd < 0 ? null : FileDescriptor.Own(fd, out errno)) ?? throw new BpfException($"no descriptor to cancel a wait with (eventfd): {errno}", errno);
    }

    private static void Signal(FileDescriptor @event)
    {
        ulong one = 1;
        _ = LibC.Write(@event.Number, &one, sizeof(ulong));
    }
}
