using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ebpf.Platforms.Embedded;

/// <summary>
/// A real descriptor that stands for a program, map or link of the embedded platform: callers of the C ABI close, dup, poll and epoll what they
/// are given. It is an empty memory file, whose inode tells it from all others, also in a copy that was made by dup(2). Linux only; elsewhere
/// there is none.
/// </summary>
internal sealed partial class Descriptor : SafeHandleZeroOrMinusOneIsInvalid
{
    // include/uapi/linux/memfd.h, fcntl.h.
    private const uint CloseOnExec = 1;
    private const int DuplicateCloseOnExec = 1030;

    // 0, 1 and 2 are what other code takes for standard input and output: ensure_good_fd in libbpf.
    private const int LowestFd = 3;

    private Descriptor(int fd) : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>Its number.</summary>
    public int Number => (int)handle;

    /// <summary>Opens one; null where the OS has none.</summary>
    /// <exception cref="BpfException">The process has too many already.</exception>
    public static Descriptor? Open(string what)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        int fd = MemoryFile("ebpf", CloseOnExec);
        if (fd is >= 0 and < LowestFd)
        {
            int low = fd;
            fd = Control(low, DuplicateCloseOnExec, LowestFd);
            _ = Close(low);
        }

        return fd >= 0 ? new Descriptor(fd) : throw new BpfException(
            $"there is no descriptor left for {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", (Errno)Marshal.GetLastPInvokeError());
    }

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
