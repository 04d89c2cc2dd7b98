using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ebpf.Fuzz;

/// <summary>The time that this thread was at work: what else runs on the machine does not count. Where the OS does not tell, time that passed.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    public static TimeSpan Now => OperatingSystem.IsLinux() && ClockGetTime(ThreadCpuTime, out TimeSpec time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick)
        : Stopwatch.GetElapsedTime(0);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    /// <summary>'struct timespec' of a 64-bit system.</summary>
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
