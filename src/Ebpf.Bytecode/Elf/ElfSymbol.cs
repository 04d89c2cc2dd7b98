namespace Ebpf.Bytecode.Elf;

/// <summary>A symbol, read in place.</summary>
/// <remarks>'Elf64_Sym' in elf.h.</remarks>
internal readonly struct ElfSymbol
{
    /// <summary>Bytes of a symbol in the file.</summary>
    public const int Length = 24;

    private readonly ElfFile _file;
    private readonly uint _nameOffset;
    private readonly byte _info;
    private readonly byte _other;

    internal ElfSymbol(ElfFile file, int index, in BoundedReader table, uint extendedSectionIndex)
    {
        ulong offset = (ulong)index * Length;
        _file = file;
        Index = index;
        _nameOffset = table.UInt32(offset);
        _info = table.Byte(offset + 4);
        _other = table.Byte(offset + 5);
        uint section = ElfSectionIndex.Widen(table.UInt16(offset + 6));
        SectionIndex = section == ElfSectionIndex.Extended ? extendedSectionIndex : section;
        Value = table.UInt64(offset + 8);
        Size = table.UInt64(offset + 16);
    }

    /// <summary>Its index in the symbol table.</summary>
    public int Index { get; }

    /// <summary>Its name, "" where it has none (section symbols have none).</summary>
    public string Name => _file.SymbolName(Index, _nameOffset);

    /// <summary>Its name, in place.</summary>
    public ReadOnlySpan<byte> NameBytes => _file.SymbolNameBytes(_nameOffset);

    /// <summary>Offset in its section.</summary>
    public ulong Value { get; }

    /// <summary>Bytes it takes.</summary>
    public ulong Size { get; }

    /// <summary>What it stands for.</summary>
    public ElfSymbolType Type => (ElfSymbolType)(_info & 0xf);

    /// <summary>Who sees it.</summary>
    public ElfBinding Binding => (ElfBinding)(_info >> 4);

    /// <summary>How a global one is seen outside its component.</summary>
    public ElfVisibility Visibility => (ElfVisibility)(_other & 0x3);

    /// <summary>Its section, or one of the special values in <see cref="ElfSectionIndex"/>; in a damaged file any other number, that of no section.</summary>
    public uint SectionIndex { get; }

    /// <summary>Whether the file defines it in one of its sections.</summary>
    public bool IsDefined => SectionIndex != ElfSectionIndex.Undefined && SectionIndex < (uint)_file.Sections.Length;

    /// <summary>Whether it is left for others to define (an extern). The empty symbol at index 0 is so too.</summary>
    public bool IsUndefined => SectionIndex == ElfSectionIndex.Undefined;

    /// <summary>Whether it is absolute, common or otherwise of no section.</summary>
    public bool IsSpecial => SectionIndex >= ElfSectionIndex.Reserved;

    /// <summary>How messages name it.</summary>
    public string Describe() => _nameOffset != 0 ? $"'{Name}' (symbol #{Index})" : $"symbol #{Index}";

    /// <inheritdoc/>
    public override string ToString() => $"{Describe()} {Type} {Binding} section {SectionIndex} + 0x{Value:x}, {Size} bytes";
}
