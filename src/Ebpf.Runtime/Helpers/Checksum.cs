using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Helpers;

/// <summary>The Internet checksum: sums in one's complement.</summary>
/// <remarks>RFC 1071; include/net/checksum.h. Sums are kept as they lie in memory, so that no byte order is needed.</remarks>
internal static class Checksum
{
    /// <summary>Adds two sums.</summary>
    internal static uint Add(uint a, uint b)
    {
        uint sum = a + b;
        return sum + (sum < b ? 1u : 0);
    }

    /// <summary>Takes one sum from another.</summary>
    internal static uint Subtract(uint a, uint b) => Add(a, ~b);

    /// <summary>Adds memory to a sum.</summary>
    internal static uint Partial(ReadOnlySpan<byte> bytes, uint sum)
    {
        ulong total = sum;
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(bytes))
            total += word;
        Span<byte> rest = stackalloc byte[4];
        rest.Clear();
        bytes[(bytes.Length & ~3)..].CopyTo(rest);
        total += BitConverter.ToUInt32(rest);
        total = (total & uint.MaxValue) + (total >> 32);
        return (uint)((total & uint.MaxValue) + (total >> 32));
    }

    /// <summary>A sum on 16 bits.</summary>
    internal static ushort Fold16(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)(sum + (sum >> 16));
    }

    /// <summary>The checksum that a sum means.</summary>
    internal static ushort Fold(uint sum) => (ushort)~Fold16(sum);

    /// <summary>A checksum after a difference was added to what it covers.</summary>
    internal static ushort ReplaceByDifference(ushort checksum, uint difference) => Fold(Add(difference, ~(uint)checksum));

    /// <summary>A checksum after two bytes that it covers changed.</summary>
    internal static ushort Replace2(ushort checksum, ushort from, ushort to) => (ushort)~Add16(Add16((ushort)~checksum, (ushort)~from), to);

    /// <summary>A checksum after four bytes that it covers changed.</summary>
    internal static ushort Replace4(ushort checksum, uint from, uint to) => Fold(Add(Subtract(~(uint)checksum, from), to));

    private static ushort Add16(ushort a, ushort b)
    {
        ushort sum = (ushort)(a + b);
        return (ushort)(sum + (sum < b ? 1 : 0));
    }
}
