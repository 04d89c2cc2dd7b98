using System.Globalization;
using Ebpf.Kernel.Tests.Machine;

namespace Ebpf.Kernel.Tests.Links;

/// <summary>Links at interfaces and network namespaces, with packets through them.</summary>
public class NetworkLinkTests
{
    private enum Slot : uint
    {
        Xdp, XdpOther, Tc, TcOther, CgroupIngress, CgroupEgress, CgroupConnect, CgroupCreate, Lookup, Dissector, Socket, Verdict, Netfilter, ReusePort,
    }

    [Theory]
    [InlineData(XdpMode.Default)]
    [InlineData(XdpMode.Native)]
    [InlineData(XdpMode.Generic)]
    public void An_XDP_link_sees_packets_until_it_is_disposed(XdpMode mode)
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "xdp_pass");
        BpfLink link = wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp(NetworkNamespace.RightName, mode));

        Assert.True(wire.Passes(expected: true));
        Assert.True(Count(live, Slot.Xdp) > 0);
        Assert.Equal(LinkType.Xdp, Assert.IsType<DeviceLinkInfo>(link.ReadInfo()).Type);

        // Interfaces talk by themselves (IPv6): counted only from here on.
        link.Dispose();
        ulong seen = Count(live, Slot.Xdp);
        Assert.True(wire.Passes(expected: true));
        Assert.Equal(seen, Count(live, Slot.Xdp));
    }

    [Fact]
    public void An_XDP_link_gets_another_program_without_being_detached()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "xdp_pass", "xdp_drop");
        using BpfLink link = wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp(NetworkNamespace.RightName));
        uint id = link.ReadInfo()!.Id;
        Assert.True(wire.Passes(expected: true));

        link.Update(live.Programs["xdp_drop"], expected: live.Programs["xdp_pass"]);

        Assert.False(wire.Passes(expected: false));
        Assert.Equal(id, link.ReadInfo()!.Id);
        Assert.Same(live.Programs["xdp_drop"], link.Program);
        Assert.Equal(Errno.EPERM, Assert.Throws<BpfException>(() => link.Update(live.Programs["xdp_pass"], expected: live.Programs["xdp_pass"])).Errno);
    }

    [Fact]
    public void A_place_that_is_taken_or_not_there_is_named()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "xdp_pass");
        using BpfLink link = wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp(NetworkNamespace.RightName));

        BpfException taken = Assert.Throws<BpfException>(() => wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp(NetworkNamespace.RightName)));
        BpfException missing = Assert.Throws<BpfException>(() => wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp("nowhere")));

        Assert.Equal(Errno.EBUSY, taken.Errno);
        Assert.Equal(Errno.ENODEV, missing.Errno);
        Assert.Contains("xdp:right", taken.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", missing.Message, StringComparison.Ordinal);
        Assert.Equal([link], live.Links);
    }

    [Fact]
    public void Tcx_programs_run_in_the_order_that_they_were_given()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "tc_next", "tc_drop");
        using BpfLink next = wire.Right.Run(() => live.Programs["tc_next"].AttachTcx(NetworkNamespace.RightName, TrafficDirection.Ingress));
        Assert.True(wire.Passes(expected: true));
        ulong seen = Count(live, Slot.Tc);
        Assert.True(seen > 0);

        // After the first one: it still sees the packet, which then is dropped.
        using (wire.Right.Run(() => live.Programs["tc_drop"].AttachTcx(NetworkNamespace.RightName, order: AttachOrder.After(next))))
        {
            Assert.False(wire.Passes(expected: false));
            Assert.True(Count(live, Slot.Tc) > seen);
        }

        using (wire.Right.Run(() => live.Programs["tc_drop"].AttachTcx(NetworkNamespace.RightName, order: AttachOrder.First)))
        {
            seen = Count(live, Slot.Tc);
            Assert.False(wire.Passes(expected: false));
            Assert.Equal(seen, Count(live, Slot.Tc));
        }

        Assert.Equal(AttachType.TcxIngress, Assert.IsType<DeviceLinkInfo>(next.ReadInfo()).AttachType);
    }

    [Fact]
    public void A_tcx_link_is_detached_while_it_is_held_and_says_that_its_place_is_gone()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "tc_drop");
        using BpfLink link = wire.Right.Run(() => live.Programs["tc_drop"].AttachTcx(NetworkNamespace.RightName));
        Assert.False(wire.Passes(expected: false));

        link.Detach();

        Assert.True(wire.Passes(expected: true));
        Assert.Equal(0, Assert.IsType<DeviceLinkInfo>(link.ReadInfo()).InterfaceIndex);
        Assert.Equal(Errno.ENOLINK, Assert.Throws<BpfException>(() => link.Update(live.Programs["tc_drop"])).Errno);
    }

    [Fact]
    public void A_program_without_a_direction_asks_for_one()
    {
        Kernel.Require();
        using LoadedObject live = LinkObjects.Load("network", "tc_next");

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => live.Programs["tc_next"].AttachTcx("lo")).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<BpfException>(() => live.Programs["tc_next"].Attach()).Errno);
        Assert.Empty(live.Attach());
    }

    [Fact]
    public void A_network_namespace_takes_a_socket_lookup_and_a_flow_dissector()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "look_up", "dissect");
        using BpfLink lookup = live.Programs["look_up"].AttachNetworkNamespace(wire.Right.Path);
        using BpfLink dissector = live.Programs["dissect"].AttachNetworkNamespace(wire.Right.Path);

        Assert.True(wire.Passes(expected: true));

        Assert.True(Count(live, Slot.Lookup) > 0);
        Assert.NotEqual(0u, Assert.IsType<NetworkNamespaceLinkInfo>(lookup.ReadInfo()).NamespaceInode);
        Assert.Equal(AttachType.FlowDissector, Assert.IsType<NetworkNamespaceLinkInfo>(dissector.ReadInfo()).AttachType);
    }

    [Fact]
    public void A_netfilter_link_sees_packets()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "accept");
        var options = new NetfilterOptions { Hook = NetfilterHook.LocalIn, Priority = -7 };
        using BpfLink link = wire.Right.Run(() => live.Programs["accept"].AttachNetfilter(options));

        Assert.True(wire.Passes(expected: true));

        Assert.True(Count(live, Slot.Netfilter) > 0);
        Assert.Equal(options, Assert.IsType<NetfilterLinkInfo>(link.ReadInfo()).Hook);
    }

    [Fact]
    public void A_map_of_sockets_takes_a_verdict_as_link_and_without()
    {
        Kernel.Require();
        using LoadedObject live = LinkObjects.Load("network", "verdict");
        BpfMap sockets = live.Maps["sockets"];

        using (BpfLink link = live.Programs["verdict"].AttachSockMap(sockets))
        {
            Assert.Equal(AttachType.SkSkbStreamVerdict, Assert.IsType<SockMapLinkInfo>(link.ReadInfo()).AttachType);
            Assert.Equal(Errno.EBUSY, Assert.Throws<BpfException>(() => live.Programs["verdict"].AttachSockMap(sockets)).Errno);
        }

        SockMapAttachment attachment = SockMapAttachment.Attach(sockets, live.Programs["verdict"]);
        attachment.Detach();
        Assert.Throws<BpfException>(attachment.Detach);
    }

    [Fact]
    public void Attaching_and_detaching_many_times_leaves_nothing()
    {
        // As in CycleTests: CI does a few, EBPF_CYCLES=10000 all.
        int cycles = int.Parse(Environment.GetEnvironmentVariable("EBPF_CYCLES") ?? "100", CultureInfo.InvariantCulture);
        using var wire = new Wire();
        var before = new Inventory();
        for (int i = 0; i < cycles; i++)
        {
            using LoadedObject live = LinkObjects.Load("network", "xdp_pass", "tc_next", "look_up");
            wire.Right.Run(() => live.Programs["xdp_pass"].AttachXdp(NetworkNamespace.RightName));
            using BpfLink link = wire.Right.Run(() => live.Programs["tc_next"].AttachTcx(NetworkNamespace.RightName, TrafficDirection.Ingress));
            live.Programs["look_up"].AttachNetworkNamespace(wire.Right.Path);
            Assert.Equal(3, live.Links.Count);
        }

        before.AssertNothingIsLeft();
        Assert.Equal(default, wire.Right.Run(() => XdpAttachment.Query(NetworkNamespace.RightName)));
    }

    private static ulong Count(LoadedObject live, Slot slot) => live.Maps["hits"].As<uint, ulong>()[(uint)slot];
}
