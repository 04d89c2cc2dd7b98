using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>The first step of opening an object: what each section is for, licence, kernel version, functions.</summary>
/// <remarks>bpf_object__elf_collect in libbpf.c, whose order decides which of several errors is told.</remarks>
internal static class SectionReader
{
    /// <summary>The section by which eBPF for Windows' headers mark an object.</summary>
    public const string WindowsMark = ".ebpf_for_windows";

    // Elf sections that hold nothing for a loader.
    private const string Debug = ".debug_";

    private const int LicenseLength = 63;

    public static void Read(ObjectReading reading)
    {
        ElfFile elf = reading.Elf;
        reading.SymbolsSection = SymbolTable(reading);
        if (elf.FindSection(WindowsMark) is not null)
            reading.Dialect = Dialect.Windows;

        var functions = new FunctionReader(reading);
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Index != 0 && !IsIgnored(section))
                reading.Roles[section.Index] = Collect(reading, section, functions);
        }

        functions.Finish();
    }

    /// <summary>The name without the '?' that says "not by default".</summary>
    public static string WithoutMark(string name) => name.StartsWith('?') ? name[1..] : name;

    private static int SymbolTable(ObjectReading reading)
    {
        foreach (ElfSection section in reading.Elf.Sections)
        {
            if (section.Type == ElfSectionType.SymbolTable)
                return section.Index;
        }

        throw reading.Refuse(Errno.ENOENT, "has no symbol table, so its programs and maps have no names; do not strip it (llvm-strip -g keeps symbols)");
    }

    /// <remarks>ignore_elf_section in libbpf.c.</remarks>
    private static bool IsIgnored(ElfSection section)
    {
        string name = section.Name;
        if (section.Type is ElfSectionType.StringTable or ElfSectionType.LlvmAddressSignificance)
            return true;
        if (section is { Type: ElfSectionType.ProgramBits, Size: 0, Name: ".text" })
            return true;
        return name.StartsWith(Debug, StringComparison.Ordinal)
            || name.StartsWith(".rel" + Debug, StringComparison.Ordinal)
            || name is ".rel.BTF" or ".rel.BTF.ext";
    }

    private static SectionRole Collect(ObjectReading reading, ElfSection section, FunctionReader functions)
    {
        if (reading.IsStrict)
            RequireReadable(reading, section);
        string name = section.Name;
        switch (name)
        {
            case "license":
                reading.License = License(reading, section);
                return SectionRole.None;
            case "version":
                reading.KernelVersion = KernelVersion(reading, section);
                return SectionRole.None;
            case ".maps":
                reading.MapsSection = section.Index;
                return SectionRole.BtfMaps;
            case ".BTF" or ".BTF.ext":
                if (section.Type != ElfSectionType.ProgramBits)
                    throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()} is of type {(uint)section.Type}, not SHT_PROGBITS; the file is damaged");
                if (name == ".BTF")
                    reading.TypesSection = section;
                else
                    reading.TypesOfCodeSection = section;
                return SectionRole.None;
            case "maps" when reading.IsStrict:
                throw reading.Refuse(Errno.EOPNOTSUPP, "defines maps in a 'maps' section, which libbpf 1.0 and later do not support; define them in SEC(\".maps\"), or open the object with default strictness");
        }

        if (!reading.IsStrict && IsLegacyMaps(section))
            return SectionRole.LegacyMaps;

        switch (section.Type)
        {
            case ElfSectionType.ProgramBits when section.Size > 0:
                return CollectProgramBits(reading, section, functions);
            case ElfSectionType.Relocations:
                return CollectRelocations(reading, section);
            case ElfSectionType.RelocationsWithAddend when !reading.IsStrict:
                return CollectRelocations(reading, section);
            case ElfSectionType.NoBits when IsNamed(name, ".bss"):
                return SectionRole.Bss;
            default:
                return SectionRole.None;
        }
    }

    /// <summary>libbpf asks libelf for the bytes of each section, which wants whole entries.</summary>
    /// <remarks>elf_getdata of elfutils.</remarks>
    private static void RequireReadable(ObjectReading reading, ElfSection section)
    {
        int entry = section.Type switch
        {
            ElfSectionType.SymbolTable or ElfSectionType.DynamicSymbols => ElfSymbol.Length,
            ElfSectionType.Relocations => ElfRelocation.Length,
            ElfSectionType.RelocationsWithAddend => ElfRelocation.LengthWithAddend,
            ElfSectionType.Dynamic => 16,
            ElfSectionType.Hash or ElfSectionType.Group or ElfSectionType.ExtendedSectionIndices => sizeof(uint),
            _ => 1,
        };
        if (section.Data.Length % entry != 0)
            throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()} has {section.Size} bytes, no whole entries of {entry} bytes; the file is damaged");
    }

    private static SectionRole CollectProgramBits(ObjectReading reading, ElfSection section, FunctionReader functions)
    {
        string name = section.Name;
        if (section.IsExecutable)
        {
            if (name == ".text")
                reading.TextSection = section.Index;
            functions.Read(section);
            return SectionRole.Code;
        }

        if (IsNamed(name, ".data"))
            return SectionRole.Data;
        if (IsNamed(name, ".rodata"))
            return SectionRole.ReadOnlyData;
        if (WithoutMark(name) is ".struct_ops" or ".struct_ops.link")
        {
            reading.HasStructOps = true;
            return SectionRole.StructOps;
        }

        if (name == ".addr_space.1")
            reading.ArenaSection = section.Index;
        else if (name == ".jumptables")
            reading.JumpTablesSection = section.Index;
        return SectionRole.None;
    }

    private static SectionRole CollectRelocations(ObjectReading reading, ElfSection section)
    {
        ElfFile elf = reading.Elf;
        int entry = section.Type == ElfSectionType.Relocations ? ElfRelocation.Length : ElfRelocation.LengthWithAddend;
        if (section.EntrySize != (ulong)entry || section.Info >= (uint)elf.Sections.Length)
            throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()} has relocations of {section.EntrySize} bytes for section #{section.Info}; the file is damaged");

        bool forCode = (elf.Sections[(int)section.Info].Flags & ElfSectionFlags.Executable) != 0;
        return forCode || section.Name is ".rel.struct_ops" or ".rel.struct_ops.link" or ".rel?.struct_ops" or ".rel?.struct_ops.link" or ".rel.maps" or ".rela.maps"
            ? SectionRole.Relocations
            : SectionRole.None;
    }

    private static bool IsNamed(string name, string section) => name == section || (name.StartsWith(section, StringComparison.Ordinal) && name[section.Length] == '.');

    private static bool IsLegacyMaps(ElfSection section) =>
        section.Type == ElfSectionType.ProgramBits && !section.IsExecutable
        && (section.Name == "maps" || section.Name.StartsWith("maps/", StringComparison.Ordinal));

    private static string License(ObjectReading reading, ElfSection section)
    {
        ReadOnlySpan<byte> bytes = section.Data.Span;
        if (bytes.IsEmpty && (reading.IsStrict || section.Size != 0))
            throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()} holds no bytes; the file is damaged");
        int end = bytes.IndexOf((byte)0);
        bytes = end >= 0 ? bytes[..end] : bytes;
        return Encoding.UTF8.GetString(bytes.Length > LicenseLength ? bytes[..LicenseLength] : bytes);
    }

    private static uint KernelVersion(ObjectReading reading, ElfSection section)
    {
        ReadOnlySpan<byte> bytes = section.Data.Span;
        if (bytes.Length != sizeof(uint))
            throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()} has {bytes.Length} bytes; KERNEL_VERSION is a number of 4 bytes");
        return reading.Elf.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
