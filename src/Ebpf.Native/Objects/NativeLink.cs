using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A <c>struct bpf_link</c>: a descriptor, and how it is given up.</summary>
internal sealed unsafe class NativeLink
{
    private readonly Func<int>? _detach;
    private byte* _pinPath;

    /// <param name="fd">The link's descriptor, -1 where it has none.</param>
    /// <param name="detach">Gives up what it stands for, with a negative errno where that fails; null to close the descriptor.</param>
    public NativeLink(int fd, Func<int>? detach = null)
    {
        Fd = fd;
        _detach = detach;
        Handle = Handles.New(this);
    }

    public nint Handle { get; }

    public int Fd { get; }

    /// <summary>From now on destroying it leaves the attachment.</summary>
    public bool IsDisconnected { get; set; }

    public string? Path { get; private set; }

    public byte* PinPath => Path is null ? null : _pinPath == null ? _pinPath = Text.Copy(Path) : _pinPath;

    public void SetPath(string? path)
    {
        Text.Free(_pinPath);
        _pinPath = null;
        Path = path;
    }

    /// <summary>Detaches, unless it is disconnected, and frees the link.</summary>
    public int Destroy()
    {
        int error = IsDisconnected ? 0 : _detach is null ? CloseFd() : _detach();
        Text.Free(_pinPath);
        Handles.Free(Handle);
        return error;
    }

    private int CloseFd() => LibC.Close(Fd) == 0 ? 0 : Answer.Error(Errno.EBADF);
}
