namespace Ebpf.Bytecode.Btf;

/// <summary>An integer's encoding.</summary>
/// <remarks>The word after 'struct btf_type' of BTF_KIND_INT: BTF_INT_ENCODING, BTF_INT_OFFSET, BTF_INT_BITS in include/uapi/linux/btf.h.</remarks>
public readonly record struct BtfInt(uint Value)
{
    /// <summary>Whether it has a sign.</summary>
    public bool IsSigned => (Value & 0x0100_0000) != 0;

    /// <summary>Whether it is a character.</summary>
    public bool IsChar => (Value & 0x0200_0000) != 0;

    /// <summary>Whether it is a boolean.</summary>
    public bool IsBool => (Value & 0x0400_0000) != 0;

    /// <summary>The bits that count.</summary>
    public int Bits => (int)(Value & 0xff);

    /// <summary>The first bit that counts; not 0 only in bit-fields as compilers wrote them before 2019.</summary>
    public int BitOffset => (int)((Value >> 16) & 0xff);
}

/// <summary>An array.</summary>
/// <remarks>'struct btf_array' in include/uapi/linux/btf.h.</remarks>
/// <param name="ElementType">The type of its elements.</param>
/// <param name="IndexType">The type of its index.</param>
/// <param name="Length">How many elements it has; 0 also for flexible arrays.</param>
public readonly record struct BtfArray(uint ElementType, uint IndexType, uint Length);

/// <summary>A member of a struct or union.</summary>
/// <remarks>'struct btf_member' in include/uapi/linux/btf.h.</remarks>
public readonly struct BtfMember : IBtfPart<BtfMember>
{
    private readonly BtfView _view;
    private readonly uint _position;
    private readonly bool _hasBitfields;

    private BtfMember(in BtfType owner, ulong offset)
    {
        BoundedReader reader = owner.View.TypeReader;
        _view = owner.View;
        _hasBitfields = owner.KindFlag;
        NameOffset = reader.UInt32(offset);
        Type = reader.UInt32(offset + 4);
        _position = reader.UInt32(offset + 8);
    }

    /// <summary>Its name, "" for an anonymous struct or union.</summary>
    public string Name => _view.String(NameOffset);

    /// <summary>Its name, in place.</summary>
    public ReadOnlySpan<byte> NameBytes => _view.StringBytes(NameOffset);

    /// <summary>Where its name is among the strings; 0 where it has none.</summary>
    public uint NameOffset { get; }

    /// <summary>Its type.</summary>
    public uint Type { get; }

    /// <summary>Bits from the start of the struct.</summary>
    public uint BitOffset => _hasBitfields ? _position & 0xff_ffff : _position;

    /// <summary>Bits that a bit-field takes; 0 where it is no bit-field.</summary>
    public int BitfieldSize => _hasBitfields ? (int)(_position >> 24) : 0;

    static int IBtfPart<BtfMember>.Length(BtfKind kind) => 12;

    static BtfMember IBtfPart<BtfMember>.Read(in BtfType owner, ulong offset) => new(owner, offset);
}

/// <summary>A parameter of a function prototype.</summary>
/// <remarks>'struct btf_param' in include/uapi/linux/btf.h.</remarks>
public readonly struct BtfParameter : IBtfPart<BtfParameter>
{
    private readonly BtfView _view;

    private BtfParameter(in BtfType owner, ulong offset)
    {
        BoundedReader reader = owner.View.TypeReader;
        _view = owner.View;
        NameOffset = reader.UInt32(offset);
        Type = reader.UInt32(offset + 4);
    }

    /// <summary>Its name, "" where it has none.</summary>
    public string Name => _view.String(NameOffset);

    /// <summary>Its name, in place.</summary>
    public ReadOnlySpan<byte> NameBytes => _view.StringBytes(NameOffset);

    /// <summary>Where its name is among the strings; 0 where it has none.</summary>
    public uint NameOffset { get; }

    /// <summary>Its type.</summary>
    public uint Type { get; }

    /// <summary>Whether it stands for "...".</summary>
    public bool IsVariadic => Type == 0 && NameOffset == 0;

    static int IBtfPart<BtfParameter>.Length(BtfKind kind) => 8;

    static BtfParameter IBtfPart<BtfParameter>.Read(in BtfType owner, ulong offset) => new(owner, offset);
}

/// <summary>A name in an enumeration.</summary>
/// <remarks>'struct btf_enum' and 'struct btf_enum64' in include/uapi/linux/btf.h.</remarks>
public readonly struct BtfEnumerator : IBtfPart<BtfEnumerator>
{
    private readonly BtfView _view;

    private BtfEnumerator(in BtfType owner, ulong offset)
    {
        BoundedReader reader = owner.View.TypeReader;
        _view = owner.View;
        NameOffset = reader.UInt32(offset);
        uint low = reader.UInt32(offset + 4);
        IsSigned = owner.KindFlag;
        Value = owner.Kind == BtfKind.Enum64 ? (long)(low | ((ulong)reader.UInt32(offset + 8) << 32)) : IsSigned ? (int)low : low;
    }

    /// <summary>Its name.</summary>
    public string Name => _view.String(NameOffset);

    /// <summary>Its name, in place.</summary>
    public ReadOnlySpan<byte> NameBytes => _view.StringBytes(NameOffset);

    /// <summary>Where its name is among the strings.</summary>
    public uint NameOffset { get; }

    /// <summary>Whether <see cref="Value"/> has a sign; otherwise its bits are those of a <see cref="ulong"/>.</summary>
    public bool IsSigned { get; }

    /// <summary>Its value: sign-extended from 32 bits where it is signed, zero-extended where it is not.</summary>
    public long Value { get; }

    static int IBtfPart<BtfEnumerator>.Length(BtfKind kind) => kind == BtfKind.Enum64 ? 12 : 8;

    static BtfEnumerator IBtfPart<BtfEnumerator>.Read(in BtfType owner, ulong offset) => new(owner, offset);
}

/// <summary>A variable (or function) in a data section.</summary>
/// <remarks>'struct btf_var_secinfo' in include/uapi/linux/btf.h.</remarks>
public readonly struct BtfSectionVariable : IBtfPart<BtfSectionVariable>
{
    private BtfSectionVariable(in BtfType owner, ulong offset)
    {
        BoundedReader reader = owner.View.TypeReader;
        Type = reader.UInt32(offset);
        Offset = reader.UInt32(offset + 4);
        Size = reader.UInt32(offset + 8);
    }

    /// <summary>Its VAR (or FUNC).</summary>
    public uint Type { get; }

    /// <summary>Where it is in the section. Compilers leave 0 here; the symbol table knows.</summary>
    public uint Offset { get; }

    /// <summary>Bytes it takes.</summary>
    public uint Size { get; }

    static int IBtfPart<BtfSectionVariable>.Length(BtfKind kind) => 12;

    static BtfSectionVariable IBtfPart<BtfSectionVariable>.Read(in BtfType owner, ulong offset) => new(owner, offset);
}
