using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <content>VirtualAlloc and VirtualProtect.</content>
internal sealed unsafe partial class ExecutableMemory
{
    private static partial class Windows
    {
        private const uint Commit = 0x1000, Reserve = 0x2000, Release = 0x8000, ReadWrite = 4, ReadExecute = 0x20;

        public static byte* Map(nuint size)
        {
            void* address = VirtualAlloc(null, size, Commit | Reserve, ReadWrite);
            return address == null ? throw Refused("VirtualAlloc", Marshal.GetLastPInvokeError()) : (byte*)address;
        }

        public static void Seal(byte* address, nuint size)
        {
            if (VirtualProtect(address, size, ReadExecute, out _) == 0)
                throw Refused("VirtualProtect", Marshal.GetLastPInvokeError());
        }

        public static void Unmap(byte* address) => _ = VirtualFree(address, 0, Release);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint old);

        [LibraryImport("kernel32", SetLastError = true)]
        private static partial int VirtualFree(void* address, nuint size, uint type);
    }
}
