using System.Buffers.Binary;

namespace Ebpf.Runtime.Contexts;

/// <summary>What packets have in common.</summary>
internal static class Packets
{
    /// <remarks>ETH_HLEN in include/uapi/linux/if_ether.h.</remarks>
    internal const int EthernetHeader = 14;

    /// <summary>The most bytes of a packet: the verifier's proofs hold for no more (Transfer.MaxOffset).</summary>
    internal const int MaximumLength = (1 << 29) - 1;

    private static readonly byte[] s_zeros = new byte[64];

    /// <summary>The packet of a request: 64 zero bytes where it has none.</summary>
    /// <exception cref="BpfException">EINVAL: shorter than an Ethernet header.</exception>
    internal static ReadOnlyMemory<byte> Default(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
            return s_zeros;
        CheckLength(data);
        return data.Length >= EthernetHeader
            ? data
            : throw new BpfException($"a packet of {data.Length} bytes is shorter than an Ethernet header ({EthernetHeader} bytes)", Errno.EINVAL);
    }

    /// <exception cref="BpfException">E2BIG.</exception>
    internal static void CheckLength(ReadOnlyMemory<byte> data)
    {
        if (data.Length > MaximumLength)
            throw new BpfException($"a packet of {data.Length} bytes is longer than {MaximumLength}", Errno.E2BIG);
    }

    /// <summary>What eth_type_trans finds in an Ethernet frame, in host order: the EtherType, or 802.2 and 802.3 for a length.</summary>
    /// <remarks>eth_type_trans in net/ethernet/eth.c.</remarks>
    internal static ushort EtherType(ReadOnlySpan<byte> frame)
    {
        const ushort EtherTypeMinimum = 0x600, Novell8023 = 0x0001, Llc8022 = 0x0004;

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        if (type >= EtherTypeMinimum)
            return type;
        bool isNovell = frame.Length >= EthernetHeader + 2 && frame[EthernetHeader] == 0xff && frame[EthernetHeader + 1] == 0xff;
        return isNovell ? Novell8023 : Llc8022;
    }

    /// <summary>Whom an Ethernet frame is for, seen from the loopback interface, whose address is zero: PACKET_HOST, BROADCAST, MULTICAST or OTHERHOST.</summary>
    internal static uint PacketType(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> destination = frame[..6];
        if (!destination.ContainsAnyExcept((byte)0))
            return 0;
        if (!destination.ContainsAnyExcept((byte)0xff))
            return 1;
        return (destination[0] & 1) != 0 ? 2u : 3u;
    }
}
