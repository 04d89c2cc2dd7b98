using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Tool.Output;

/// <summary>Bytes of a map's key or value as JSON: by their BTF type where there is one, otherwise as a number, or as bytes in hexadecimal.</summary>
internal static class TypedJson
{
    // Types nest by pointers, never by value, except through damage: this is deeper than any real one.
    private const int DeepestNesting = 32;

    // An array of a million elements is not printed in full.
    private const int MostElements = 4096;

    public static JsonNode? Node(ReadOnlySpan<byte> bytes, BtfView? types, uint type) =>
        (types is not null && type != 0 ? Typed(bytes, types, type, 0) : null) ?? Untyped(bytes);

    private static JsonNode? Untyped(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => null,
        1 or 2 or 4 or 8 => JsonValue.Create(Unsigned(bytes)),
        _ => JsonValue.Create(Convert.ToHexStringLower(bytes)),
    };

    private static JsonNode? Typed(ReadOnlySpan<byte> bytes, BtfView types, uint id, int depth)
    {
        if (depth > DeepestNesting)
            return null;
        BtfType type = types.SkipModifiers(id);
        switch (type.Kind)
        {
            case BtfKind.Int when bytes.Length is 1 or 2 or 4 or 8:
                return type.Int.IsBool ? JsonValue.Create(Unsigned(bytes) != 0) : type.Int.IsSigned ? JsonValue.Create(Signed(bytes)) : JsonValue.Create(Unsigned(bytes));
            case BtfKind.Enum or BtfKind.Enum64 when bytes.Length is 1 or 2 or 4 or 8:
                return Enumerator(bytes, type);
            case BtfKind.Ptr when bytes.Length == 8:
                return JsonValue.Create(Unsigned(bytes));
            case BtfKind.Array:
                return Array(bytes, types, type.Array, depth);
            case BtfKind.Struct or BtfKind.Union:
                return Composite(bytes, types, type, depth);
            default:
                return null;
        }
    }

    private static JsonNode Enumerator(ReadOnlySpan<byte> bytes, BtfType type)
    {
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            if (enumerator.Value == (enumerator.IsSigned ? Signed(bytes) : (long)Unsigned(bytes)))
                return JsonValue.Create(enumerator.Name);
        }
        return JsonValue.Create(Unsigned(bytes));
    }

    private static JsonNode? Array(ReadOnlySpan<byte> bytes, BtfView types, BtfArray array, int depth)
    {
        BtfType element = types.SkipModifiers(array.ElementType);
        int size = (int)types.SizeOf(array.ElementType);
        if (size == 0 || (long)size * array.Length > bytes.Length || array.Length > MostElements)
            return null;
        if (element.Kind == BtfKind.Int && size == 1 && Text(bytes[..(int)array.Length]) is { } text)
            return JsonValue.Create(text);
        var items = new JsonArray();
        for (int i = 0; i < array.Length; i++)
            items.Add(Typed(bytes.Slice(i * size, size), types, array.ElementType, depth + 1) ?? Untyped(bytes.Slice(i * size, size)));
        return items;
    }

    private static JsonObject? Composite(ReadOnlySpan<byte> bytes, BtfView types, BtfType type, int depth)
    {
        var fields = new JsonObject();
        int anonymous = 0;
        foreach (BtfMember member in type.Members)
        {
            string name = member.Name.Length > 0 ? member.Name : $"(anonymous {++anonymous})";
            if (member.BitfieldSize > 0)
            {
                fields[name] = JsonValue.Create(Bits(bytes, (int)member.BitOffset, member.BitfieldSize));
                continue;
            }
            int offset = (int)(member.BitOffset / 8);
            int size = (int)types.SizeOf(member.Type);
            if (offset + size > bytes.Length)
                return null;
            fields[name] = Typed(bytes.Slice(offset, size), types, member.Type, depth + 1) ?? Untyped(bytes.Slice(offset, size));
        }
        return fields;
    }

    /// <summary>Printable text that ends at a zero; null where the bytes are something else.</summary>
    private static string? Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        if (end < 1 || bytes[..end].ContainsAnyExceptInRange((byte)' ', (byte)'~') || bytes[end..].ContainsAnyExcept((byte)0))
            return null;
        return Encoding.ASCII.GetString(bytes[..end]);
    }

    private static ulong Bits(ReadOnlySpan<byte> bytes, int offset, int count)
    {
        ulong value = 0;
        for (int i = 0; i < count && (offset + i) / 8 < bytes.Length; i++)
            value |= (ulong)((bytes[(offset + i) / 8] >> ((offset + i) % 8)) & 1) << i;
        return value;
    }

    private static ulong Unsigned(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
    };

    private static long Signed(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => (sbyte)bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
