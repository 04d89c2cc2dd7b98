using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.PerfEvents;

/// <summary>'struct perf_event_attr' in include/uapi/linux/perf_event.h, in the length that Linux 4.1 and later take (PERF_ATTR_SIZE_VER5).</summary>
[StructLayout(LayoutKind.Explicit, Size = Length)]
internal struct PerfEventAttributes
{
    public const int Length = 112;

    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Size;
    [FieldOffset(8)] public ulong Config;
    /// <summary>A period, or a frequency with <see cref="PerfEventFlags.Frequency"/>.</summary>
    [FieldOffset(16)] public ulong SamplePeriod;
    [FieldOffset(24)] public ulong SampleType;
    [FieldOffset(32)] public ulong ReadFormat;
    [FieldOffset(40)] public PerfEventFlags Flags;
    [FieldOffset(48)] public uint WakeUpEvents;
    /// <summary>kprobes and uprobes: the address of the function's or the file's name.</summary>
    [FieldOffset(56)] public ulong Config1;
    /// <summary>kprobes: offset in the function, or address; uprobes: offset in the file.</summary>
    [FieldOffset(64)] public ulong Config2;
}

/// <summary>Single bits of 'struct perf_event_attr'.</summary>
[Flags]
internal enum PerfEventFlags : ulong
{
    None = 0,
    Disabled = 1 << 0,
    Inherit = 1 << 1,
    ExcludeUser = 1 << 4,
    ExcludeKernel = 1 << 5,
    Frequency = 1 << 10,
}
