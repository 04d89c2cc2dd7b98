namespace Ebpf;

/// <summary>The context of an XDP program of XDP for Windows.</summary>
/// <remarks><c>xdp_md_t</c> of XDP for Windows: pointers of 64 bits.</remarks>
public sealed record WindowsXdpContext : ProgramContext<WindowsXdpContext, WindowsXdpVerdict>
{
    /// <summary>The interface that the packet came in by.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>The packet, from its Ethernet header on.</summary>
    public ReadOnlyMemory<byte> Packet { get; init; }

    internal override ProgramType Type => ProgramType.Xdp;

    internal override ReadOnlyMemory<byte>? Data => Packet;

    internal override void Write(ContextImage image)
    {
        image["ingress_ifindex"] = (ulong)InterfaceIndex;
    }

    internal override WindowsXdpContext Read(ContextImage image) => this with
    {
        InterfaceIndex = (uint)image["ingress_ifindex"],
    };
}

/// <summary>What an XDP program of XDP for Windows decides.</summary>
public enum WindowsXdpVerdict
{
    /// <summary>The packet goes on.</summary>
    Pass = 1,

    /// <summary>The packet is dropped.</summary>
    Drop = 2,

    /// <summary>The packet goes back where it came from.</summary>
    Transmit = 3,

    /// <summary>The packet goes where bpf_redirect_map was told.</summary>
    Redirect = 4,
}
