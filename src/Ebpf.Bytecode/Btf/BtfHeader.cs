namespace Ebpf.Bytecode.Btf;

/// <summary>'struct btf_header' in include/uapi/linux/btf.h, with offsets made absolute, and checked against the region's size.</summary>
internal readonly record struct BtfHeader(bool IsLittleEndian, int TypesOffset, int TypesLength, int StringsOffset, int StringsLength, int LayoutOffset, int LayoutLength)
{
    private const ushort Magic = 0xeb9f;
    private const uint ShortestLength = 24, LengthWithLayout = 32;

    public static BtfHeader Read(ReadOnlySpan<byte> bytes, string name)
    {
        bool littleEndian = DetectByteOrder(bytes, name, Magic, "BTF");
        var reader = new BoundedReader(bytes, littleEndian, name);
        if (reader.Byte(2) is not 1 and byte version)
            throw new BpfException($"{name}: BTF version {version} at offset 2 is not known; version 1 is", Errno.EINVAL);

        uint length = reader.UInt32(4);
        if (length < ShortestLength || length > (uint)bytes.Length)
            throw new BpfException($"{name}: header length {length} at offset 4 is not between {ShortestLength} and the size of the BTF, {bytes.Length}", Errno.EINVAL);

        (int typesOffset, int typesLength) = Part(reader, name, length, 8, "types");
        (int stringsOffset, int stringsLength) = Part(reader, name, length, 16, "strings");
        (int layoutOffset, int layoutLength) = length >= LengthWithLayout ? Part(reader, name, length, 24, "layout") : default;
        if (typesOffset % 4 != 0)
            throw new BpfException($"{name}: types begin at offset 0x{typesOffset:x}, which is no multiple of 4", Errno.EINVAL);
        return new BtfHeader(littleEndian, typesOffset, typesLength, stringsOffset, stringsLength, layoutOffset, layoutLength);
    }

    /// <summary>The byte order in which the region begins with the magic number.</summary>
    internal static bool DetectByteOrder(ReadOnlySpan<byte> bytes, string name, ushort magic, string what)
    {
        ushort first = new BoundedReader(bytes, littleEndian: true, name).UInt16(0);
        if (first == magic)
            return true;
        if (first == (ushort)((magic >> 8) | (magic << 8)))
            return false;
        throw new BpfException($"{name}: begins with 0x{first:x4}, which is not {what}'s 0x{magic:x4}", Errno.EINVAL);
    }

    private static (int Offset, int Length) Part(in BoundedReader reader, string name, uint headerLength, ulong field, string what)
    {
        uint offset = reader.UInt32(field);
        uint length = reader.UInt32(field + 4);
        if ((ulong)headerLength + offset + length > (ulong)reader.Length)
            throw new BpfException($"{name}: {length} bytes of {what} at offset 0x{headerLength + (ulong)offset:x} lie beyond its end at 0x{reader.Length:x}", Errno.EINVAL);
        return ((int)(headerLength + offset), (int)length);
    }
}
