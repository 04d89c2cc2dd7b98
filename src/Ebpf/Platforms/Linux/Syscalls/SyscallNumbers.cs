using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>Numbers of system calls that libc has no function for, on the CPUs that this platform runs on.</summary>
/// <remarks>arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h, which arm64 uses.</remarks>
internal static class SyscallNumbers
{
    public static readonly long Bpf = Number(x64: 321, generic: 280);

    public static readonly long PerfEventOpen = Number(x64: 298, generic: 241);

    public static readonly long PidFdOpen = Number(x64: 434, generic: 434);

    private static long Number(long x64, long generic) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => x64,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => generic,
        Architecture other => throw new PlatformNotSupportedException($"the numbers of system calls on {other} are not known"),
    };
}
