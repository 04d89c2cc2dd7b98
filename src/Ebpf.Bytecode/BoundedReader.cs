using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Ebpf.Bytecode;

/// <summary>Reads numbers of either byte order from a region that came from outside; every read is checked, and a failing one names region and offset.</summary>
/// <remarks>The one place where bytes of a file become numbers. Offsets are taken as they stand in files: any 64-bit value is fine to ask for.</remarks>
internal readonly ref struct BoundedReader(ReadOnlySpan<byte> bytes, bool littleEndian, string region)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes in the region.</summary>
    public int Length => _bytes.Length;

    /// <summary>The byte order that numbers are read in.</summary>
    public bool IsLittleEndian { get; } = littleEndian;

    public byte Byte(ulong offset) => Slice(offset, 1)[0];

    public ushort UInt16(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, sizeof(ushort));
        return IsLittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    public uint UInt32(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, sizeof(uint));
        return IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public ulong UInt64(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, sizeof(ulong));
        return IsLittleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>The bytes of a part of the region.</summary>
    public ReadOnlySpan<byte> Slice(ulong offset, ulong length)
    {
        if (offset > (ulong)_bytes.Length || length > (ulong)_bytes.Length - offset)
            ThrowOutside(offset, length);
        return _bytes.Slice((int)offset, (int)length);
    }

    /// <summary>The bytes of the string at an offset, without its terminating zero.</summary>
    public ReadOnlySpan<byte> String(ulong offset)
    {
        if (offset >= (ulong)_bytes.Length)
            throw new BpfException($"{region}: there is no string at offset 0x{offset:x}: it has 0x{_bytes.Length:x} bytes; the file is damaged", Errno.LIBBPF_FORMAT);

        ReadOnlySpan<byte> rest = _bytes[(int)offset..];
        int end = rest.IndexOf((byte)0);
        if (end < 0)
            throw new BpfException($"{region}: the string at offset 0x{offset:x} has no end; the file is damaged", Errno.LIBBPF_FORMAT);
        return rest[..end];
    }

    [DoesNotReturn]
    private void ThrowOutside(ulong offset, ulong length) =>
        throw new BpfException(
            $"{region}: {length} bytes at offset 0x{offset:x} lie outside its 0x{_bytes.Length:x} bytes; the file is damaged or cut short", Errno.LIBBPF_FORMAT);
}
