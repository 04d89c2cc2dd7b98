using System.Buffers.Binary;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Prototypes;

namespace Ebpf;

/// <summary>The bytes of a context, field by field, by the names of the header that declares it.</summary>
public sealed class ContextImage
{
    private readonly ContextLayout _layout;
    private readonly byte[] _bytes;

    private ContextImage(ContextLayout layout, byte[] bytes)
    {
        _layout = layout;
        _bytes = bytes;
    }

    /// <summary>The context's bytes, in the layout that programs see. Pointers are zero: the engine sets them.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The names of the fields that hold numbers or bytes.</summary>
    public IEnumerable<string> Fields => _layout.Fields.Where(static f => !f.IsPointer).Select(static f => f.Name);

    /// <summary>A field of up to 8 bytes as a number, in host byte order.</summary>
    /// <exception cref="BpfException">EINVAL: there is no such field, it holds a pointer, or the value does not fit.</exception>
    public ulong this[string field]
    {
        get
        {
            Span<byte> eight = stackalloc byte[8];
            ReadOnlySpan<byte> bytes = Find(field, out _);
            if (bytes.Length > eight.Length)
                throw Refuse($"field '{field}' of {_layout.Name} has {bytes.Length} bytes: it is no number");
            eight.Clear();
            bytes.CopyTo(eight);
            return BinaryPrimitives.ReadUInt64LittleEndian(eight);
        }

        set
        {
            Span<byte> bytes = Find(field, out ContextField found);
            if (found.Size < 8 && value >> (found.Size * 8) != 0)
                throw Refuse($"field '{field}' of {_layout.Name} has {found.Size} bytes: {value} does not fit");
            Span<byte> eight = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            bytes.Clear();
            eight[..Math.Min(8, bytes.Length)].CopyTo(bytes);
        }
    }

    /// <summary>The bytes of a field.</summary>
    public ReadOnlySpan<byte> Get(string field) => Find(field, out _);

    /// <summary>Sets the bytes of a field; those that are not given become zero.</summary>
    public void Set(string field, ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = Find(field, out _);
        if (value.Length > bytes.Length)
            throw Refuse($"field '{field}' of {_layout.Name} has {bytes.Length} bytes, not {value.Length}");
        bytes.Clear();
        value.CopyTo(bytes);
    }

    internal static ContextImage Of(ProgramSpec program, ReadOnlySpan<byte> bytes = default)
    {
        ContextLayout layout = ContextLayouts.For(program.Type, program.AttachType, program.Dialect)
            ?? throw new BpfException($"program '{program.Name}' is of type {program.Type.Text()}, whose context is no fixed structure: give its bytes as RunOptions.Context", Errno.EINVAL) { Program = program.Name };
        byte[] image = new byte[layout.Size];
        bytes[..Math.Min(bytes.Length, image.Length)].CopyTo(image);
        return new ContextImage(layout, image);
    }

    private Span<byte> Find(string name, out ContextField field)
    {
        foreach (ContextField candidate in _layout.Fields)
        {
            if (candidate.Name == name && !candidate.IsPointer)
            {
                field = candidate;
                return _bytes.AsSpan(candidate.Offset, candidate.Size);
            }
        }

        throw Refuse($"{_layout.Name} has no field '{name}' that can be given; it has {string.Join(", ", Fields)}");
    }

    private static BpfException Refuse(string message) => new(message, Errno.EINVAL);
}
