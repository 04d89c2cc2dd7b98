using Ebpf.Native.Embedded;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>Where objects are loaded to.</summary>
internal static class Host
{
    public static Platform Platform { get; } = Kernel.IsEmbedded ? Platform.Embedded : Platform.Linux;

    /// <summary>The map behind a descriptor, which stays the caller's.</summary>
    /// <exception cref="BpfException">It is not one of a map.</exception>
    public static BpfMap MapOf(int fd, string name)
    {
        IMapHandle handle = Kernel.IsEmbedded
            ? DescriptorTable.Find<IMapHandle>(fd) ?? throw new BpfException($"descriptor {fd} is no map", Errno.EBADF)
            : LinuxMapHandle.Open(FileDescriptor.DuplicateOf(fd));
        return new BpfMap(name, handle, Platform.Implementation);
    }
}
