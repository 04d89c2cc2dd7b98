using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>Interfaces by name, in the calling thread's network namespace.</summary>
internal static class InterfaceIndex
{
    /// <exception cref="BpfException">There is none of that name.</exception>
    public static unsafe int Of(in NetworkDevice device)
    {
        if (device.Name is not { } name)
        {
            return device.Index > 0 ? device.Index : throw new BpfException("no interface is named", Errno.EINVAL);
        }

        fixed (byte* text = Bpf.ZeroEnded(name))
        {
            uint index = LibC.InterfaceIndex(text);
            return index != 0 ? (int)index : throw new BpfException($"there is no interface '{name}' in this network namespace", Errno.ENODEV);
        }
    }
}
