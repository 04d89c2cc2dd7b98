using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ebpf.Platforms.Embedded;

/// <summary>
/// A real descriptor that stands for a program, map or link of the embedded platform: callers of the C ABI close, dup, poll and epoll what they
/// are given. Linux only; elsewhere there is none.
/// </summary>
internal sealed partial class Descriptor : SafeHandleZeroOrMinusOneIsInvalid
{
    // include/uapi/linux/eventfd.h, fcntl.h.
    private const int CloseOnExec = 0x80000;
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

        int fd = EventFd(0, CloseOnExec);
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

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
