using Ebpf.Platforms.Linux.Netlink;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <content>The network, and control groups.</content>
internal static partial class LinuxAttacher
{
    private static readonly Version s_xdpSince = new(5, 9), s_tcxSince = new(6, 6), s_netkitSince = new(6, 7), s_cgroupSince = new(5, 7), s_cgroupOrderSince = new(6, 16),
        s_flowDissectorSince = new(5, 8), s_socketLookupSince = new(5, 9), s_sockMapSince = new(6, 10), s_netfilterSince = new(6, 4);

    /// <summary>XDP_FLAGS_*_MODE of a mode.</summary>
    internal static XdpAttachFlags FlagsOf(XdpMode mode) => mode switch
    {
        XdpMode.Generic => XdpAttachFlags.Generic,
        XdpMode.Native => XdpAttachFlags.Native,
        XdpMode.Hardware => XdpAttachFlags.Hardware,
        _ => XdpAttachFlags.None,
    };

    private static KernelLink AttachXdp(int fd, XdpRequest request)
    {
        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            Target = InterfaceIndex.Of(request.Device),
            AttachType = (uint)AttachType.Xdp,
            Flags = (uint)FlagsOf(request.Mode),
        };
        return Create(ref attributes, request.Hook, s_xdpSince);
    }

    private static KernelLink AttachDevice(int fd, DeviceRequest request)
    {
        var attributes = new LinkCreateAttributes { ProgramFd = fd, Target = InterfaceIndex.Of(request.Device), AttachType = (uint)request.AttachType };
        SetOrder(ref attributes, request.Order);
        bool isNetkit = request.AttachType is AttachType.NetkitPrimary or AttachType.NetkitPeer;
        return Create(ref attributes, request.Hook, isNetkit ? s_netkitSince : s_tcxSince);
    }

    private static KernelLink AttachCgroup(int fd, CgroupRequest request)
    {
        using OpenedFile cgroup = OpenedFile.Open(request.Cgroup);
        var attributes = new LinkCreateAttributes { ProgramFd = fd, Target = cgroup.Number, AttachType = (uint)Math.Max((int)request.AttachType, 0) };
        SetOrder(ref attributes, request.Order);
        return Create(ref attributes, request.Hook, request.Order is null ? s_cgroupSince : s_cgroupOrderSince);
    }

    private static KernelLink AttachNetworkNamespace(int fd, NetworkNamespaceRequest request)
    {
        using OpenedFile place = OpenedFile.Open(request.Namespace);
        var attributes = new LinkCreateAttributes { ProgramFd = fd, Target = place.Number, AttachType = (uint)Math.Max((int)request.AttachType, 0) };
        return Create(ref attributes, request.Hook, request.AttachType == AttachType.SkLookup ? s_socketLookupSince : s_flowDissectorSince);
    }

    private static KernelLink AttachSockMap(int fd, SockMapRequest request)
    {
        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            Target = request.Map.Fd ?? throw new BpfException($"map '{request.Map.Name}' is on another platform", Errno.EINVAL),
            AttachType = (uint)Math.Max((int)request.AttachType, 0),
        };
        return Create(ref attributes, request.Hook, s_sockMapSince);
    }

    private static KernelLink AttachNetfilter(int fd, NetfilterRequest request)
    {
        NetfilterOptions options = request.Options;
        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            AttachType = (uint)AttachType.Netfilter,
            NetfilterHook = new LinkCreateAttributes.Netfilter
            {
                ProtocolFamily = (uint)options.Family,
                Hook = (uint)options.Hook,
                Priority = options.Priority,
                Flags = options.Defragment ? NetfilterFlags.Defragment : 0,
            },
        };
        return Create(ref attributes, request.Hook, s_netfilterSince);
    }

    private static void SetOrder(ref LinkCreateAttributes attributes, AttachOrder? order)
    {
        if (order is null)
        {
            return;
        }

        BpfAttachFlags flags = order.Position == AttachPosition.Before ? BpfAttachFlags.Before : BpfAttachFlags.After;
        if (order.HasAnchor)
        {
            flags |= BpfAttachFlags.Id | (order.IsLink ? BpfAttachFlags.Link : BpfAttachFlags.None);
        }

        attributes.Flags = (uint)flags;
        attributes.Position = new LinkCreateAttributes.Anchor { Relative = order.AnchorId, ExpectedRevision = order.ExpectedRevision };
    }
}
