using Ebpf.Platforms.Linux.Netlink;
using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>What this kernel's age decides about the network. Packets through it are tested on the machine's own kernel.</summary>
internal static class NetworkScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("XDP attaches to the loopback, behind the driver", Xdp),
        new("tcx attaches, or says which Linux has it", () => Since(6, 6, Tcx)),
        new("netkit attaches, where the kernel has such interfaces", Netkit),
        new("A netfilter program attaches, or says which Linux has them", () => Since(6, 4, Netfilter)),
    ];

    private static void Xdp()
    {
        using LoadedObject live = Load("network", "xdp_pass");
        using BpfLink link = live.Programs["xdp_pass"].AttachXdp("lo", XdpMode.Generic);
        Equal(1, ((DeviceLinkInfo)link.ReadInfo()!).InterfaceIndex);
        Fails(Errno.EBUSY, () => live.Programs["xdp_pass"].AttachXdp("lo", XdpMode.Generic));
    }

    private static void Tcx()
    {
        using LoadedObject live = Load("network", "tc_next");
        using BpfLink link = live.Programs["tc_next"].AttachTcx("lo", TrafficDirection.Ingress);
        Equal(AttachType.TcxIngress, ((DeviceLinkInfo)link.ReadInfo()!).AttachType);
    }

    private static void Netkit()
    {
        using LoadedObject live = Load("network", "netkit_next");
        if (Running < new Version(6, 7))
        {
            // On any interface: the attach type is what this kernel does not know.
            Since(6, 7, () => live.Programs["netkit_next"].AttachNetkit("lo"));
            return;
        }

        AddNetkit("primary");
        using BpfLink link = live.Programs["netkit_next"].AttachNetkit("primary");
        var info = (DeviceLinkInfo)link.ReadInfo()!;
        Equal((LinkType.Netkit, AttachType.NetkitPrimary), (info.Type, info.AttachType));
        using BpfLink second = live.Programs["netkit_next"].AttachNetkit("primary", isPeer: true, AttachOrder.First);
        Equal(AttachType.NetkitPeer, ((DeviceLinkInfo)second.ReadInfo()!).AttachType);
    }

    private static void AddNetkit(string name)
    {
        // include/uapi/linux/if_link.h.
        const ushort InterfaceName = 3, LinkInfo = 18, InfoKind = 1;
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewLink,
            NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive);
        request.Add(new LinkHeader());
        request.AddAttribute(InterfaceName, name);
        int info = request.Begin(LinkInfo);
        request.AddAttribute(InfoKind, "netkit");
        request.End(info);
        Errno errno = socket.Execute(request, null, out string message);
        True(errno == Errno.None, $"{errno} {message}");
    }

    private static void Netfilter()
    {
        using LoadedObject live = Load("network", "accept");
        using BpfLink link = live.Programs["accept"].AttachNetfilter(new NetfilterOptions { Hook = NetfilterHook.LocalIn, Priority = 5 });
        Equal(new NetfilterOptions { Hook = NetfilterHook.LocalIn, Priority = 5 }, ((NetfilterLinkInfo)link.ReadInfo()!).Hook);
    }
}
