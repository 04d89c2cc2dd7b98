using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>The descriptor of a control group or namespace for the time of a call: opened here, or the caller's.</summary>
internal readonly ref struct OpenedFile : IDisposable
{
    // O_RDONLY | O_CLOEXEC.
    private const int ReadOnly = 0x80000;

    private readonly FileDescriptor? _own;

    private OpenedFile(int number, FileDescriptor? own)
    {
        Number = number;
        _own = own;
    }

    public int Number { get; }

    /// <exception cref="BpfException">The path cannot be opened.</exception>
    public static unsafe OpenedFile Open(in KernelFile file)
    {
        if (file.Path is not { } path)
        {
            return new OpenedFile(file.Fd, null);
        }

        fixed (byte* text = Bpf.ZeroEnded(path))
        {
            int fd = LibC.Open(text, ReadOnly, 0);
            Errno errno = fd < 0 ? LibC.LastError : Errno.None;
            FileDescriptor? own = fd < 0 ? null : FileDescriptor.Own(fd, out errno);
            return own is null
                ? throw new BpfException($"{path} cannot be opened: {(errno == Errno.ENOENT ? "there is no such file" : errno)}", errno)
                : new OpenedFile(own.Number, own);
        }
    }

    public void Dispose() => _own?.Dispose();
}
