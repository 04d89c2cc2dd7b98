using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Tool.Bpftool;

/// <summary>Bytes of keys and values by their BTF type, as bpftool writes them.</summary>
/// <remarks>btf_dumper.c of bpftool. Where that reads past the end of bytes or follows types without end, this stops with an error.</remarks>
internal sealed class TypedValues(BtfView types, JsonStream json, bool isPlain)
{
    // Types nest by value: damaged ones could do so without end.
    private const int DeepestNesting = 64;

    /// <summary>Writes a value of that type.</summary>
    /// <exception cref="BpftoolException">The type has no values, or the bytes are too few.</exception>
    public void Write(uint type, ReadOnlySpan<byte> bytes) => Write(type, 0, bytes, 0);

    private void Write(uint id, int bitOffset, ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > DeepestNesting || !types.Contains(id))
            throw new BpftoolException("btf dump failed: types nest without end");
        BtfType type = types[id];
        switch (type.Kind)
        {
            case BtfKind.Int:
                WriteInt(type.Int, (int)type.Size, bitOffset, bytes);
                break;
            case BtfKind.Struct or BtfKind.Union:
                WriteMembers(type, bytes, depth);
                break;
            case BtfKind.Array:
                WriteArray(type.Array, bytes, depth);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                WriteEnum(type, Take(bytes, (int)type.Size));
                break;
            case BtfKind.Ptr:
                ulong address = BinaryPrimitives.ReadUInt64LittleEndian(Take(bytes, sizeof(ulong)));
                json.Raw(!isPlain ? address.ToString(CultureInfo.InvariantCulture) : address == 0 ? "\"(nil)\"" : $"\"0x{address:x}\"");
                break;
            case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag:
                Write(type.ReferencedType, bitOffset, bytes, depth + 1);
                break;
            case BtfKind.Var:
                json.StartObject();
                json.Name(type.Name);
                Write(type.ReferencedType, bitOffset, bytes, depth + 1);
                json.EndObject();
                break;
            case BtfKind.DataSec:
                WriteSection(type, bytes, depth);
                break;
            default:
                throw new BpftoolException($"btf dump failed: there are no values of kind {type.Kind}");
        }
    }

    private void WriteSection(BtfType section, ReadOnlySpan<byte> bytes, int depth)
    {
        json.StartObject();
        json.Name(section.Name).StartArray();
        foreach (BtfSectionVariable variable in section.SectionVariables)
            Write(variable.Type, 0, Skip(bytes, variable.Offset), depth + 1);
        json.EndArray();
        json.EndObject();
    }

    private void WriteMembers(BtfType type, ReadOnlySpan<byte> bytes, int depth)
    {
        json.StartObject();
        foreach (BtfMember member in type.Members)
        {
            json.Name(member.Name);
            ReadOnlySpan<byte> at = Skip(bytes, member.BitOffset / 8);
            int bits = (int)(member.BitOffset % 8);
            if (member.BitfieldSize > 0)
                WriteBits(member.BitfieldSize, bits, at);
            else
                Write(member.Type, bits, at, depth + 1);
        }

        json.EndObject();
    }

    private void WriteArray(BtfArray array, ReadOnlySpan<byte> bytes, int depth)
    {
        long size = types.SizeOf(array.ElementType);
        if (IsText(array, bytes))
        {
            json.Text(Encoding.Latin1.GetString(bytes[..bytes.IndexOf((byte)0)]));
            return;
        }

        if (size * array.Length > bytes.Length)
            throw new BpftoolException("btf dump failed: the value is shorter than its type");
        json.StartArray();
        for (uint i = 0; i < array.Length; i++)
            Write(array.ElementType, 0, bytes[(int)(i * size)..], depth + 1);
        json.EndArray();
    }

    /// <remarks>is_str_array in btf_dumper.c: printable up to the first zero, of a type that is called char or says that it is one.</remarks>
    private bool IsText(BtfArray array, ReadOnlySpan<byte> bytes)
    {
        uint id = array.ElementType;
        while (types[id] is { Kind: BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag } modifier)
            id = modifier.ReferencedType;
        if (types[id] is not { Kind: BtfKind.Int, Size: 1 } element || (!element.Int.IsChar && element.Name != "char"))
            return false;
        int end = bytes.IndexOf((byte)0);
        return end >= 0 && end < array.Length && !bytes[..end].ContainsAnyExceptInRange((byte)' ', (byte)'~');
    }

    private void WriteEnum(BtfType type, ReadOnlySpan<byte> bytes)
    {
        long value = Signed(bytes);
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            if (type.Size < sizeof(ulong) ? (int)enumerator.Value == value : enumerator.Value == value)
            {
                json.Text(enumerator.Name);
                return;
            }
        }

        json.Number(value);
    }

    private void WriteInt(BtfInt type, int size, int bitOffset, ReadOnlySpan<byte> bytes)
    {
        if (bitOffset != 0 || type.BitOffset != 0 || type.Bits is not (8 or 16 or 32 or 64 or 128))
        {
            int offset = bitOffset + type.BitOffset;
            WriteBits(type.Bits, offset % 8, Skip(bytes, (uint)offset / 8));
            return;
        }

        ReadOnlySpan<byte> value = Take(bytes, size);
        if (type.Bits == 128)
            WriteHex(new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(value[8..]), BinaryPrimitives.ReadUInt64LittleEndian(value)));
        else if (type.IsBool)
            json.Bool(value[0] != 0);
        else if (type.IsChar && !type.IsSigned)
            WriteChar(value[0]);
        else if (type.IsSigned)
            json.Number(Signed(value));
        else
            json.Number(Unsigned(value));
    }

    private void WriteChar(byte value)
    {
        if (value is >= 0x20 and < 0x7f)
            json.Raw(value is (byte)'"' or (byte)'\\' ? $"\"\\{(char)value}\"" : $"\"{(char)value}\"");
        else
            json.Raw(isPlain ? $"0x{value:x}" : $"\"\\u00{value:x2}\"");
    }

    private void WriteBits(int count, int offset, ReadOnlySpan<byte> bytes)
    {
        UInt128 value = 0;
        ReadOnlySpan<byte> all = Take(bytes, (offset + count + 7) / 8);
        for (int i = all.Length - 1; i >= 0; i--)
            value = (value << 8) | all[i];
        WriteHex((value >> offset) & (count >= 128 ? UInt128.MaxValue : (UInt128.One << count) - 1));
    }

    private void WriteHex(UInt128 value)
    {
        string text = "0x" + value.ToString("x", CultureInfo.InvariantCulture);
        json.Raw(isPlain ? text : $"\"{text}\"");
    }

    private static ulong Unsigned(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => throw new BpftoolException($"btf dump failed: there are no integers of {bytes.Length} bytes"),
    };

    private static long Signed(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => (sbyte)bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => (long)Unsigned(bytes),
    };

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, int count) =>
        count <= bytes.Length ? bytes[..count] : throw new BpftoolException("btf dump failed: the value is shorter than its type");

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes, uint count) =>
        count <= bytes.Length ? bytes[(int)count..] : throw new BpftoolException("btf dump failed: the value is shorter than its type");
}
