using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>Classifiers of traffic control, and the queueing discipline that carries them.</summary>
/// <remarks>include/uapi/linux/pkt_cls.h and pkt_sched.h; bpf_tc_attach and its like in libbpf's netlink.c.</remarks>
internal static unsafe class TrafficControl
{
    /// <summary>clsact, and the two places that it has.</summary>
    public const uint ClsactParent = 0xFFFF_FFF1, ClsactHandle = 0xFFFF_0000, IngressParent = 0xFFFF_FFF2, EgressParent = 0xFFFF_FFF3;

    private const ushort Kind = 1, Options = 2;
    private const ushort BpfFd = 6, BpfName = 7, BpfFlags = 8, BpfId = 11;
    private const uint DirectAction = 1;
    private const ushort AllProtocols = 3;

    /// <summary>Adds clsact to an interface; <see cref="Errno.EEXIST"/> where it is.</summary>
    public static Errno AddClsact(int index, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(
            stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewQueue,
            NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive);
        request.Add(new TrafficControlHeader { Index = index, Handle = ClsactHandle, Parent = ClsactParent });
        request.AddAttribute(Kind, "clsact");
        return socket.Execute(request, null, out message);
    }

    /// <summary>Takes clsact away, with everything that is attached to it.</summary>
    public static Errno DeleteClsact(int index, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.DeleteQueue, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(new TrafficControlHeader { Index = index, Handle = ClsactHandle, Parent = ClsactParent });
        request.AddAttribute(Kind, "clsact");
        return socket.Execute(request, null, out message);
    }

    /// <summary>Adds a BPF classifier that decides by itself (direct-action).</summary>
    /// <param name="place">Where; a handle or priority of 0 lets the kernel choose.</param>
    /// <param name="program">The program's descriptor.</param>
    /// <param name="name">The name that <c>tc filter show</c> prints.</param>
    /// <param name="replace">Whether one of this handle and priority is replaced; otherwise it is <see cref="Errno.EEXIST"/>.</param>
    /// <param name="made">Where it is now.</param>
    /// <param name="message">The kernel's words where it refuses.</param>
    public static Errno AddFilter(in FilterPlace place, int program, string name, bool replace, out FilterState made, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        NetlinkFlags flags = NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Echo;
        var request = new NetlinkRequest(
            stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewFilter, flags | (replace ? NetlinkFlags.Replace : NetlinkFlags.Exclusive));
        request.Add(Header(place));
        request.AddAttribute(Kind, "bpf");
        int options = request.Begin(Options);
        request.AddAttribute(BpfFd, (uint)program);
        request.AddAttribute(BpfName, name);
        request.AddAttribute(BpfFlags, DirectAction);
        request.End(options);
        return ExecuteForFilter(socket, request, out made, out message);
    }

    /// <summary>Removes one classifier.</summary>
    public static Errno DeleteFilter(in FilterPlace place, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.DeleteFilter, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(Header(place));
        request.AddAttribute(Kind, "bpf");
        return socket.Execute(request, null, out message);
    }

    /// <summary>Removes all classifiers of an interface's place.</summary>
    public static Errno DeleteFilters(int index, uint parent, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.DeleteFilter, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(new TrafficControlHeader { Index = index, Parent = parent });
        return socket.Execute(request, null, out message);
    }

    /// <summary>Asks for one classifier; <see cref="Errno.ENOENT"/> where there is none.</summary>
    public static Errno FindFilter(in FilterPlace place, out FilterState found, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.GetFilter, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Add(Header(place));
        request.AddAttribute(Kind, "bpf");
        return ExecuteForFilter(socket, request, out found, out message);
    }

    /// <summary>All BPF classifiers of an interface's place.</summary>
    public static Errno ListFilters(int index, uint parent, List<FilterState> found, out string message)
    {
        using NetlinkSocket socket = NetlinkSocket.Open();
        var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.GetFilter, NetlinkFlags.Request | NetlinkFlags.Dump);
        request.Add(new TrafficControlHeader { Index = index, Parent = parent });
        return socket.Execute(
            request,
            (type, payload) =>
            {
                if (type == RouteMessage.NewFilter && TryRead(payload, out FilterState state))
                {
                    found.Add(state);
                }
            },
            out message);
    }

    private static Errno ExecuteForFilter(NetlinkSocket socket, scoped in NetlinkRequest request, out FilterState state, out string message)
    {
        FilterState seen = default;
        Errno errno = socket.Execute(
            request,
            (type, payload) =>
            {
                if (type == RouteMessage.NewFilter && TryRead(payload, out FilterState one))
                {
                    seen = one;
                }
            },
            out message);
        state = seen;
        return errno;
    }

    private static TrafficControlHeader Header(in FilterPlace place) => new()
    {
        Index = place.InterfaceIndex,
        Parent = place.Parent,
        Handle = place.Handle,
        Info = ((uint)place.Priority << 16) | BinaryPrimitives.ReverseEndianness(AllProtocols),
    };

    private static bool TryRead(ReadOnlySpan<byte> payload, out FilterState state)
    {
        state = default;
        if (payload.Length < sizeof(TrafficControlHeader))
        {
            return false;
        }

        TrafficControlHeader header = MemoryMarshal.Read<TrafficControlHeader>(payload);
        ReadOnlySpan<byte> attributes = payload[sizeof(TrafficControlHeader)..];
        // Beside each classifier a dump has one message for its priority, which has no options.
        if (NetlinkAttributes.Text(NetlinkAttributes.Find(attributes, Kind)) != "bpf" || header.Handle == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> options = NetlinkAttributes.Find(attributes, Options);
        state = new FilterState(
            new FilterPlace(header.Index, header.Parent, header.Handle, (ushort)(header.Info >> 16)),
            NetlinkAttributes.UInt32(NetlinkAttributes.Find(options, BpfId)),
            NetlinkAttributes.Text(NetlinkAttributes.Find(options, BpfName)));
        return true;
    }
}

/// <summary>What names a classifier.</summary>
internal readonly record struct FilterPlace(int InterfaceIndex, uint Parent, uint Handle, ushort Priority);

/// <summary>A classifier that is there.</summary>
internal readonly record struct FilterState(FilterPlace Place, uint ProgramId, string Name);
