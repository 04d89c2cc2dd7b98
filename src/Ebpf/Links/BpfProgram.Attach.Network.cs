using Ebpf.Platforms;

namespace Ebpf;

/// <content>Attaching to the network, and to control groups, as links. What outlives the process: <see cref="PersistentAttachment"/>.</content>
public sealed partial class BpfProgram
{
    /// <summary>Attaches to an interface's XDP hook; since Linux 5.9.</summary>
    /// <remarks>bpf_program__attach_xdp in libbpf. <see cref="XdpAttachment"/> for kernels before, and for attachments that stay.</remarks>
    public BpfLink AttachXdp(NetworkDevice device, XdpMode mode = XdpMode.Default) => Attach(new XdpRequest(device, mode));

    /// <summary>Attaches to an interface's traffic control (tcx) without a queueing discipline; since Linux 6.6.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="direction">Which packets; null for what the program's section says (<c>tcx/ingress</c>, <c>tc/egress</c>, …).</param>
    /// <param name="order">Where among the others.</param>
    /// <remarks>bpf_program__attach_tcx in libbpf. <see cref="TcFilter"/> for kernels before.</remarks>
    public BpfLink AttachTcx(NetworkDevice device, TrafficDirection? direction = null, AttachOrder? order = null) => Attach(new DeviceRequest(
        device,
        direction switch
        {
            TrafficDirection.Ingress => AttachType.TcxIngress,
            TrafficDirection.Egress => AttachType.TcxEgress,
            _ => Expected("a direction", AttachType.TcxIngress, AttachType.TcxEgress),
        },
        order));

    /// <summary>Attaches to a netkit device, by its primary's name or index; since Linux 6.7.</summary>
    /// <param name="device">The primary interface.</param>
    /// <param name="isPeer">Whether it sees what the peer sends, rather than the primary.</param>
    /// <param name="order">Where among the others.</param>
    /// <remarks>bpf_program__attach_netkit in libbpf.</remarks>
    public BpfLink AttachNetkit(NetworkDevice device, bool isPeer = false, AttachOrder? order = null) =>
        Attach(new DeviceRequest(device, isPeer ? AttachType.NetkitPeer : AttachType.NetkitPrimary, order));

    /// <summary>Attaches to a control group of the second version, for what runs in it and below; since Linux 5.7.</summary>
    /// <param name="cgroup">The group.</param>
    /// <param name="attachType">To what of it; null for what the program's section says.</param>
    /// <param name="order">Where among the others; since Linux 6.16.</param>
    /// <remarks>bpf_program__attach_cgroup_opts in libbpf. <see cref="CgroupAttachment"/> for kernels before.</remarks>
    public BpfLink AttachCgroup(KernelFile cgroup, AttachType? attachType = null, AttachOrder? order = null) =>
        Attach(new CgroupRequest(cgroup, attachType ?? AttachType, order));

    /// <summary>Attaches a flow dissector or an sk_lookup program to a network namespace; since Linux 5.8 and 5.9.</summary>
    /// <remarks>bpf_program__attach_netns in libbpf.</remarks>
    public BpfLink AttachNetworkNamespace(KernelFile networkNamespace) => Attach(new NetworkNamespaceRequest(networkNamespace, AttachType));

    /// <summary>Attaches a parser or verdict program to a map of sockets; since Linux 6.10.</summary>
    /// <param name="map">A map of type sockmap or sockhash.</param>
    /// <param name="attachType">As what; null for what the program's section says.</param>
    /// <remarks>bpf_program__attach_sockmap in libbpf. <see cref="SockMapAttachment"/> for kernels before.</remarks>
    public BpfLink AttachSockMap(BpfMap map, AttachType? attachType = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Attach(new SockMapRequest(map, attachType ?? AttachType));
    }

    /// <summary>Attaches to a hook of netfilter, in the network namespace of the calling thread; since Linux 6.4.</summary>
    /// <remarks>bpf_program__attach_netfilter in libbpf.</remarks>
    public BpfLink AttachNetfilter(NetfilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Attach(new NetfilterRequest(options));
    }

    private AttachType Expected(string missing, params ReadOnlySpan<AttachType> allowed) => allowed.Contains(AttachType)
        ? AttachType
        : throw new BpfException($"program '{Name}' in section '{SectionName}' does not say {missing}: give it", Errno.EINVAL) { Program = Name };
}
