using Ebpf.Platforms.Linux;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <content>Maps of the kernel that others made.</content>
public sealed partial class BpfMap : IDisposable
{
    private readonly bool _isOpened;

    private BpfMap(LinuxMapHandle handle) : this(handle.Spec.Name, handle, Ebpf.Platform.Linux.Implementation) => _isOpened = true;

    /// <summary>Opens a map of the kernel that is pinned (BPF_OBJ_GET); since Linux 4.4. It is the caller's to dispose; the pin stays.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, or something else.</exception>
    public static BpfMap OpenPinned(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new BpfMap((LinuxMapHandle?)Ebpf.Platform.Linux.Implementation.OpenPinned(path) ?? throw new BpfException($"nothing is pinned at {path}", Errno.ENOENT));
    }

    /// <summary>Opens a map of the kernel by its id (BPF_MAP_GET_FD_BY_ID); since Linux 4.13, root. It is the caller's to dispose.</summary>
    /// <exception cref="BpfException">There is no such map, or it may not be opened.</exception>
    public static BpfMap OpenById(uint id) => new(LinuxMapHandle.Open(LinuxPlatform.OpenById(BpfObjectKind.Map, id)));

    /// <summary>Gives up a map that was opened by itself. One of a loaded object goes with the object: for it this does nothing.</summary>
    public void Dispose()
    {
        if (_isOpened)
        {
            Handle.Dispose();
        }
    }
}
