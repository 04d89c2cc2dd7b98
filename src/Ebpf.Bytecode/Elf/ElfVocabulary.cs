namespace Ebpf.Bytecode.Elf;

/// <summary>What an ELF file is for (<c>e_type</c>).</summary>
internal enum ElfType : ushort
{
    None = 0,
    Relocatable = 1,
    Executable = 2,
    Shared = 3,
    Core = 4,
}

/// <summary>Machines that matter here (<c>e_machine</c>).</summary>
internal static class ElfMachine
{
    /// <summary>What clang wrote before BPF had its number.</summary>
    public const ushort None = 0;

    public const ushort X64 = 62;
    public const ushort Arm64 = 183;
    public const ushort Bpf = 247;

    /// <summary>The machine's common name, for messages.</summary>
    public static string Name(ushort machine) => machine switch
    {
        None => "no machine",
        3 => "x86",
        8 => "MIPS",
        20 or 21 => "PowerPC",
        22 => "s390",
        40 => "Arm",
        X64 => "x86-64",
        Arm64 => "AArch64",
        243 => "RISC-V",
        Bpf => "BPF",
        258 => "LoongArch",
        _ => $"machine {machine}",
    };
}

/// <summary>Types of sections (<c>sh_type</c>).</summary>
internal enum ElfSectionType : uint
{
    Null = 0,
    ProgramBits = 1,
    SymbolTable = 2,
    StringTable = 3,
    RelocationsWithAddend = 4,
    Hash = 5,
    Dynamic = 6,
    Note = 7,
    NoBits = 8,
    Relocations = 9,
    DynamicSymbols = 11,
    Group = 17,
    ExtendedSectionIndices = 18,
    LlvmAddressSignificance = 0x6fff4c03,
    GnuVersionDefinitions = 0x6ffffffd,
    GnuVersions = 0x6fffffff,
}

/// <summary>Flags of sections (<c>sh_flags</c>).</summary>
[Flags]
internal enum ElfSectionFlags : ulong
{
    None = 0,
    Write = 0x1,
    Alloc = 0x2,
    Executable = 0x4,
    Merge = 0x10,
    Strings = 0x20,
    InfoLink = 0x40,
    Group = 0x200,
    Compressed = 0x800,
}

/// <summary>Section indices of symbols that stand for no section.</summary>
/// <remarks>In the file they are 16 bits wide; here they are widened to the top of 32 bits, where no section's index can be.</remarks>
internal static class ElfSectionIndex
{
    public const uint Undefined = 0;

    /// <summary>From here on an index is special.</summary>
    public const uint Reserved = 0xffff_ff00;

    public const uint Absolute = 0xffff_fff1;
    public const uint Common = 0xffff_fff2;

    /// <summary>In the file: the index did not fit and stands in a section of its own. Never seen outside the reader.</summary>
    public const uint Extended = 0xffff_ffff;

    /// <summary>A 16-bit index of the file, widened.</summary>
    public static uint Widen(ushort index) => index >= 0xff00 ? 0xffff_0000 | index : index;
}

/// <summary>What a symbol stands for.</summary>
internal enum ElfSymbolType : byte
{
    None = 0,
    Object = 1,
    Function = 2,
    Section = 3,
    File = 4,
    Common = 5,
    ThreadLocal = 6,
}

/// <summary>Who sees a symbol.</summary>
internal enum ElfBinding : byte
{
    Local = 0,
    Global = 1,
    Weak = 2,
}

/// <summary>How a global symbol is seen outside its component.</summary>
internal enum ElfVisibility : byte
{
    Default = 0,
    Internal = 1,
    Hidden = 2,
    Protected = 3,
}

/// <summary>Relocations of BPF objects.</summary>
/// <remarks>Documentation/bpf/llvm_reloc.rst.</remarks>
internal enum ElfRelocationType : uint
{
    None = 0,

    /// <summary>A 64-bit immediate load: map, variable or function address.</summary>
    Bpf64_64 = 1,

    /// <summary>A 64-bit word of data.</summary>
    Abs64 = 2,

    /// <summary>A 32-bit word of data.</summary>
    Abs32 = 3,

    /// <summary>A 32-bit word of .BTF or .BTF.ext that a linker of objects, not a loader, fixes.</summary>
    NoDynamicLoader32 = 4,

    /// <summary>A call.</summary>
    Bpf64_32 = 10,
}
