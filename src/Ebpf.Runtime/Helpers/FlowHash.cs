using System.Buffers.Binary;

namespace Ebpf.Runtime.Helpers;

/// <summary>A hash of a packet's flow: addresses, protocol and ports, the same in both directions. Never 0, which means "not computed".</summary>
internal static class FlowHash
{
    /// <summary>The hash of a packet that begins with its network header.</summary>
    internal static uint Of(ReadOnlySpan<byte> network)
    {
        const int Ip4Length = 20, Ip6Length = 40;

        if (network.Length >= Ip4Length && network[0] >> 4 == 4)
        {
            int header = (network[0] & 15) * 4;
            bool isFragment = (BinaryPrimitives.ReadUInt16BigEndian(network[6..]) & 0x3fff) != 0;
            return Mix(network.Slice(12, 4), network.Slice(16, 4), network[9], isFragment ? default : Ports(network, header, network[9]));
        }

        if (network.Length >= Ip6Length && network[0] >> 4 == 6)
            return Mix(network.Slice(8, 16), network.Slice(24, 16), network[6], Ports(network, Ip6Length, network[6]));
        return Mix(network[..Math.Min(network.Length, 16)], default, 0, default);
    }

    private static ReadOnlySpan<byte> Ports(ReadOnlySpan<byte> network, int header, byte protocol)
    {
        const byte Tcp = 6, Udp = 17, Dccp = 33, Sctp = 132, UdpLite = 136;

        return protocol is Tcp or Udp or Dccp or Sctp or UdpLite && header >= 20 && network.Length >= header + 4 ? network.Slice(header, 4) : default;
    }

    private static uint Mix(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, byte protocol, ReadOnlySpan<byte> ports)
    {
        // Sums commute, so that both directions meet.
        uint hash = Fnv(source) + Fnv(destination) + protocol;
        if (!ports.IsEmpty)
            hash += Fnv(ports[..2]) + Fnv(ports[2..]);
        hash ^= hash >> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >> 13;
        return hash == 0 ? 1 : hash;
    }

    private static uint Fnv(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
            hash = (hash ^ b) * 16777619;
        return hash;
    }
}
