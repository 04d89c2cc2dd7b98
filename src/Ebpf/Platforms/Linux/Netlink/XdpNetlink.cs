using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>XDP attachments by netlink: those stay when the process ends.</summary>
/// <remarks>IFLA_XDP_* in include/uapi/linux/if_link.h; bpf_xdp_attach and bpf_xdp_query in libbpf's netlink.c.</remarks>
internal static class XdpNetlink
{
    private const ushort AttributeXdp = 43;
    private const ushort XdpFd = 1, XdpAttached = 2, XdpFlagsAttribute = 3, XdpProgramId = 4, XdpDriverProgramId = 5, XdpGenericProgramId = 6,
        XdpHardwareProgramId = 7, XdpExpectedFd = 8;

    /// <summary>Puts a program at an interface's hook; -1 takes away what is there.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="program">The program's descriptor, or -1.</param>
    /// <param name="flags">How, and whether something may be there already.</param>
    /// <param name="expected">With <see cref="XdpAttachFlags.Replace"/>: what must be there, -1 for nothing. Since Linux 5.7.</param>
    /// <param name="message">The kernel's words where it refuses.</param>
    public static Errno Set(int index, int program, XdpAttachFlags flags, int expected, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.SetLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(new LinkHeader { Index = index });
        int xdp = request.Begin(AttributeXdp);
        request.AddAttribute(XdpFd, (uint)program);
        if (flags != XdpAttachFlags.None)
        {
            request.AddAttribute(XdpFlagsAttribute, (uint)flags);
        }

        if ((flags & XdpAttachFlags.Replace) != 0)
        {
            request.AddAttribute(XdpExpectedFd, (uint)expected);
        }

        request.End(xdp);
        return socket.Execute(request, null, out message);
    }

    /// <summary>What is attached to an interface.</summary>
    public static unsafe Errno Query(int index, out XdpHookState state, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.GetLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(new LinkHeader { Index = index });
        XdpHookState found = default;
        Errno errno = socket.Execute(
            request,
            (type, payload) =>
            {
                if (type == RouteMessage.NewLink && payload.Length >= sizeof(LinkHeader))
                {
                    found = ReadState(NetlinkAttributes.Find(payload[sizeof(LinkHeader)..], AttributeXdp));
                }
            },
            out message);
        state = found;
        return errno;
    }

    private static XdpHookState ReadState(ReadOnlySpan<byte> attributes)
    {
        ReadOnlySpan<byte> attached = NetlinkAttributes.Find(attributes, XdpAttached);
        var mode = attached.IsEmpty ? XdpAttachedMode.None : (XdpAttachedMode)attached[0];
        uint only = NetlinkAttributes.UInt32(NetlinkAttributes.Find(attributes, XdpProgramId));
        // Where one program is attached, kernels before 4.18 say its id only here.
        uint Id(ReadOnlySpan<byte> value, XdpAttachedMode of) => value.IsEmpty && mode == of ? only : NetlinkAttributes.UInt32(value);
        return new XdpHookState(
            Id(NetlinkAttributes.Find(attributes, XdpDriverProgramId), XdpAttachedMode.Native),
            Id(NetlinkAttributes.Find(attributes, XdpGenericProgramId), XdpAttachedMode.Generic),
            Id(NetlinkAttributes.Find(attributes, XdpHardwareProgramId), XdpAttachedMode.Hardware));
    }

    /// <summary>XDP_ATTACHED_* in include/uapi/linux/if_link.h.</summary>
    private enum XdpAttachedMode : byte
    {
        None = 0,
        Native = 1,
        Generic = 2,
        Hardware = 3,
        Several = 4,
    }
}

/// <summary>XDP_FLAGS_* in include/uapi/linux/if_link.h. For links only the three modes are allowed.</summary>
[Flags]
internal enum XdpAttachFlags : uint
{
    None = 0,
    IfEmpty = 1 << 0,
    Generic = 1 << 1,
    Native = 1 << 2,
    Hardware = 1 << 3,
    Replace = 1 << 4,
}

/// <summary>The ids of the programs at an interface's XDP hooks, by mode; 0 where there is none.</summary>
internal readonly record struct XdpHookState(uint NativeId, uint GenericId, uint HardwareId);
