using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Tests.Btf;

/// <summary>A member to build: bits from the start, and bits it takes where it is a bit-field.</summary>
internal readonly record struct Field(string Name, uint Type, uint BitOffset, uint Bits = 0);

/// <summary>Writes type information for tests, in either byte order, good or bad.</summary>
internal sealed class BtfBuilder(bool littleEndian = true)
{
    private readonly MemoryStream _types = new();
    private readonly MemoryStream _strings = EmptyStrings();
    private readonly Dictionary<string, uint> _offsets = new() { [""] = 0 };
    private uint _last;

    public uint Int(string name, uint size, bool signed = false, uint bits = 0, uint bitOffset = 0) =>
        Type(name, BtfKind.Int, 0, false, size, (signed ? 1u << 24 : 0) | (bitOffset << 16) | (bits == 0 ? size * 8 : bits));

    public uint Ptr(uint to) => Type("", BtfKind.Ptr, 0, false, to);

    public uint Array(uint element, uint index, uint length) => Type("", BtfKind.Array, 0, false, 0, element, index, length);

    public uint Struct(string name, uint size, params Field[] fields) => Composite(BtfKind.Struct, name, size, fields);

    public uint Union(string name, uint size, params Field[] fields) => Composite(BtfKind.Union, name, size, fields);

    public uint Enum(string name, uint size, bool signed, params (string Name, int Value)[] values) =>
        Type(name, BtfKind.Enum, values.Length, signed, size, [.. values.SelectMany(v => new[] { String(v.Name), (uint)v.Value })]);

    public uint Enum64(string name, bool signed, params (string Name, ulong Value)[] values) =>
        Type(name, BtfKind.Enum64, values.Length, signed, 8, [.. values.SelectMany(v => new[] { String(v.Name), (uint)v.Value, (uint)(v.Value >> 32) })]);

    public uint Fwd(string name, bool isUnion = false) => Type(name, BtfKind.Fwd, 0, isUnion, 0);

    public uint Float(string name, uint size) => Type(name, BtfKind.Float, 0, false, size);

    /// <summary>A kind that only refers: typedef, qualifier, type tag.</summary>
    public uint Refer(BtfKind kind, uint to, string name = "") => Type(name, kind, 0, false, to);

    public uint Func(string name, uint prototype, BtfLinkage linkage) => Type(name, BtfKind.Func, (int)linkage, false, prototype);

    public uint FuncProto(uint result, params (string Name, uint Type)[] parameters) =>
        Type("", BtfKind.FuncProto, parameters.Length, false, result, [.. parameters.SelectMany(p => new[] { String(p.Name), p.Type })]);

    public uint Var(string name, uint type, BtfLinkage linkage) => Type(name, BtfKind.Var, 0, false, type, (uint)linkage);

    public uint DataSec(string name, uint size, params (uint Var, uint Offset, uint Size)[] variables) =>
        Type(name, BtfKind.DataSec, variables.Length, false, size, [.. variables.SelectMany(v => new[] { v.Var, v.Offset, v.Size })]);

    public uint DeclTag(string tag, uint on, int component = -1) => Type(tag, BtfKind.DeclTag, 0, false, on, (uint)component);

    /// <summary>Any record at all.</summary>
    public uint Type(string name, BtfKind kind, int vlen, bool flag, uint sizeOrType, params uint[] rest)
    {
        Word(String(name));
        Word((uint)vlen | ((uint)kind << 24) | (flag ? 1u << 31 : 0));
        Word(sizeOrType);
        foreach (uint word in rest)
            Word(word);
        return ++_last;
    }

    /// <summary>Where a string is among the strings; it is added if it is not there yet.</summary>
    public uint String(string text)
    {
        if (_offsets.TryGetValue(text, out uint offset))
            return offset;
        offset = (uint)_strings.Position;
        _strings.Write(Encoding.UTF8.GetBytes(text));
        _strings.WriteByte(0);
        return _offsets[text] = offset;
    }

    public byte[] Build()
    {
        byte[] types = _types.ToArray(), strings = _strings.ToArray();
        byte[] bytes = new byte[24 + types.Length + strings.Length];
        Span<byte> header = bytes;
        Half(header, 0xeb9f);
        header[2] = 1;
        Word(header[4..], 24);
        Word(header[8..], 0);
        Word(header[12..], (uint)types.Length);
        Word(header[16..], (uint)types.Length);
        Word(header[20..], (uint)strings.Length);
        types.CopyTo(bytes, 24);
        strings.CopyTo(bytes, 24 + types.Length);
        return bytes;
    }

    public BtfView View(string name = "test") => BtfView.Read(Build(), name);

    private uint Composite(BtfKind kind, string name, uint size, Field[] fields)
    {
        bool hasBits = fields.Any(f => f.Bits != 0);
        return Type(name, kind, fields.Length, hasBits, size, [.. fields.SelectMany(f => new[] { String(f.Name), f.Type, f.BitOffset | (hasBits ? f.Bits << 24 : 0) })]);
    }

    private static MemoryStream EmptyStrings()
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        return strings;
    }

    private void Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        Word(bytes, value);
        _types.Write(bytes);
    }

    private void Word(Span<byte> bytes, uint value)
    {
        if (littleEndian)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
    }

    private void Half(Span<byte> bytes, ushort value)
    {
        if (littleEndian)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
    }
}
