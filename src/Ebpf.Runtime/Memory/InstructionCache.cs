using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <summary>Makes freshly written code visible to instruction fetch. x86 does it by itself.</summary>
internal static unsafe partial class InstructionCache
{
    [ThreadStatic]
    private static long t_bytes;

    /// <summary>Bytes that this thread asked to flush, on every machine: so that a test on any of them sees that nothing is forgotten.</summary>
    internal static long BytesOfThisThread => t_bytes;

    /// <summary>Flushes a range on machines that need it.</summary>
    public static void Flush(byte* address, int length)
    {
        t_bytes += length;
        if (RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86)
            return;
        if (OperatingSystem.IsWindows())
            _ = FlushInstructionCache(-1, address, (nuint)length);
        else if (OperatingSystem.IsMacOS() || OperatingSystem.IsIOS())
            sys_icache_invalidate(address, (nuint)length);
        else
            ClearByLibrary(address, address + length);
    }

    private static void ClearByLibrary(byte* start, byte* end)
    {
        try
        {
            __clear_cache(start, end);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new BpfException($"new machine code cannot be made visible to the processor: {e.Message}; the interpreter needs none", Errno.EPERM);
        }
    }

    [LibraryImport("kernel32")]
    private static partial int FlushInstructionCache(nint process, void* address, nuint size);

    [LibraryImport("libSystem")]
    private static partial void sys_icache_invalidate(void* start, nuint length);

    // Exported by the compiler's runtime library, which every process of ours has loaded.
    [LibraryImport("libgcc_s.so.1")]
    private static partial void __clear_cache(void* start, void* end);
}
