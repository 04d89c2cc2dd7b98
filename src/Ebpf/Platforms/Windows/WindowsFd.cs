using Microsoft.Win32.SafeHandles;

namespace Ebpf.Platforms.Windows;

/// <summary>A descriptor of ebpfapi.dll, closed by it.</summary>
internal sealed unsafe class WindowsFd : SafeHandleZeroOrMinusOneIsInvalid
{
    public WindowsFd(int fd) : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>Its number.</summary>
    public int Number
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (int)handle;
        }
    }

    /// <summary>A descriptor of its own for the same thing.</summary>
    public static WindowsFd Duplicate(int fd, string what)
    {
        int duplicate;
        Errno errno = WindowsErrno.FromResult(EbpfApi.DuplicateFd(fd, &duplicate));
        return errno == Errno.None ? new WindowsFd(duplicate) : throw new BpfException($"{what}: its descriptor cannot be duplicated: {errno}", errno);
    }

    protected override bool ReleaseHandle() => EbpfApi.CloseFd((int)handle) == 0;
}
