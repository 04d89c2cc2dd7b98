using System.Buffers.Binary;
using Ebpf.Runtime.Contexts;

namespace Ebpf.Runtime.Helpers;

/// <summary>VLAN tags. As in the kernel the outermost tag is kept beside the packet (vlan_present, vlan_tci, vlan_proto); only a second one is in its bytes.</summary>
/// <remarks>skb_vlan_push and skb_vlan_pop in net/core/skbuff.c.</remarks>
internal static unsafe class VlanHelpers
{
    private const ushort CustomerTag = 0x8100, ServiceTag = 0x88a8;
    private const int TagLength = 4, AddressLength = 12;

    /// <summary>bpf_skb_vlan_push(ctx, protocol, tag).</summary>
    internal static ulong Push(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        ushort given = BinaryPrimitives.ReverseEndianness((ushort)r2);
        ushort protocol = (BitConverter.IsLittleEndian ? given : (ushort)r2) == ServiceTag ? ServiceTag : CustomerTag;
        if (IsTagged(run))
        {
            ushort outer = OuterProtocol(run);
            SocketBufferRoomHelpers.Insert(run, AddressLength, TagLength);
            run.NetworkHeader = run.MacHeader + Packets.EthernetHeader + TagLength;
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(run.MacHeader + AddressLength, 2), outer);
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(run.MacHeader + AddressLength + 2, 2), (ushort)SocketBufferHelpers.Field(run, SocketBuffer.VlanTci));
            SocketBufferHelpers.SetProtocol(run, outer);
        }

        SetTag(run, protocol, (ushort)r3);
        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>bpf_skb_vlan_pop(ctx): removes the outermost tag; the next one takes its place.</summary>
    internal static ulong Pop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if (IsTagged(run))
            ClearTag(run);
        else if (!IsTag(SocketBufferHelpers.Protocol(run)))
            return 0;
        else if (!TryTake(run, out _))
            return Run.Result(Errno.ENOMEM);

        ushort inner = SocketBufferHelpers.Protocol(run);
        if (IsTag(inner))
        {
            if (!TryTake(run, out ushort tag))
                return Run.Result(Errno.ENOMEM);
            SetTag(run, inner, tag);
        }

        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>Takes a tag out of the packet's bytes; the protocol becomes the one that it covered.</summary>
    private static bool TryTake(Run run, out ushort tag)
    {
        tag = 0;
        if (run.PacketEnd - run.MacHeader < Packets.EthernetHeader + TagLength)
            return false;
        tag = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(run.MacHeader + Packets.EthernetHeader, 2));
        SocketBufferRoomHelpers.Remove(run, AddressLength, TagLength);
        run.NetworkHeader = run.MacHeader + Packets.EthernetHeader;
        SocketBufferHelpers.SetProtocol(run, Packets.EtherType(new ReadOnlySpan<byte>(run.MacHeader, (int)(run.PacketEnd - run.MacHeader))));
        return true;
    }

    private static bool IsTag(ushort protocol) => protocol is CustomerTag or ServiceTag;

    private static bool IsTagged(Run run) => SocketBufferHelpers.Field(run, SocketBuffer.VlanPresent) != 0;

    private static ushort OuterProtocol(Run run) => BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(run.Context + SocketBuffer.VlanProtocol, 2));

    private static void SetTag(Run run, ushort protocol, ushort tag)
    {
        SocketBufferHelpers.Field(run, SocketBuffer.VlanPresent) = 1;
        SocketBufferHelpers.Field(run, SocketBuffer.VlanTci) = tag;
        SocketBufferHelpers.Field(run, SocketBuffer.VlanProtocol) = 0;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(run.Context + SocketBuffer.VlanProtocol, 2), protocol);
    }

    private static void ClearTag(Run run)
    {
        SocketBufferHelpers.Field(run, SocketBuffer.VlanPresent) = 0;
        SocketBufferHelpers.Field(run, SocketBuffer.VlanTci) = 0;
        SocketBufferHelpers.Field(run, SocketBuffer.VlanProtocol) = 0;
    }
}
