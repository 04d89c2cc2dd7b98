using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <content>mmap and mprotect.</content>
internal sealed unsafe partial class ExecutableMemory
{
    private static partial class Unix
    {
        private const int Read = 1, Write = 2, Execute = 4, Private = 2;

        // MAP_ANONYMOUS: 0x20 in Linux, 0x1000 in Darwin and the BSDs.
        private static int Anonymous => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 0x20 : 0x1000;

        public static byte* Map(nuint size)
        {
            void* address = mmap(null, size, Read | Write, Private | Anonymous, -1, 0);
            return address == (void*)-1 ? throw Refused("mmap", Marshal.GetLastPInvokeError()) : (byte*)address;
        }

        public static void Seal(byte* address, nuint size)
        {
            if (mprotect(address, size, Read | Execute) != 0)
                throw Refused("mprotect", Marshal.GetLastPInvokeError());
        }

        public static void Unmap(byte* address, nuint size) => _ = munmap(address, size);

        [LibraryImport("libc", SetLastError = true)]
        private static partial void* mmap(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

        [LibraryImport("libc", SetLastError = true)]
        private static partial int mprotect(void* address, nuint length, int protection);

        [LibraryImport("libc")]
        private static partial int munmap(void* address, nuint length);
    }
}
