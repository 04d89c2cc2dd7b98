using System.Net;

namespace Ebpf;

/// <summary>The context of a socket operations program of eBPF for Windows.</summary>
/// <remarks><c>bpf_sock_ops_t</c> in include/ebpf_nethooks.h of eBPF for Windows. Its ports take four bytes, of which the first two count.</remarks>
public sealed record SockOpsContext : ProgramContext<SockOpsContext, SockOpsVerdict>
{
    /// <summary>What happened.</summary>
    public SockOperation Operation { get; init; }

    /// <summary>The address family as Windows numbers it: 2 is IPv4, 23 is IPv6.</summary>
    public uint Family { get; init; } = 2;

    /// <summary>This end.</summary>
    public IPAddress LocalAddress { get; init; } = IPAddress.Any;

    /// <summary>Its port.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>The other end.</summary>
    public IPAddress RemoteAddress { get; init; } = IPAddress.Any;

    /// <summary>Its port.</summary>
    public ushort RemotePort { get; init; }

    /// <summary>The IP protocol: 6 is TCP, 17 is UDP.</summary>
    public byte Protocol { get; init; }

    /// <summary>The network compartment.</summary>
    public uint CompartmentId { get; init; }

    /// <summary>The interface.</summary>
    public ulong InterfaceLuid { get; init; }

    internal override ProgramType Type => ProgramType.SockOps;

    internal override void Write(ContextImage image)
    {
        image["op"] = (ulong)Operation;
        image["family"] = (ulong)Family;
        image.Set("local_ip", NetworkOrder.Address(LocalAddress));
        image["local_port"] = NetworkOrder.Port(LocalPort);
        image.Set("remote_ip", NetworkOrder.Address(RemoteAddress));
        image["remote_port"] = NetworkOrder.Port(RemotePort);
        image["protocol"] = (ulong)Protocol;
        image["compartment_id"] = (ulong)CompartmentId;
        image["interface_luid"] = (ulong)InterfaceLuid;
    }

    internal override SockOpsContext Read(ContextImage image) => this with
    {
        Operation = (SockOperation)image["op"],
        Family = (uint)image["family"],
        LocalAddress = NetworkOrder.Address(image.Get("local_ip"), image["family"]),
        LocalPort = NetworkOrder.Port(image["local_port"]),
        RemoteAddress = NetworkOrder.Address(image.Get("remote_ip"), image["family"]),
        RemotePort = NetworkOrder.Port(image["remote_port"]),
        Protocol = (byte)image["protocol"],
        CompartmentId = (uint)image["compartment_id"],
        InterfaceLuid = (ulong)image["interface_luid"],
    };
}

/// <summary>What a socket operations program gives.</summary>
public enum SockOpsVerdict
{
    /// <summary>Nothing changes; other values have no meaning.</summary>
    Continue = 0,
}

/// <summary>What happened to a connection (bpf_sock_op_type_t).</summary>
public enum SockOperation
{
    /// <summary>It was established from here.</summary>
    ActiveEstablished = 0,

    /// <summary>It was established from the other side.</summary>
    PassiveEstablished = 1,

    /// <summary>It is gone.</summary>
    Deleted = 2,
}
