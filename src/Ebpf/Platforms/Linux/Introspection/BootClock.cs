using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>The kernel's times, which count from the boot, as times of day.</summary>
internal static unsafe class BootClock
{
    // include/uapi/linux/time.h.
    private const int RealTime = 0;
    private const int BootTime = 7;

    private const long NanosecondsPerTick = 100;

    /// <summary>When that was, by the clock of now: full seconds agree with bpftool's.</summary>
    /// <param name="nanoseconds">Since the boot.</param>
    public static DateTimeOffset At(ulong nanoseconds)
    {
        LibC.TimeSpec real, boot;
        _ = LibC.GetClock(RealTime, &real);
        _ = LibC.GetClock(BootTime, &boot);
        long seconds = real.Seconds - boot.Seconds;
        long rest = real.Nanoseconds - boot.Nanoseconds + (long)nanoseconds;
        return DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(rest / NanosecondsPerTick);
    }
}
