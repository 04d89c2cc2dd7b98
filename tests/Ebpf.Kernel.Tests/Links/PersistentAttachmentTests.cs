using System.Net;
using System.Net.Sockets;
using Ebpf.Kernel.Tests.Machine;

namespace Ebpf.Kernel.Tests.Links;

/// <summary>Attachments that outlive their program's handle.</summary>
public class PersistentAttachmentTests
{
    [Fact]
    public void An_XDP_program_stays_when_its_object_is_disposed_and_is_cleared_by_anybody()
    {
        using var wire = new Wire();
        using (LoadedObject live = LinkObjects.Load("network", "xdp_drop"))
        {
            XdpAttachment attachment = wire.Right.Run(() => XdpAttachment.Attach(NetworkNamespace.RightName, live.Programs["xdp_drop"]));
            Assert.Equal(Errno.EBUSY, Assert.Throws<BpfException>(() => wire.Right.Run(() => XdpAttachment.Attach(NetworkNamespace.RightName, live.Programs["xdp_drop"]))).Errno);
            wire.Right.Run(() => XdpAttachment.Attach(NetworkNamespace.RightName, live.Programs["xdp_drop"], replace: true));
            Assert.True(attachment.InterfaceIndex > 0);
        }

        Assert.False(wire.Passes(expected: false));
        XdpState state = wire.Right.Run(() => XdpAttachment.Query(NetworkNamespace.RightName));
        Assert.NotEqual(0u, state.NativeId);
        Assert.Equal(0u, state.GenericId);

        wire.Right.Run(() => XdpAttachment.Clear(NetworkNamespace.RightName));

        Assert.True(wire.Passes(expected: true));
        Assert.Equal(default, wire.Right.Run(() => XdpAttachment.Query(NetworkNamespace.RightName)));
    }

    [Fact]
    public void An_XDP_program_is_detached_only_where_it_still_is()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "xdp_drop", "xdp_pass");
        XdpAttachment first = wire.Right.Run(() => XdpAttachment.Attach(NetworkNamespace.RightName, live.Programs["xdp_drop"], XdpMode.Generic));
        XdpAttachment second = wire.Right.Run(() => XdpAttachment.Attach(NetworkNamespace.RightName, live.Programs["xdp_pass"], XdpMode.Generic, replace: true));

        BpfException e = Assert.Throws<BpfException>(() => wire.Right.Run(first.Detach));
        Assert.Equal(Errno.EEXIST, e.Errno);
        wire.Right.Run(second.Detach);

        Assert.Equal(default, wire.Right.Run(() => XdpAttachment.Query(NetworkNamespace.RightName)));
    }

    [Fact]
    public void Classifiers_are_attached_replaced_listed_and_detached()
    {
        using var wire = new Wire();
        using LoadedObject live = LinkObjects.Load("network", "tc_next", "tc_drop");
        wire.Right.Run(() =>
        {
            BpfException missing = Assert.Throws<BpfException>(() => TcFilter.Attach(NetworkNamespace.RightName, TrafficDirection.Ingress, live.Programs["tc_drop"]));
            Assert.True(missing.Message.Length > 40, missing.Message);
            Assert.True(TcFilter.CreateHook(NetworkNamespace.RightName));
            Assert.False(TcFilter.CreateHook(NetworkNamespace.RightName));
        });
        TcFilter drop = wire.Right.Run(() => TcFilter.Attach(NetworkNamespace.RightName, TrafficDirection.Ingress, live.Programs["tc_drop"], new TcFilterOptions { Priority = 10, Handle = 3, Name = "dropper" }));
        Assert.Equal((10, 3u, "dropper"), (drop.Priority, drop.Handle, drop.Name));
        Assert.NotEqual(0u, drop.ProgramId);
        Assert.False(wire.Passes(expected: false));

        wire.Right.Run(() =>
        {
            var same = new TcFilterOptions { Priority = 10, Handle = 3 };
            Assert.Equal(Errno.EEXIST, Assert.Throws<BpfException>(() => TcFilter.Attach(NetworkNamespace.RightName, TrafficDirection.Ingress, live.Programs["tc_next"], same)).Errno);
            TcFilter.Attach(NetworkNamespace.RightName, TrafficDirection.Ingress, live.Programs["tc_next"], same with { Replace = true });
            TcFilter.Attach(NetworkNamespace.RightName, TrafficDirection.Egress, live.Programs["tc_next"]);
        });
        Assert.True(wire.Passes(expected: true));
        Assert.True(live.Maps["hits"].As<uint, ulong>()[2] > 0);

        wire.Right.Run(() =>
        {
            TcFilter only = Assert.Single(TcFilter.Query(NetworkNamespace.RightName, TrafficDirection.Ingress));
            Assert.NotEqual(drop.ProgramId, only.ProgramId);
            only.Detach();
            Assert.Empty(TcFilter.Query(NetworkNamespace.RightName, TrafficDirection.Ingress));
            Assert.Single(TcFilter.Query(NetworkNamespace.RightName, TrafficDirection.Egress));
            Assert.Throws<BpfException>(only.Detach);
            TcFilter.DestroyHook(NetworkNamespace.RightName);
        });
    }

    [Fact]
    public void A_socket_filter_takes_packets_away_until_it_is_detached()
    {
        using var place = new NetworkNamespace();
        using LoadedObject live = LinkObjects.Load("network", "filter_none");
        using Socket receiver = place.Run(static () => Bound());
        receiver.ReceiveTimeout = 300;
        SocketAttachment attachment = SocketAttachment.AttachFilter(receiver, live.Programs["filter_none"]);

        place.Run(() => SendTo(receiver));
        Assert.Throws<SocketException>(() => receiver.Receive(new byte[8]));

        attachment.Detach();
        receiver.ReceiveTimeout = 5000;
        place.Run(() => SendTo(receiver));
        Assert.Equal(2, receiver.Receive(new byte[8]));
        Assert.Throws<BpfException>(attachment.Detach);
    }

    [Fact]
    public void A_reuseport_group_takes_a_selector()
    {
        using var place = new NetworkNamespace();
        using LoadedObject live = LinkObjects.Load("network", "select_any");
        using Socket receiver = place.Run(static () => Bound(reusePort: true));
        receiver.ReceiveTimeout = 5000;
        SocketAttachment attachment = SocketAttachment.AttachReusePortSelector(receiver, live.Programs["select_any"]);

        // A group of one asks nobody: the second makes it a choice.
        using Socket second = place.Run(() => Bound(reusePort: true, ((IPEndPoint)receiver.LocalEndPoint!).Port));
        place.Run(() => SendTo(receiver));

        Assert.True(live.Maps["hits"].As<uint, ulong>()[13] > 0);
        attachment.Detach();
    }

    private static Socket Bound(bool reusePort = false, int port = 0)
    {
        const int ReusePort = 15, LevelSocket = 1;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        if (reusePort)
        {
            socket.SetRawSocketOption(LevelSocket, ReusePort, BitConverter.GetBytes(1));
        }

        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private static void SendTo(Socket receiver)
    {
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sender.SendTo("hi"u8, receiver.LocalEndPoint!);
    }
}
