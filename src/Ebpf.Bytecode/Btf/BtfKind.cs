namespace Ebpf.Bytecode.Btf;

/// <summary>What a BTF type is.</summary>
/// <remarks>BTF_KIND_* in include/uapi/linux/btf.h.</remarks>
public enum BtfKind : byte
{
    /// <summary><c>void</c>, the type with id 0.</summary>
    Void = 0,

    /// <summary>An integer, character or boolean.</summary>
    Int = 1,

    /// <summary>A pointer.</summary>
    Ptr = 2,

    /// <summary>An array.</summary>
    Array = 3,

    /// <summary>A struct.</summary>
    Struct = 4,

    /// <summary>A union.</summary>
    Union = 5,

    /// <summary>An enumeration of 32-bit values.</summary>
    Enum = 6,

    /// <summary>A struct or union that is declared only.</summary>
    Fwd = 7,

    /// <summary>A name for another type.</summary>
    Typedef = 8,

    /// <summary><c>volatile</c>.</summary>
    Volatile = 9,

    /// <summary><c>const</c>.</summary>
    Const = 10,

    /// <summary><c>restrict</c>.</summary>
    Restrict = 11,

    /// <summary>A function, by its name; its referenced type is the prototype.</summary>
    Func = 12,

    /// <summary>A function's parameters and result.</summary>
    FuncProto = 13,

    /// <summary>A variable.</summary>
    Var = 14,

    /// <summary>A data section and its variables.</summary>
    DataSec = 15,

    /// <summary>A floating-point number.</summary>
    Float = 16,

    /// <summary>A tag (<c>btf_decl_tag</c>) on a declaration, a member or a parameter.</summary>
    DeclTag = 17,

    /// <summary>A tag (<c>btf_type_tag</c>) on the type that it refers to.</summary>
    TypeTag = 18,

    /// <summary>An enumeration of 64-bit values.</summary>
    Enum64 = 19,
}

/// <summary>Who sees a function or variable.</summary>
/// <remarks>BTF_FUNC_* and BTF_VAR_* in include/uapi/linux/btf.h, which share their numbers.</remarks>
public enum BtfLinkage : uint
{
    /// <summary>Only its own file.</summary>
    Static = 0,

    /// <summary>Everybody.</summary>
    Global = 1,

    /// <summary>It is defined elsewhere.</summary>
    Extern = 2,
}
