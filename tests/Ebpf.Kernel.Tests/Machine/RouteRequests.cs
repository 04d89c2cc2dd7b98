using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Netlink;

namespace Ebpf.Kernel.Tests.Machine;

/// <summary>What tests ask of the calling thread's network namespace, by the product's own netlink client.</summary>
internal static class RouteRequests
{
    // include/uapi/linux/if_link.h, if_addr.h, veth.h.
    private const ushort InterfaceName = 3, LinkInfo = 18, NamespaceFd = 28, InfoKind = 1, InfoData = 2, Peer = 1, Local = 2, Address = 1;
    private const byte Inet = 2;
    private const uint Up = 1;

    /// <summary>Makes a pair of connected interfaces, the second in another namespace.</summary>
    public static void AddPair(string kind, string name, string peer, int peerNamespace)
    {
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewLink,
            NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive);
        request.Add(new LinkHeader());
        request.AddAttribute(InterfaceName, name);
        int info = request.Begin(LinkInfo);
        request.AddAttribute(InfoKind, kind);
        int data = request.Begin(InfoData);
        int other = request.Begin(Peer);
        request.Add(new LinkHeader());
        request.AddAttribute(InterfaceName, peer);
        request.AddAttribute(NamespaceFd, (uint)peerNamespace);
        request.End(other);
        request.End(data);
        request.End(info);
        Execute(request, $"{kind} {name}");
    }

    public static void SetUp(string name)
    {
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(new LinkHeader { Index = InterfaceIndex.Of(name), Flags = Up, Change = Up });
        Execute(request, $"set {name} up");
    }

    public static void AddAddress(string name, System.Net.IPAddress address)
    {
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewAddress,
            NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create);
        request.Add(new AddressHeader { Family = Inet, PrefixLength = 24, Index = (uint)InterfaceIndex.Of(name) });
        request.AddAttribute(Local, address.GetAddressBytes());
        request.AddAttribute(Address, address.GetAddressBytes());
        Execute(request, $"address {address} of {name}");
    }

    private static void Execute(scoped in NetlinkRequest request, string what)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        Errno errno = socket.Execute(request, null, out string message);
        Assert.True(errno == Errno.None, $"{what}: {errno} {message}");
    }

    /// <summary>'struct ifaddrmsg' in include/uapi/linux/if_addr.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AddressHeader
    {
        public byte Family;
        public byte PrefixLength;
        public byte Flags;
        public byte Scope;
        public uint Index;
    }
}
