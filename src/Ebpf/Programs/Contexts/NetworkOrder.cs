using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ebpf;

/// <summary>Addresses and ports as contexts hold them: in network byte order.</summary>
internal static class NetworkOrder
{
    // AF_INET6 in Windows' numbering.
    private const ulong WindowsIPv6 = 23;

    internal static ulong Port(ushort port) => BinaryPrimitives.ReverseEndianness(port);

    internal static ushort Port(ulong field) => BinaryPrimitives.ReverseEndianness((ushort)field);

    internal static byte[] Address(IPAddress address) => address.GetAddressBytes();

    internal static IPAddress Address(ReadOnlySpan<byte> field, ulong family) => new(family == WindowsIPv6 ? field[..16] : field[..4]);
}
