using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>What this kernel's age decides about the network. Packets through it are tested on the machine's own kernel.</summary>
internal static class NetworkScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("XDP attaches to the loopback, behind the driver", Xdp),
        new("tcx attaches, or says which Linux has it", () => Since(6, 6, Tcx)),
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

    private static void Netfilter()
    {
        using LoadedObject live = Load("network", "accept");
        using BpfLink link = live.Programs["accept"].AttachNetfilter(new NetfilterOptions { Hook = NetfilterHook.LocalIn, Priority = 5 });
        Equal(new NetfilterOptions { Hook = NetfilterHook.LocalIn, Priority = 5 }, ((NetfilterLinkInfo)link.ReadInfo()!).Hook);
    }
}
