using Ebpf.Platforms;
using Ebpf.Platforms.Linux;
using Ebpf.Platforms.Linux.Programs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <content>Pins, and programs of the kernel that others loaded.</content>
public sealed partial class BpfProgram : IDisposable
{
    private BpfProgram(LinuxProgramHandle handle)
    {
        Spec = handle.Spec;
        Handle = handle;
    }

    /// <summary>Opens a program of the kernel that is pinned (BPF_OBJ_GET); since Linux 4.4. It is the caller's to dispose; the pin stays.</summary>
    /// <remarks>The kernel does not keep a program's section and its instructions as they were loaded: these are empty.</remarks>
    /// <exception cref="BpfException">Nothing is pinned there, or something else.</exception>
    public static BpfProgram OpenPinned(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        LinuxPlatform.RequireLinux();
        return new BpfProgram(LinuxProgramHandle.Open(Bpffs.Open(path) ?? throw new BpfException($"nothing is pinned at {path}", Errno.ENOENT)));
    }

    /// <summary>Opens a program of the kernel by its id (BPF_PROG_GET_FD_BY_ID); since Linux 4.13, root. It is the caller's to dispose.</summary>
    /// <exception cref="BpfException">There is no such program, or it may not be opened.</exception>
    public static BpfProgram OpenById(uint id) => new(LinuxProgramHandle.Open(LinuxPlatform.OpenById(BpfObjectKind.Program, id)));

    /// <summary>Pins it at a path below a bpffs: it lives on under that path until <see cref="Platform.Unpin"/>; since Linux 4.4.</summary>
    /// <exception cref="BpfException">Something is pinned there already (<see cref="Errno.EEXIST"/>), or it is no bpffs.</exception>
    public void Pin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Handle.Pin(path);
    }

    /// <summary>Gives up a program that was opened by itself. One of a loaded object goes with the object: for it this does nothing.</summary>
    public void Dispose()
    {
        if (_owner is null)
        {
            Handle.Dispose();
        }
    }

    /// <summary>Attaches it. A link of a loaded object's program is the object's too, and goes with it.</summary>
    private BpfLink Attach(AttachRequest request) => _owner?.Attach(this, request) ?? new BpfLink(null, this, request.Hook, Handle.Attach(request));
}
