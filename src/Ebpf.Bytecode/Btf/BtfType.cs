using System.Text;

namespace Ebpf.Bytecode.Btf;

/// <summary>A type, read in place.</summary>
/// <remarks>'struct btf_type' in include/uapi/linux/btf.h.</remarks>
public readonly struct BtfType
{
    private readonly uint _nameOffset;
    private readonly uint _info;
    private readonly uint _sizeOrType;
    private readonly int _offset;

    internal BtfType(BtfView view, uint id, int offset)
    {
        BoundedReader reader = view.TypeReader;
        View = view;
        Id = id;
        _offset = offset;
        _nameOffset = reader.UInt32((ulong)offset);
        _info = reader.UInt32((ulong)offset + 4);
        _sizeOrType = reader.UInt32((ulong)offset + 8);
    }

    private BtfType(BtfView view) => View = view;

    /// <summary>The type information that it belongs to.</summary>
    public BtfView View { get; }

    /// <summary>Its id.</summary>
    public uint Id { get; }

    /// <summary>What it is.</summary>
    public BtfKind Kind => BtfInfo.Kind(_info);

    /// <summary>How many members, enumerators, parameters or variables it has. For a function: its linkage.</summary>
    public int VLen => (int)BtfInfo.VLen(_info);

    /// <summary>
    /// For a struct or union: members carry bit-field sizes. For an enumeration: values are signed. For a forward declaration: it is a union.
    /// For a tag: it is an attribute, not a tag of its own.
    /// </summary>
    public bool KindFlag => BtfInfo.KindFlag(_info);

    /// <summary>Its name, "" where it has none.</summary>
    public string Name => View.String(_nameOffset);

    /// <summary>Its name, in place.</summary>
    public ReadOnlySpan<byte> NameBytes => View.StringBytes(_nameOffset);

    /// <summary>Where its name is among the strings; 0 where it has none.</summary>
    public uint NameOffset => _nameOffset;

    /// <summary>Whether it has no name.</summary>
    public bool IsAnonymous => _nameOffset == 0 || NameBytes.IsEmpty;

    /// <summary>Bytes that it takes, as its own record says; 0 for kinds whose record says none. <see cref="BtfView.SizeOf"/> answers for every kind.</summary>
    public uint Size => HasSize ? _sizeOrType : 0;

    /// <summary>The type that it refers to: what a pointer points to, a typedef names, a function returns; 0 (<c>void</c>) for kinds that refer to none.</summary>
    public uint ReferencedType => HasReferencedType ? _sizeOrType : 0;

    /// <summary>Whether it is a struct or union.</summary>
    public bool IsComposite => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>Whether it is an enumeration of either width.</summary>
    public bool IsEnum => Kind is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>Whether it only qualifies, tags or names the type that it refers to.</summary>
    public bool IsModifierOrTypedef => Kind is BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag;

    /// <summary>A function's or variable's linkage.</summary>
    public BtfLinkage Linkage => Kind switch
    {
        BtfKind.Func => (BtfLinkage)VLen,
        BtfKind.Var => (BtfLinkage)Rest(0),
        _ => throw WrongKind("linkage"),
    };

    /// <summary>An integer's encoding.</summary>
    public BtfInt Int => Kind == BtfKind.Int ? new BtfInt(Rest(0)) : throw WrongKind("integer encoding");

    /// <summary>Element type, index type and length of an array.</summary>
    public BtfArray Array => Kind == BtfKind.Array ? new BtfArray(Rest(0), Rest(4), Rest(8)) : throw WrongKind("array");

    /// <summary>Which member or parameter a declaration tag is on; -1 where it is on the whole.</summary>
    public int ComponentIndex => Kind == BtfKind.DeclTag ? (int)Rest(0) : throw WrongKind("component index");

    /// <summary>The members of a struct or union; none for other kinds.</summary>
    public BtfList<BtfMember> Members => new(this, IsComposite ? VLen : 0);

    /// <summary>The parameters of a function prototype; none for other kinds. A last one of type <c>void</c> without name stands for "...".</summary>
    public BtfList<BtfParameter> Parameters => new(this, Kind == BtfKind.FuncProto ? VLen : 0);

    /// <summary>The enumerators of an enumeration of either width; none for other kinds.</summary>
    public BtfList<BtfEnumerator> Enumerators => new(this, IsEnum ? VLen : 0);

    /// <summary>The variables (and functions) of a data section; none for other kinds.</summary>
    public BtfList<BtfSectionVariable> SectionVariables => new(this, Kind == BtfKind.DataSec ? VLen : 0);

    private bool HasSize => Kind is BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.DataSec or BtfKind.Float;

    private bool HasReferencedType => IsModifierOrTypedef || Kind is BtfKind.Ptr or BtfKind.Func or BtfKind.FuncProto or BtfKind.Var or BtfKind.DeclTag;

    internal static BtfType Void(BtfView view) => new(view);

    /// <summary>Where the part after the common one begins.</summary>
    internal ulong RestOffset => (ulong)_offset + BtfIndex.TypeLength;

    /// <inheritdoc/>
    public override string ToString() => $"[{Id}] {Kind} '{Name}'";

    private uint Rest(ulong offset) => View.TypeReader.UInt32(RestOffset + offset);

    private BpfException WrongKind(string what) => new($"{View.Name}: type {this} has no {what}", Errno.EINVAL);
}
