using System.Net;

namespace Ebpf;

/// <summary>The context of a connect, accept, bind or listen program of eBPF for Windows.</summary>
/// <remarks><c>bpf_sock_addr_t</c> in include/ebpf_nethooks.h of eBPF for Windows.</remarks>
public sealed record SockAddrContext : ProgramContext<SockAddrContext, SockAddrVerdict>
{
    /// <summary>The address family as Windows numbers it: 2 is IPv4, 23 is IPv6.</summary>
    public uint Family { get; init; } = 2;

    /// <summary>The source: remote for what leaves, local for what arrives.</summary>
    public IPAddress SourceAddress { get; init; } = IPAddress.Any;

    /// <summary>The source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>The destination, which a connect program may change.</summary>
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>The destination port, which a connect program may change.</summary>
    public ushort Port { get; init; }

    /// <summary>The IP protocol: 6 is TCP, 17 is UDP.</summary>
    public uint Protocol { get; init; }

    /// <summary>The network compartment.</summary>
    public uint CompartmentId { get; init; }

    /// <summary>The interface.</summary>
    public ulong InterfaceLuid { get; init; }

    internal override ProgramType Type => ProgramType.CgroupSockAddr;

    internal override void Write(ContextImage image)
    {
        image["family"] = (ulong)Family;
        image.Set("msg_src_ip", NetworkOrder.Address(SourceAddress));
        image["msg_src_port"] = NetworkOrder.Port(SourcePort);
        image.Set("user_ip", NetworkOrder.Address(Address));
        image["user_port"] = NetworkOrder.Port(Port);
        image["protocol"] = (ulong)Protocol;
        image["compartment_id"] = (ulong)CompartmentId;
        image["interface_luid"] = (ulong)InterfaceLuid;
    }

    internal override SockAddrContext Read(ContextImage image) => this with
    {
        Family = (uint)image["family"],
        SourceAddress = NetworkOrder.Address(image.Get("msg_src_ip"), image["family"]),
        SourcePort = NetworkOrder.Port(image["msg_src_port"]),
        Address = NetworkOrder.Address(image.Get("user_ip"), image["family"]),
        Port = NetworkOrder.Port(image["user_port"]),
        Protocol = (uint)image["protocol"],
        CompartmentId = (uint)image["compartment_id"],
        InterfaceLuid = (ulong)image["interface_luid"],
    };
}

/// <summary>What a connection program decides (ebpf_sock_addr_verdict_t).</summary>
public enum SockAddrVerdict
{
    /// <summary>The connection fails.</summary>
    Reject = 0,

    /// <summary>It may go on, unless another filter objects.</summary>
    ProceedSoft = 1,

    /// <summary>It goes on whatever filters of less weight say.</summary>
    ProceedHard = 2,
}
