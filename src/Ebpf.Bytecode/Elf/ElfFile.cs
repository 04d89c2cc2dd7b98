using System.Collections.Immutable;
using System.Text;

namespace Ebpf.Bytecode.Elf;

/// <summary>
/// A 64-bit ELF file of either byte order, read in place: section headers are checked and kept, symbols and relocations are decoded when they
/// are asked for. Whatever the bytes are, the answer is this or a <see cref="BpfException"/> that names section and offset.
/// </summary>
/// <remarks>elf(5). Work and memory are bounded by the file's size.</remarks>
internal sealed partial class ElfFile
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ElfHeader _header;
    private readonly ElfSection? _symbolTable;
    private readonly ElfSection? _extendedIndices;
    private string?[]? _symbolNameCache;
    private Dictionary<string, ElfSection>? _sectionsByName;

    private ElfFile(ReadOnlyMemory<byte> bytes, string name, in ElfHeader header, ImmutableArray<ElfSection> sections)
    {
        _bytes = bytes;
        _header = header;
        Name = name;
        IsLittleEndian = header.IsLittleEndian;
        Type = header.Type;
        Machine = header.Machine;
        Flags = header.Flags;
        Sections = sections;
        _symbolTable = FindSymbolTable(ElfSectionType.SymbolTable);
        if (_symbolTable is null)
            return;

        CheckEntrySize(_symbolTable, ElfSymbol.Length);
        _extendedIndices = FindSymbolTable(ElfSectionType.ExtendedSectionIndices);
    }

    /// <summary>The file's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The byte order of the file, and of the machine it is for.</summary>
    public bool IsLittleEndian { get; }

    public ElfType Type { get; }

    /// <summary>One of <see cref="ElfMachine"/>, or any other.</summary>
    public ushort Machine { get; }

    /// <summary>The machine's own flags; for BPF the low four bits are the instruction set version that clang was told (0: not told).</summary>
    public uint Flags { get; }

    /// <summary>All sections, by index.</summary>
    public ImmutableArray<ElfSection> Sections { get; }

    /// <summary>All symbols, by index; none where the file is stripped.</summary>
    public ElfSymbolTable Symbols => new(this, _symbolTable is null ? 0 : _symbolTable.Data.Length / ElfSymbol.Length);

    /// <summary>The first section of that name, or null.</summary>
    public ElfSection? FindSection(string name)
    {
        if (_sectionsByName is null)
        {
            _sectionsByName = new Dictionary<string, ElfSection>(StringComparer.Ordinal);
            foreach (ElfSection section in Sections.Skip(1))
                _sectionsByName.TryAdd(section.Name, section);
        }

        return _sectionsByName.GetValueOrDefault(name);
    }

    /// <summary>The relocations that a section of type SHT_REL or SHT_RELA holds.</summary>
    /// <exception cref="BpfException">The section's entries have an unexpected size.</exception>
    public ElfRelocationTable Relocations(ElfSection section)
    {
        bool withAddends = section.Type == ElfSectionType.RelocationsWithAddend;
        if (!section.IsRelocations)
            throw new ArgumentException($"section {section.Describe()} holds no relocations", nameof(section));

        CheckEntrySize(section, withAddends ? ElfRelocation.LengthWithAddend : ElfRelocation.Length);
        return new ElfRelocationTable(this, section);
    }

    /// <summary>The section that a section of relocations is for; null where it names one that does not exist.</summary>
    public ElfSection? RelocatedSection(ElfSection relocations) => relocations.Info != 0 && relocations.Info < Sections.Length ? Sections[(int)relocations.Info] : null;

    /// <summary>A checked reader of a section's bytes.</summary>
    public BoundedReader Reader(ElfSection section) => new(section.Data.Span, IsLittleEndian, section.Region);

    internal ElfSymbol Symbol(uint index)
    {
        if (_symbolTable is null || index >= (uint)Symbols.Count)
            throw Damaged($"there is no symbol #{index}: the file has {Symbols.Count}");

        uint extended = _extendedIndices is null ? ElfSectionIndex.Extended : Reader(_extendedIndices).UInt32((ulong)index * sizeof(uint));
        return new ElfSymbol(this, (int)index, Reader(_symbolTable), extended);
    }

    internal ReadOnlySpan<byte> SymbolNameBytes(uint offset) =>
        _symbolTable is null || offset == 0 ? default : StringBytes(StringTable(_symbolTable.Link, _symbolTable), offset);

    internal string SymbolName(int index, uint offset)
    {
        if (offset == 0)
            return "";
        _symbolNameCache ??= new string?[Symbols.Count];
        return _symbolNameCache[index] ??= Text(SymbolNameBytes(offset));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private ElfSection? FindSymbolTable(ElfSectionType type)
    {
        ElfSection? found = null;
        foreach (ElfSection section in Sections)
        {
            if (section.Index == 0 || section.Type != type)
                continue;
            if (found is not null)
                throw Damaged($"sections {found.Describe()} and {section.Describe()} both are symbol tables; an object has one");
            found = section;
        }

        return found;
    }

    private ElfSection StringTable(uint index, ElfSection user)
    {
        if (index >= (uint)Sections.Length || Sections[(int)index].Type != ElfSectionType.StringTable)
            throw Damaged($"section {user.Describe()} has its names in section #{index}, which is no string table");
        return Sections[(int)index];
    }

    private void CheckEntrySize(ElfSection section, int expected)
    {
        if (section.EntrySize != (ulong)expected || section.Size % (ulong)expected != 0)
            throw Damaged($"section {section.Describe()} at offset 0x{section.FileOffset:x} has entries of {section.EntrySize} bytes in {section.Size} bytes; entries of {expected} bytes are expected");
    }

    private BpfException Damaged(string what) => Damaged(Name, what);

    private static BpfException Damaged(string file, string what) => new($"{file}: {what}; the file is damaged", Errno.LIBBPF_FORMAT);
}
