using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ebpf.Bench.LoadWorker;

/// <summary>CPU time of the process, of all its threads, and time, in microseconds.</summary>
internal readonly unsafe partial record struct Usage(double User, double Kernel, double Wall)
{
    public static Usage Now()
    {
        ResourceUsage usage;
        _ = GetUsage(0, &usage);
        return new Usage(usage.UserSeconds * 1e6 + usage.UserMicroseconds, usage.KernelSeconds * 1e6 + usage.KernelMicroseconds,
            Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency);
    }

    public static Usage operator +(Usage left, Usage right) => new(left.User + right.User, left.Kernel + right.Kernel, left.Wall + right.Wall);

    public static Usage operator -(Usage left, Usage right) => new(left.User - right.User, left.Kernel - right.Kernel, left.Wall - right.Wall);

    public static Usage operator /(Usage left, int by) => new(left.User / by, left.Kernel / by, left.Wall / by);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ResourceUsage* usage);

    /// <summary>struct rusage, of which two members matter.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long KernelSeconds;
        public long KernelMicroseconds;
    }
}
