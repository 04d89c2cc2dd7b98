using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Features;

/// <summary>Kernels before 5.11 count programs and maps against RLIMIT_MEMLOCK and answer EPERM where it is used up.</summary>
internal static class MemoryLock
{
    private static readonly Lazy<bool> s_raised = new(Raise);

    /// <summary>
    /// Whether a refused call is worth a second try, since the limit stood in its way and is now gone. The limit is raised for the whole process and
    /// once, as libbpf does (bump_rlimit_memlock in bpf.c).
    /// </summary>
    public static bool RaisedFor(Errno errno) => errno == Errno.EPERM && KernelVersion.Running < KernelVersion.Number(5, 11, 0) && s_raised.Value;

    private static bool Raise() => LibC.RaiseMemoryLockLimit();
}
