using System.Buffers.Binary;

namespace Ebpf.Fuzz.Mutation;

/// <summary>A number in an input, by which it is made of parts: an offset, a size, an index, a kind.</summary>
internal readonly record struct Field(int Offset, int Size);

/// <summary>An undamaged input, and where its numbers are.</summary>
internal sealed class Seed(byte[] bytes, Field[] fields, bool littleEndian)
{
    public byte[] Bytes { get; } = bytes;

    public Field[] Fields { get; } = fields;

    public bool IsLittleEndian { get; } = littleEndian;

    public ulong Read(Field field)
    {
        ReadOnlySpan<byte> bytes = Bytes.AsSpan(field.Offset, field.Size);
        return (field.Size, IsLittleEndian) switch
        {
            (1, _) => bytes[0],
            (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            (2, false) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            (4, true) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            (4, false) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            (_, true) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            (_, false) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
    }

    /// <summary>Writes a number into a copy of the bytes.</summary>
    public void Write(byte[] copy, Field field, ulong value)
    {
        Span<byte> bytes = copy.AsSpan(field.Offset, field.Size);
        for (int i = 0; i < field.Size; i++)
            bytes[IsLittleEndian ? i : field.Size - 1 - i] = (byte)(value >> (8 * i));
    }
}
