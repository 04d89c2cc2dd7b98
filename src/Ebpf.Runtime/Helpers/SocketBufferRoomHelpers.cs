using Ebpf.Runtime.Contexts;

namespace Ebpf.Runtime.Helpers;

/// <summary>Making packets longer and shorter.</summary>
/// <remarks>net/core/filter.c.</remarks>
internal static unsafe class SocketBufferRoomHelpers
{
    /// <remarks>SKB_MAX_ALLOC in include/linux/skbuff.h: four pages less what struct skb_shared_info takes.</remarks>
    private const int MaximumLength = (4 * 4096) - SocketBufferHook.Tailroom;

    private const ushort EthernetIp4 = 0x0800, EthernetIp6 = 0x86dd;
    private const int Ip4Header = 20, Ip6Header = 40;

    /// <summary>bpf_skb_change_tail(ctx, length, flags): cuts the packet or adds zeros.</summary>
    internal static ulong ChangeTail(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        uint length = (uint)r2;
        long minimum = Math.Max(run.NetworkHeader - run.PacketData, 0);
        if (r3 != 0 || length > MaximumLength || length < minimum)
            return Run.Result(Errno.EINVAL);
        int more = (int)length - run.PacketLength;
        if (more > 0)
        {
            run.GrowPacket(0, more);
            new Span<byte>(run.PacketEnd, more).Clear();
        }

        run.PacketEnd += more;
        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>bpf_skb_change_head(ctx, length, flags): puts zeros before the packet.</summary>
    internal static ulong ChangeHead(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        int room = (int)r2;
        if (r3 != 0 || room < 0 || (long)run.PacketLength + room > MaximumLength)
            return Run.Result(Errno.EINVAL);
        run.GrowPacket(room, 0);
        run.PacketData -= room;
        run.PacketMeta = run.PacketData;
        run.MacHeader = run.PacketData;
        new Span<byte>(run.PacketData, room).Clear();
        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>bpf_skb_adjust_room(ctx, difference, mode, flags): room behind the Ethernet header (mode 1) or the network header (mode 0).</summary>
    internal static ulong AdjustRoom(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        // All that BPF_F_ADJ_ROOM_* allow: they describe the packet to network cards, and leave its bytes alone.
        const ulong KnownFlags = 0x1ff | (0xffUL << 56);
        const uint NetworkMode = 0, LinkMode = 1;

        if (!run.IsContext(r1))
            return 0;
        int difference = (int)r2;
        uint size = (uint)Math.Abs((long)difference);
        if ((r4 & ~KnownFlags) != 0)
            return Run.Result(Errno.EINVAL);
        if (size > 0xfff)
            return Run.Result(Errno.EFAULT);
        int header = SocketBufferHelpers.Protocol(run) switch { EthernetIp4 => Ip4Header, EthernetIp6 => Ip6Header, _ => 0 };
        if (header == 0 || (uint)r3 > LinkMode)
            return Run.Result(Errno.ENOTSUPP);

        long link = run.NetworkHeader - run.MacHeader;
        long offset = link + ((uint)r3 == NetworkMode ? header : 0);
        long network = run.PacketEnd - run.NetworkHeader;
        bool fits = difference < 0
            ? size < network && network - size >= header
            : run.PacketLength + (long)size <= MaximumLength;
        if (!fits || offset > run.PacketEnd - run.MacHeader)
            return Run.Result(Errno.ENOTSUPP);
        if (difference < 0)
            Remove(run, (int)offset, (int)size);
        else if (difference > 0)
            Insert(run, (int)offset, (int)size);
        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>bpf_skb_change_proto(ctx, protocol, flags): makes the room that the other version of IP needs; the program writes the header.</summary>
    internal static ulong ChangeProtocol(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if (r3 != 0)
            return Run.Result(Errno.EINVAL);
        ushort to = (ushort)(((r2 & 0xff) << 8) | ((r2 >> 8) & 0xff));
        if (!BitConverter.IsLittleEndian)
            to = (ushort)r2;
        int link = (int)(run.NetworkHeader - run.MacHeader);
        switch (SocketBufferHelpers.Protocol(run), to)
        {
            case (EthernetIp4, EthernetIp6):
                Insert(run, link, Ip6Header - Ip4Header);
                break;
            case (EthernetIp6, EthernetIp4) when run.PacketEnd - run.NetworkHeader >= Ip6Header - Ip4Header:
                Remove(run, link, Ip6Header - Ip4Header);
                break;
            default:
                return Run.Result(Errno.ENOTSUPP);
        }

        SocketBufferHelpers.SetProtocol(run, to);
        SocketBufferHelpers.Field(run, SocketBuffer.Hash) = 0;
        SocketBufferHook.Publish(run);
        return 0;
    }

    /// <summary>Makes room of zeros behind so many bytes from the Ethernet header on, by moving these to the front.</summary>
    internal static void Insert(Run run, int offset, int size)
    {
        run.GrowPacket(size, 0);
        byte* mac = run.MacHeader;
        Buffer.MemoryCopy(mac, mac - size, offset, offset);
        new Span<byte>(mac - size + offset, size).Clear();
        Move(run, -size);
    }

    /// <summary>Removes bytes behind so many from the Ethernet header on.</summary>
    internal static void Remove(Run run, int offset, int size)
    {
        byte* mac = run.MacHeader;
        Buffer.MemoryCopy(mac, mac + size, offset, offset);
        Move(run, size);
    }

    private static void Move(Run run, int distance)
    {
        run.MacHeader += distance;
        run.NetworkHeader += distance;
        run.PacketData += distance;
        run.PacketMeta = run.PacketData;
    }
}
