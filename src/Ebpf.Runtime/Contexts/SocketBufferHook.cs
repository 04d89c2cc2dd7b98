using System.Buffers.Binary;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>Programs that see a packet as <c>struct __sk_buff</c>: with its Ethernet header (tc), or behind it (socket filter, cgroup, lightweight tunnels).</summary>
/// <remarks>bpf_prog_test_run_skb in net/bpf/test_run.c, on the loopback interface. The packet is linear; there is no socket.</remarks>
internal sealed unsafe class SocketBufferHook(bool seesLink) : Hook
{
    /// <remarks>NET_SKB_PAD with NET_IP_ALIGN 0, as on x86 and arm64.</remarks>
    internal const int Headroom = 64;

    internal const int Tailroom = XdpHook.Tailroom;

    private const int LoopbackIfIndex = 1, AddressFamilyInet = 2, AddressFamilyInet6 = 10;

    /// <remarks>GSO_MAX_SEGS and GSO_LEGACY_MAX_SIZE in include/linux/netdevice.h.</remarks>
    private const uint MaximumSegments = 65535, MaximumWireLength = 65536;

    /// <summary>With the Ethernet header in front.</summary>
    internal static SocketBufferHook Link { get; } = new(true);

    /// <summary>Without it.</summary>
    internal static SocketBufferHook Network { get; } = new(false);

    internal override void Prepare(Run run, RunRequest request)
    {
        run.DataInput = Packets.Default(request.Data);
        run.ContextInput = request.Context;
        int length = run.DataInput.Length - (seesLink ? 0 : Packets.EthernetHeader);
        Validate(request.Context.Span, length);
        run.ReserveContext(Math.Max(run.Program.ContextMap.NativeSize, SocketBuffer.Size), SocketBuffer.Size);
        run.ReservePacket(Headroom, run.DataInput.Length, Tailroom);
    }

    internal override void Enter(Run run)
    {
        ReadOnlySpan<byte> data = run.DataInput.Span;
        run.MacHeader = run.PacketStart + Headroom;
        run.NetworkHeader = run.MacHeader + Packets.EthernetHeader;
        run.PacketData = seesLink ? run.MacHeader : run.NetworkHeader;
        run.PacketMeta = run.PacketData;
        run.PacketEnd = run.MacHeader + data.Length;
        data.CopyTo(new Span<byte>(run.MacHeader, data.Length));

        byte* context = run.Context;
        new Span<byte>(context, Math.Max(run.Program.ContextMap.NativeSize, SocketBuffer.Size)).Clear();
        run.ContextInput.Span.CopyTo(new Span<byte>(context, SocketBuffer.Size));
        ushort etherType = Packets.EtherType(data);
        Set(context, SocketBuffer.PacketType, Packets.PacketType(data));
        Set(context, SocketBuffer.Protocol, NetworkOrder(etherType));
        if (Get(context, SocketBuffer.IfIndex) == 0)
            Set(context, SocketBuffer.IfIndex, LoopbackIfIndex);
        SetAddresses(context, etherType, data[Packets.EthernetHeader..]);
        run.Program.ContextMap.PutSockets(run);
        Publish(run);
        if (Get(context, SocketBuffer.WireLength) == 0)
            Set(context, SocketBuffer.WireLength, (uint)run.PacketLength);
        run.Registers[1] = (ulong)context;
    }

    /// <summary>Writes what a helper has changed of the packet into the context.</summary>
    internal static void Publish(Run run)
    {
        Set(run.Context, SocketBuffer.Length, (uint)run.PacketLength);
        run.PublishPacket();
    }

    internal override byte[] Data(Run run)
    {
        if (seesLink)
            return new ReadOnlySpan<byte>(run.PacketData, run.PacketLength).ToArray();

        // The kernel puts a header of zeros before what such a program leaves.
        byte[] data = new byte[Packets.EthernetHeader + run.PacketLength];
        new ReadOnlySpan<byte>(run.PacketData, run.PacketLength).CopyTo(data.AsSpan(Packets.EthernetHeader));
        return data;
    }

    internal override byte[] Context(Run run)
    {
        byte[] context = new byte[SocketBuffer.Size];
        run.ContextInput.Span.CopyTo(context);
        foreach ((int offset, int size) in SocketBuffer.Exchanged)
            new ReadOnlySpan<byte>(run.Context + offset, size).CopyTo(context.AsSpan(offset));
        return context;
    }

    private protected override bool Provides(ContextFieldKind kind) =>
        kind is ContextFieldKind.PacketData or ContextFieldKind.PacketEnd or ContextFieldKind.PacketMeta || base.Provides(kind);

    /// <remarks>convert___skb_to_skb in net/bpf/test_run.c.</remarks>
    private static void Validate(ReadOnlySpan<byte> context, int length)
    {
        if (context.Length > SocketBuffer.Size)
            throw Invalid($"the context has {context.Length} bytes; struct __sk_buff has {SocketBuffer.Size}");

        Span<byte> bytes = stackalloc byte[SocketBuffer.Size];
        bytes.Clear();
        context.CopyTo(bytes);
        uint wireLength = BitConverter.ToUInt32(bytes[SocketBuffer.WireLength..]), segments = BitConverter.ToUInt32(bytes[SocketBuffer.GsoSegments..]);
        foreach ((int offset, int size) in SocketBuffer.Accepted)
            bytes.Slice(offset, size).Clear();
        int unexpected = bytes.IndexOfAnyExcept((byte)0);
        if (unexpected >= 0)
            throw Invalid($"byte {unexpected} of the context is not 0, but the run decides it: only mark, priority, ingress_ifindex, ifindex, cb, tstamp, wire_len, gso_segs, gso_size and hwtstamp can be given");
        if (wireLength != 0 && (wireLength < (uint)length || wireLength > MaximumWireLength))
            throw Invalid($"wire_len is {wireLength}, but the packet has {length} bytes and at most {MaximumWireLength} are allowed");
        if (segments > MaximumSegments)
            throw Invalid($"gso_segs is {segments}; at most {MaximumSegments} are allowed");
    }

    private static void SetAddresses(byte* context, ushort etherType, ReadOnlySpan<byte> network)
    {
        const int Ip4Length = 20, Ip6Length = 40;

        if (etherType == 0x0800 && network.Length >= Ip4Length)
        {
            Set(context, SocketBuffer.Family, AddressFamilyInet);
            Copy(network.Slice(12, 4), context + SocketBuffer.LocalIp4);
            Copy(network.Slice(16, 4), context + SocketBuffer.RemoteIp4);
        }
        else if (etherType == 0x86dd && network.Length >= Ip6Length)
        {
            Set(context, SocketBuffer.Family, AddressFamilyInet6);
            Copy(network.Slice(8, 16), context + SocketBuffer.LocalIp6);
            Copy(network.Slice(24, 16), context + SocketBuffer.RemoteIp6);
        }

        static void Copy(ReadOnlySpan<byte> from, byte* to) => from.CopyTo(new Span<byte>(to, from.Length));
    }

    private static uint NetworkOrder(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static uint Get(byte* context, int offset) => *(uint*)(context + offset);

    private static void Set(byte* context, int offset, uint value) => *(uint*)(context + offset) = value;
}
