using Microsoft.Win32.SafeHandles;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>
/// A descriptor that is ours to close. Its number is always above 2: 0, 1 and 2 are what other code takes for standard input and output
/// (ensure_good_fd in libbpf_internal.h).
/// </summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    // include/uapi/linux/fcntl.h: F_LINUX_SPECIFIC_BASE + 6.
    private const int DuplicateCloseOnExec = 1030;

    private const int LowestFd = 3;

    private FileDescriptor(int fd) : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>Its number, for messages and for callers that keep the handle alive by themselves.</summary>
    public int Number => (int)handle;

    /// <summary>Takes a descriptor that a system call has just made, and moves it above 2 where that is needed.</summary>
    /// <returns>Null, and the error, where there is no other number left; the descriptor is closed then.</returns>
    public static FileDescriptor? Own(int fd, out Errno errno)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fd);
        errno = Errno.None;
        if (fd >= LowestFd)
        {
            return new FileDescriptor(fd);
        }

        int above = LibC.Control(fd, DuplicateCloseOnExec, LowestFd);
        if (above < 0)
        {
            errno = LibC.LastError;
        }

        _ = LibC.Close(fd);
        return above < 0 ? null : new FileDescriptor(above);
    }

    /// <summary>A further descriptor for the same thing.</summary>
    /// <exception cref="BpfException">The process has too many.</exception>
    public FileDescriptor Duplicate()
    {
        using Lease lease = new(this);
        int copy = LibC.Control(lease.Number, DuplicateCloseOnExec, LowestFd);
        return copy >= 0 ? new FileDescriptor(copy) : throw new BpfException($"descriptor {lease.Number} cannot be duplicated: {LibC.LastError}", LibC.LastError);
    }

    /// <summary>Duplicates a descriptor that belongs to somebody else.</summary>
    /// <exception cref="BpfException">It is not open, or the process has too many.</exception>
    public static FileDescriptor DuplicateOf(int fd)
    {
        int copy = LibC.Control(fd, DuplicateCloseOnExec, LowestFd);
        return copy >= 0 ? new FileDescriptor(copy) : throw new BpfException($"descriptor {fd} cannot be duplicated: {LibC.LastError}", LibC.LastError);
    }

    /// <summary>Keeps the descriptor open while its number is used in a system call, whoever disposes it meanwhile.</summary>
    public Lease Use() => new(this);

    // Never repeated after EINTR: on Linux the number is free again whatever close answers.
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;

    /// <summary>See <see cref="Use"/>.</summary>
    public readonly ref struct Lease : IDisposable
    {
        private readonly FileDescriptor _descriptor;

        internal Lease(FileDescriptor descriptor)
        {
            bool added = false;
            // Throws ObjectDisposedException where it is closed.
            descriptor.DangerousAddRef(ref added);
            _descriptor = descriptor;
        }

        public int Number => (int)_descriptor.handle;

        public void Dispose() => _descriptor.DangerousRelease();
    }
}
