using Ebpf.Native.Embedded;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>bpf(2): the kernel's own, or the embedded engine's. Answers are those of a system call in one number: 0 or more, or a negative errno.</summary>
internal static unsafe class Kernel
{
    /// <summary>Whether programs and maps live in this process: EBPF_PLATFORM=embedded.</summary>
    public static readonly bool IsEmbedded = Environment.GetEnvironmentVariable("EBPF_PLATFORM") == "embedded";

    /// <summary>A command that makes no descriptor: 0, or what it counts.</summary>
    public static int Call<T>(BpfCommand command, ref T attributes) where T : unmanaged
    {
        if (IsEmbedded)
        {
            fixed (T* address = &attributes)
            {
                return EmbeddedKernel.Call(command, address);
            }
        }

        Errno errno = Bpf.Call(command, ref attributes, out int result);
        return errno == Errno.None ? result : -(int)errno;
    }

    /// <summary>A command that makes a descriptor, which is the caller's, above 2, and closes on exec.</summary>
    public static int Open<T>(BpfCommand command, ref T attributes) where T : unmanaged
    {
        if (IsEmbedded)
        {
            fixed (T* address = &attributes)
            {
                return EmbeddedKernel.Call(command, address);
            }
        }

        Errno errno = Bpf.Call(command, ref attributes, out int fd);
        return errno == Errno.None ? Above2(fd) : -(int)errno;
    }

    /// <remarks>ensure_good_fd in libbpf_internal.h.</remarks>
    private static int Above2(int fd)
    {
        if (fd > 2)
        {
            return fd;
        }

        int above = LibC.Control(fd, Os.DuplicateCloseOnExec, 3);
        int errno = (int)LibC.LastError;
        _ = LibC.Close(fd);
        return above >= 0 ? above : -errno;
    }
}
