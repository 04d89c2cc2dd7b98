namespace Ebpf;

/// <summary>Where XDP programs run.</summary>
/// <remarks>XDP_FLAGS_*_MODE in include/uapi/linux/if_link.h.</remarks>
public enum XdpMode
{
    /// <summary>In the driver where it can, else generic.</summary>
    Default,

    /// <summary>Behind the driver, on any interface, slower (skb mode).</summary>
    Generic,

    /// <summary>In the driver.</summary>
    Native,

    /// <summary>On the network card.</summary>
    Hardware,
}

/// <summary>The two ways of packets.</summary>
public enum TrafficDirection
{
    /// <summary>Into the machine.</summary>
    Ingress,

    /// <summary>Out of it.</summary>
    Egress,
}

/// <summary>Where a program goes among those that are attached to the same place already. Without one it goes to the end.</summary>
/// <remarks>BPF_F_BEFORE, BPF_F_AFTER, BPF_F_REPLACE, BPF_F_ID, BPF_F_LINK: since Linux 6.6 for tcx, 6.7 for netkit, 6.16 for cgroups.</remarks>
public sealed record AttachOrder
{
    private AttachOrder(AttachPosition position, uint id, bool isLink, bool hasAnchor)
    {
        Position = position;
        AnchorId = id;
        IsLink = isLink;
        HasAnchor = hasAnchor;
    }

    /// <summary>Before all.</summary>
    public static AttachOrder First { get; } = new(AttachPosition.Before, 0, false, false);

    /// <summary>After all.</summary>
    public static AttachOrder Last { get; } = new(AttachPosition.After, 0, false, false);

    /// <summary>Only where the place's revision is this, so that nobody has changed it meanwhile; 0 does not ask.</summary>
    public ulong ExpectedRevision { get; init; }

    /// <summary>On which side of the anchor.</summary>
    internal AttachPosition Position { get; }

    /// <summary>The id of the program or link that it stands beside.</summary>
    internal uint AnchorId { get; }

    /// <summary>Whether the anchor is a link.</summary>
    internal bool IsLink { get; }

    /// <summary>Whether there is an anchor.</summary>
    internal bool HasAnchor { get; }

    /// <summary>Right before a link.</summary>
    public static AttachOrder Before(BpfLink link) => new(AttachPosition.Before, IdOf(link), true, true);

    /// <summary>Right after a link.</summary>
    public static AttachOrder After(BpfLink link) => new(AttachPosition.After, IdOf(link), true, true);

    /// <summary>Right before the program of an id.</summary>
    public static AttachOrder BeforeProgram(uint id) => new(AttachPosition.Before, id, false, true);

    /// <summary>Right after the program of an id.</summary>
    public static AttachOrder AfterProgram(uint id) => new(AttachPosition.After, id, false, true);

    private static uint IdOf(BpfLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link.ReadInfo()?.Id ?? throw new BpfNotSupportedException("an order among links", "embedded", "the linux platform");
    }
}

/// <summary>Sides of an anchor.</summary>
internal enum AttachPosition
{
    Before,
    After,
}

/// <summary>Where a netfilter program stands; since Linux 6.4.</summary>
/// <remarks>enum nf_inet_hooks in include/uapi/linux/netfilter.h, nf_ip_hook_priorities in netfilter_ipv4.h.</remarks>
public sealed record NetfilterOptions
{
    /// <summary>Whose packets.</summary>
    public NetfilterFamily Family { get; init; } = NetfilterFamily.IPv4;

    /// <summary>Where on their way.</summary>
    public required NetfilterHook Hook { get; init; }

    /// <summary>Lower ones see a packet first. The kernel refuses its own: the lowest and the highest number, and with <see cref="Defragment"/> what is not after defragmentation (-400).</summary>
    public int Priority { get; init; }

    /// <summary>Whether packets come whole (BPF_F_NETFILTER_IP_DEFRAG; since Linux 6.6).</summary>
    public bool Defragment { get; init; }
}

/// <summary>Protocols of netfilter's hooks.</summary>
public enum NetfilterFamily
{
    /// <summary>IPv4 (NFPROTO_IPV4).</summary>
    IPv4 = 2,

    /// <summary>IPv6 (NFPROTO_IPV6).</summary>
    IPv6 = 10,
}

/// <summary>Places of netfilter.</summary>
public enum NetfilterHook
{
    /// <summary>Before routing.</summary>
    PreRouting = 0,

    /// <summary>To this machine.</summary>
    LocalIn = 1,

    /// <summary>Through this machine.</summary>
    Forward = 2,

    /// <summary>From this machine.</summary>
    LocalOut = 3,

    /// <summary>After routing.</summary>
    PostRouting = 4,
}
