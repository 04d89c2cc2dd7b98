using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Netlink;

namespace Ebpf;

/// <summary>A program at an interface's XDP hook, attached by netlink; since Linux 4.8, generic mode 4.12.</summary>
/// <remarks>bpf_xdp_attach and bpf_xdp_detach in libbpf.</remarks>
public sealed class XdpAttachment : PersistentAttachment
{
    private readonly BpfProgram _program;

    private XdpAttachment(int interfaceIndex, XdpMode mode, BpfProgram program) : base($"xdp:#{interfaceIndex}")
    {
        InterfaceIndex = interfaceIndex;
        Mode = mode;
        _program = program;
    }

    /// <summary>The interface.</summary>
    public int InterfaceIndex { get; }

    /// <summary>Where the program runs.</summary>
    public XdpMode Mode { get; }

    /// <summary>Attaches a program.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="program">The program.</param>
    /// <param name="mode">Where it runs.</param>
    /// <param name="replace">Whether what is attached already is replaced; otherwise it is <see cref="Errno.EBUSY"/>.</param>
    public static XdpAttachment Attach(NetworkDevice device, BpfProgram program, XdpMode mode = XdpMode.Default, bool replace = false)
    {
        int fd = FdOf(program, $"xdp:{device}");
        int index = Platforms.Linux.Links.InterfaceIndex.Of(device);
        XdpAttachFlags flags = LinuxAttacher.FlagsOf(mode) | (replace ? XdpAttachFlags.None : XdpAttachFlags.IfEmpty);
        Check($"program '{program.Name}' cannot be attached to xdp:{device}", XdpNetlink.Set(index, fd, flags, -1, out string message), message);
        return new XdpAttachment(index, mode, program);
    }

    /// <summary>Takes away whatever is attached, by whomever it was.</summary>
    public static void Clear(NetworkDevice device, XdpMode mode = XdpMode.Default)
    {
        int index = Platforms.Linux.Links.InterfaceIndex.Of(device);
        Check($"xdp:{device} cannot be cleared", XdpNetlink.Set(index, -1, LinuxAttacher.FlagsOf(mode), -1, out string message), message);
    }

    /// <summary>What is attached to an interface, by netlink and by links.</summary>
    public static XdpState Query(NetworkDevice device)
    {
        int index = Platforms.Linux.Links.InterfaceIndex.Of(device);
        Check($"xdp:{device} cannot be asked", XdpNetlink.Query(index, out XdpHookState state, out string message), message);
        return new XdpState(state.NativeId, state.GenericId, state.HardwareId);
    }

    /// <summary>Takes the program away, if it is still this one; since Linux 5.7 (before, use <see cref="Clear"/>).</summary>
    public override void Detach()
    {
        int fd = FdOf(_program, Hook);
        XdpAttachFlags flags = LinuxAttacher.FlagsOf(Mode) | XdpAttachFlags.Replace;
        Check($"program '{_program.Name}' cannot be detached from {Hook}", XdpNetlink.Set(InterfaceIndex, -1, flags, fd, out string message), message);
    }

    private static void Check(string what, Errno errno, string message)
    {
        if (errno != Errno.None)
        {
            throw Failed(what, errno, message);
        }
    }
}

/// <summary>The ids of the programs at an interface's XDP hook; 0 where there is none.</summary>
/// <param name="NativeId">In the driver.</param>
/// <param name="GenericId">Behind the driver.</param>
/// <param name="HardwareId">On the card.</param>
public readonly record struct XdpState(uint NativeId, uint GenericId, uint HardwareId);
