using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>The functions of libc that this platform calls. Only this folder calls them.</summary>
/// <remarks>Arguments are blittable; errors are in errno, which <see cref="LastError"/> has right after the call.</remarks>
internal static unsafe partial class LibC
{
    /// <summary>The error of the call that this thread made last.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long Syscall(long number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Map(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
    public static partial int Unlink(byte* path);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SetSignalMask(int how, SignalSet* set, SignalSet* old);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int FillSignalSet(SignalSet* set);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int GetAffinity(int thread, nuint size, CpuSet* cpus);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int thread, nuint size, CpuSet* cpus);

    /// <summary>One bit for each CPU; more than the largest kernels are built for.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Capacity / 8)]
    public struct CpuSet
    {
        public const int Capacity = 16384;
    }

    /// <summary>sigset_t: 128 bytes in glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct SignalSet;

    /// <summary>Sets RLIMIT_MEMLOCK to infinity; false where that is not allowed.</summary>
    public static bool RaiseMemoryLockLimit()
    {
        // RLIMIT_MEMLOCK and RLIM_INFINITY in include/uapi/asm-generic/resource.h.
        const int memoryLock = 8;
        ulong* infinite = stackalloc ulong[2] { ulong.MaxValue, ulong.MaxValue };
        return SetResourceLimit(memoryLock, infinite) == 0;
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetResourceLimit(int resource, ulong* limits);
}
