using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Netlink;

namespace Ebpf;

/// <summary>A program as a classifier of traffic control (direct-action), in the queueing discipline clsact; since Linux 4.5.</summary>
/// <remarks>bpf_tc_attach, bpf_tc_detach and bpf_tc_query in libbpf. Since Linux 6.6 <see cref="BpfProgram.AttachTcx"/> needs no discipline and is a link.</remarks>
public sealed class TcFilter : PersistentAttachment
{
    private TcFilter(in FilterState state) : base($"{(state.Place.Parent == TrafficControl.IngressParent ? "tc/ingress" : "tc/egress")}:#{state.Place.InterfaceIndex}")
    {
        Place = state.Place;
        ProgramId = state.ProgramId;
        Name = state.Name;
    }

    /// <summary>The interface.</summary>
    public int InterfaceIndex => Place.InterfaceIndex;

    /// <summary>Which packets it sees.</summary>
    public TrafficDirection Direction => Place.Parent == TrafficControl.IngressParent ? TrafficDirection.Ingress : TrafficDirection.Egress;

    /// <summary>Lower ones see a packet first.</summary>
    public int Priority => Place.Priority;

    /// <summary>Its number among those of one priority.</summary>
    public uint Handle => Place.Handle;

    /// <summary>The id of its program.</summary>
    public uint ProgramId { get; }

    /// <summary>The name that <c>tc filter show</c> prints.</summary>
    public string Name { get; }

    private FilterPlace Place { get; }

    /// <summary>Adds the queueing discipline clsact to an interface, which classifiers need; false where it is there already.</summary>
    public static bool CreateHook(NetworkDevice device)
    {
        Errno errno = TrafficControl.AddClsact(Platforms.Linux.Links.InterfaceIndex.Of(device), out string message);
        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw Failed($"clsact cannot be added to {device}", errno, message);
        }

        return errno == Errno.None;
    }

    /// <summary>Takes clsact away, and with it all classifiers of the interface, whoever made them.</summary>
    public static void DestroyHook(NetworkDevice device) =>
        Check($"clsact cannot be taken from {device}", TrafficControl.DeleteClsact(Platforms.Linux.Links.InterfaceIndex.Of(device), out string message), message);

    /// <summary>Attaches a program.</summary>
    /// <param name="device">The interface; it has clsact (<see cref="CreateHook"/>).</param>
    /// <param name="direction">Which packets.</param>
    /// <param name="program">The program.</param>
    /// <param name="options">Its place among others; null for what the kernel chooses.</param>
    public static TcFilter Attach(NetworkDevice device, TrafficDirection direction, BpfProgram program, TcFilterOptions? options = null)
    {
        options ??= new TcFilterOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Priority, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Priority, ushort.MaxValue, nameof(options));
        int fd = FdOf(program, $"tc:{device}");
        var place = new FilterPlace(Platforms.Linux.Links.InterfaceIndex.Of(device), ParentOf(direction), options.Handle, (ushort)options.Priority);
        Check(
            $"program '{program.Name}' cannot be attached to tc of {device}",
            TrafficControl.AddFilter(place, fd, options.Name ?? program.Name, options.Replace, out FilterState made, out string message),
            message);
        return new TcFilter(made);
    }

    /// <summary>The BPF classifiers of an interface, of all programs, in the order in which packets see them.</summary>
    public static IReadOnlyList<TcFilter> Query(NetworkDevice device, TrafficDirection direction)
    {
        var found = new List<FilterState>();
        Check($"tc of {device} cannot be asked", TrafficControl.ListFilters(Platforms.Linux.Links.InterfaceIndex.Of(device), ParentOf(direction), found, out string message), message);
        return found.ConvertAll(static state => new TcFilter(state));
    }

    /// <inheritdoc/>
    public override void Detach() => Check($"the classifier at {Hook}, priority {Priority}, handle {Handle}, cannot be removed", TrafficControl.DeleteFilter(Place, out string message), message);

    private static uint ParentOf(TrafficDirection direction) => direction == TrafficDirection.Ingress ? TrafficControl.IngressParent : TrafficControl.EgressParent;

    private static void Check(string what, Errno errno, string message)
    {
        if (errno != Errno.None)
        {
            throw Failed(what, errno, message);
        }
    }
}

/// <summary>The place of a classifier among others.</summary>
/// <remarks>struct bpf_tc_opts in libbpf.h.</remarks>
public sealed record TcFilterOptions
{
    /// <summary>From 1 to 65535, lower ones first; 0 lets the kernel choose one before all others.</summary>
    public int Priority { get; init; }

    /// <summary>Its number among those of one priority; 0 lets the kernel choose.</summary>
    public uint Handle { get; init; }

    /// <summary>Whether one of this priority and handle is replaced, without a moment in which neither runs.</summary>
    public bool Replace { get; init; }

    /// <summary>The name that <c>tc filter show</c> prints; null for the program's.</summary>
    public string? Name { get; init; }
}
