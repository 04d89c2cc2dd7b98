using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Prototypes;

/// <summary>Writes type information of integers, arrays of them, pointers and structures.</summary>
/// <remarks>Documentation/bpf/btf.rst §2.</remarks>
internal sealed class BtfWriter
{
    private const int HeaderLength = 24;

    private readonly MemoryStream _types = new();
    private readonly MemoryStream _strings = new();
    private readonly Dictionary<(int Size, int Count), uint> _numbers = [];
    private uint _last;
    private uint _pointer;

    public BtfWriter() => _strings.WriteByte(0);

    public void Struct(string name, int size, ContextField[] fields)
    {
        uint[] types = [.. fields.Select(f => f.IsPointer && f.Size == 8 ? Pointer() : Number(f.Size))];
        Begin(name, BtfKind.Struct, fields.Length, (uint)size);
        for (int i = 0; i < fields.Length; i++)
        {
            Word(Text(fields[i].Name));
            Word(types[i]);
            Word((uint)fields[i].Offset * 8);
        }
    }

    public byte[] Bytes()
    {
        byte[] bytes = new byte[HeaderLength + _types.Length + _strings.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, 0xeb9f);
        bytes[2] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)_types.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), (uint)_types.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), (uint)_strings.Length);
        _types.ToArray().CopyTo(bytes, HeaderLength);
        _strings.ToArray().CopyTo(bytes, HeaderLength + (int)_types.Length);
        return bytes;
    }

    /// <summary>An unsigned integer, or an array of them where the size is none of an integer.</summary>
    private uint Number(int size)
    {
        int element = size is 1 or 2 or 4 or 8 ? size : size % 4 == 0 ? 4 : 1;
        int count = size / element;
        if (_numbers.TryGetValue((element, count), out uint known))
            return known;
        if (count == 1)
        {
            Begin($"u{element * 8}", BtfKind.Int, 0, (uint)element);
            Word((uint)element * 8);
        }
        else
        {
            uint elementType = Number(element), indexType = Number(4);
            Begin("", BtfKind.Array, 0, 0);
            Word(elementType);
            Word(indexType);
            Word((uint)count);
        }
        return _numbers[(element, count)] = _last;
    }

    private uint Pointer()
    {
        if (_pointer == 0)
        {
            Begin("", BtfKind.Ptr, 0, 0);
            _pointer = _last;
        }
        return _pointer;
    }

    private void Begin(string name, BtfKind kind, int length, uint sizeOrType)
    {
        _last++;
        Word(Text(name));
        Word(((uint)kind << 24) | (uint)length);
        Word(sizeOrType);
    }

    private uint Text(string text)
    {
        if (text.Length == 0)
            return 0;
        uint at = (uint)_strings.Length;
        _strings.Write(Encoding.UTF8.GetBytes(text + '\0'));
        return at;
    }

    private void Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _types.Write(bytes);
    }
}
