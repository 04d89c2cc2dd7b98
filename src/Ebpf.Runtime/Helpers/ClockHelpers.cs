namespace Ebpf.Runtime.Helpers;

/// <summary>Time.</summary>
internal static class ClockHelpers
{
    /// <summary>Seconds that atomic time is ahead of UTC, since 2017.</summary>
    private const ulong TaiOffset = 37;

    /// <remarks>CONFIG_HZ=250; jiffies begin five minutes before they overflow 32 bits (INITIAL_JIFFIES in include/linux/jiffies.h).</remarks>
    private const ulong NanosecondsPerJiffy = 4_000_000, InitialJiffies = uint.MaxValue - (300 * 250) + 1UL;

    /// <summary>bpf_ktime_get_ns() and its like: nanoseconds since boot.</summary>
    internal static ulong Nanoseconds(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Clock.Nanoseconds;

    /// <summary>The same in milliseconds, on eBPF for Windows.</summary>
    internal static ulong Milliseconds(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Clock.Nanoseconds / 1_000_000;

    /// <summary>bpf_ktime_get_tai_ns(): nanoseconds since 1970 in atomic time; a fixed clock is answered as it is.</summary>
    internal static ulong TaiNanoseconds(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        run.Clock.Fixed ?? ((ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100) + (TaiOffset * 1_000_000_000);

    /// <summary>bpf_jiffies64().</summary>
    internal static ulong Jiffies(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => InitialJiffies + (run.Clock.Nanoseconds / NanosecondsPerJiffy);
}
