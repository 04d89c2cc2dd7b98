namespace Ebpf.Bytecode.Objects;

/// <summary>What an extern stands for.</summary>
internal enum ExternKind
{
    /// <summary>Nothing that can be told: it has no type information. It stays unresolved.</summary>
    Unknown,

    /// <summary>A kernel configuration value (<c>__kconfig</c>).</summary>
    Kconfig,

    /// <summary>A kernel variable with a type, or one without (<c>extern const void x __ksym</c>), whose address is asked for.</summary>
    KernelSymbol,

    /// <summary>A kernel function (kfunc).</summary>
    KernelFunction,

    /// <summary>A function of the C library that compilers call on their own: memset, memcpy, memmove, memcmp.</summary>
    LibraryFunction,
}

/// <summary>What sort of configuration value an extern asks for.</summary>
/// <remarks>enum kcfg_type in libbpf.c.</remarks>
internal enum KconfigKind
{
    None,
    Character,
    Boolean,
    Integer,
    Tristate,
    CharacterArray,
}

/// <summary>Something that a program uses and the object leaves to others to define.</summary>
internal sealed record ExternImage
{
    /// <summary>Its symbol.</summary>
    public required string Name { get; init; }

    /// <summary>What it stands for.</summary>
    public required ExternKind Kind { get; init; }

    /// <summary>The index of its symbol.</summary>
    public required int SymbolIndex { get; init; }

    /// <summary>Whether the programs check for its absence.</summary>
    public bool IsWeak { get; init; }

    /// <summary>BTF id of its VAR or FUNC, 0 where unknown.</summary>
    public uint TypeId { get; init; }

    /// <summary>BTF id of its type behind typedefs and qualifiers: 0 (void) for a kernel symbol without type.</summary>
    public uint TargetTypeId { get; init; }

    /// <summary>The name without a flavour (<c>___v2</c>): what the kernel calls it.</summary>
    public string EssentialName { get; init; } = "";

    /// <summary>What sort of configuration value it is.</summary>
    public KconfigKind Kconfig { get; init; }

    /// <summary>Whether a configuration value that is a number has a sign.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Bytes of a configuration value.</summary>
    public uint Size { get; init; }

    /// <summary>Its alignment.</summary>
    public uint Alignment { get; init; }

    /// <summary>Where it is in the .kconfig map's value.</summary>
    public uint Offset { get; init; }

    /// <summary>The helper that stands for a library function.</summary>
    public HelperId LibraryFunction { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsWeak ? "weak " : "")}extern '{Name}' ({Kind})";
}
