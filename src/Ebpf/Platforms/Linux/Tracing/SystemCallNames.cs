using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>The kernel functions behind system calls.</summary>
internal static class SystemCallNames
{
    // Asked once: whether the kernel has wrappers does not change while it runs.
    private static readonly Lazy<bool> s_hasWrappers = new(FindWrappers);

    /// <summary>The function of a system call: <c>__x64_sys_openat</c>, or <c>__se_sys_openat</c> where the kernel has no wrappers for each CPU.</summary>
    /// <remarks>bpf_program__attach_ksyscall in libbpf.c; wrappers since Linux 4.17 on x86-64, 4.19 on arm64.</remarks>
    public static string FunctionOf(string systemCall) => s_hasWrappers.Value ? $"__{Prefix}_sys_{systemCall}" : $"__se_sys_{systemCall}";

    private static string Prefix => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x64",
        Architecture.Arm64 => "arm64",
        Architecture.RiscV64 => "riscv",
        Architecture other => throw new PlatformNotSupportedException($"the names of system calls on {other} are not known"),
    };

    private static bool FindWrappers()
    {
        string wrapper = $" __{Prefix}_sys_bpf";
        foreach (string line in File.ReadLines("/proc/kallsyms"))
        {
            if (line.EndsWith(wrapper, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
