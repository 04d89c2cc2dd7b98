using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <summary>Large pages for large blocks: a look-up in a map of a million elements touches two pages that no cache of page tables holds, and with pages of 2 MiB it may.</summary>
/// <remarks>madvise(2) with MADV_HUGEPAGE, which is a wish: where the system has it off, nothing changes.</remarks>
internal static unsafe partial class HugePages
{
    /// <summary>Blocks below this gain nothing.</summary>
    private const ulong Threshold = 4 << 20;

    private const int HugePageAdvice = 14; // MADV_HUGEPAGE in include/uapi/asm-generic/mman-common.h

    /// <summary>Asks for large pages under a block that has not been touched.</summary>
    internal static void Ask(byte* start, ulong size)
    {
        if (size < Threshold || !OperatingSystem.IsLinux())
            return;
        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = ((nuint)start + page - 1) & ~(page - 1), end = ((nuint)start + (nuint)size) & ~(page - 1);
        _ = MemoryAdvise((void*)first, end - first, HugePageAdvice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* start, nuint size, int advice);
}
