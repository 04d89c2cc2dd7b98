namespace Ebpf.Bytecode.Objects;

/// <summary>What a kernel knows of BTF.</summary>
[Flags]
internal enum BtfAbilities
{
    None = 0,

    /// <summary>FUNC and FUNC_PROTO; since Linux 5.0.</summary>
    Functions = 1 << 0,

    /// <summary>VAR and DATASEC; since Linux 5.2.</summary>
    DataSections = 1 << 1,

    /// <summary>Functions with global linkage; since Linux 5.6.</summary>
    GlobalFunctions = 1 << 2,

    /// <summary>FLOAT; since Linux 5.13.</summary>
    Floats = 1 << 3,

    /// <summary>DECL_TAG; since Linux 5.16.</summary>
    DeclarationTags = 1 << 4,

    /// <summary>TYPE_TAG; since Linux 5.17.</summary>
    TypeTags = 1 << 5,

    /// <summary>ENUM64, and signed enumerations; since Linux 6.0.</summary>
    Enum64 = 1 << 6,

    /// <summary>Everything that there is.</summary>
    All = (1 << 7) - 1,
}
