using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <content>Clocks.</content>
internal static unsafe partial class LibC
{
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    public static partial int GetClock(int clock, TimeSpec* time);

    /// <summary>struct timespec, on 64-bit machines.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
