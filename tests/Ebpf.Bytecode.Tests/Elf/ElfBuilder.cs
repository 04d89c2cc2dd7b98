using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Tests.Elf;

/// <summary>Writes small ELF files for tests, in either byte order, good or bad.</summary>
internal sealed class ElfBuilder(bool littleEndian = true)
{
    private const int HeaderLength = 64;

    private readonly List<Section> _sections = [new("", ElfSectionType.Null, ElfSectionFlags.None, [], 0, 0, 0)];

    /// <summary>Puts the numbers of sections where they stand when they do not fit the header.</summary>
    public bool ExtendedNumbering { get; init; }

    public ElfType FileType { get; init; } = ElfType.Relocatable;

    public ushort Machine { get; init; } = ElfMachine.Bpf;

    /// <returns>The section's index.</returns>
    public int Add(string name, ElfSectionType type, byte[] data, ElfSectionFlags flags = ElfSectionFlags.None, int link = 0, int info = 0, int entrySize = 0)
    {
        _sections.Add(new Section(name, type, flags, data, link, info, entrySize));
        return _sections.Count - 1;
    }

    /// <summary>Adds a symbol table and its names.</summary>
    /// <returns>The table's index.</returns>
    public int AddSymbols(params (string Name, ushort Section, ulong Value)[] symbols)
    {
        var names = new List<byte> { 0 };
        var table = new List<byte>(new byte[ElfSymbol.Length]);
        foreach ((string name, ushort section, ulong value) in symbols)
        {
            byte[] symbol = new byte[ElfSymbol.Length];
            Word(symbol, (uint)names.Count);
            symbol[4] = ((byte)ElfBinding.Global << 4) | (byte)ElfSymbolType.Function;
            Half(symbol.AsSpan(6), section);
            Long(symbol.AsSpan(8), value);
            table.AddRange(symbol);
            names.AddRange(Encoding.UTF8.GetBytes(name));
            names.Add(0);
        }

        int strings = Add(".strtab", ElfSectionType.StringTable, [.. names]);
        return Add(".symtab", ElfSectionType.SymbolTable, [.. table], link: strings, entrySize: ElfSymbol.Length);
    }

    public byte[] Build()
    {
        var names = new List<byte> { 0 };
        int namesIndex = Add(".shstrtab", ElfSectionType.StringTable, []);
        var nameOffsets = new List<uint>();
        foreach (Section section in _sections)
        {
            nameOffsets.Add(section.Name.Length == 0 ? 0 : (uint)names.Count);
            if (section.Name.Length == 0)
                continue;
            names.AddRange(Encoding.UTF8.GetBytes(section.Name));
            names.Add(0);
        }

        _sections[namesIndex] = _sections[namesIndex] with { Data = [.. names] };
        var file = new List<byte>(new byte[HeaderLength]);
        var headers = new List<byte>();
        for (int i = 0; i < _sections.Count; i++)
            headers.AddRange(HeaderOf(i, nameOffsets[i], file, namesIndex));

        ulong tableOffset = (ulong)file.Count;
        file.AddRange(headers);
        byte[] bytes = [.. file];
        FileHeader(bytes, tableOffset, namesIndex);
        return bytes;
    }

    private byte[] HeaderOf(int index, uint nameOffset, List<byte> file, int namesIndex)
    {
        Section section = _sections[index];
        byte[] header = new byte[ElfSectionHeader.Length];
        Word(header, nameOffset);
        Word(header.AsSpan(4), (uint)section.Type);
        Long(header.AsSpan(8), (ulong)section.Flags);
        Long(header.AsSpan(24), (ulong)file.Count);
        Long(header.AsSpan(32), index == 0 && ExtendedNumbering ? (ulong)_sections.Count : (ulong)section.Data.Length);
        Word(header.AsSpan(40), index == 0 && ExtendedNumbering ? (uint)namesIndex : (uint)section.Link);
        Word(header.AsSpan(44), (uint)section.Info);
        Long(header.AsSpan(56), (ulong)section.EntrySize);
        file.AddRange(section.Data);
        return header;
    }

    private void FileHeader(byte[] bytes, ulong tableOffset, int namesIndex)
    {
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, (byte)(littleEndian ? 1 : 2), 1];
        identification.CopyTo(bytes);
        Half(bytes.AsSpan(16), (ushort)FileType);
        Half(bytes.AsSpan(18), Machine);
        Long(bytes.AsSpan(40), tableOffset);
        Half(bytes.AsSpan(58), ElfSectionHeader.Length);
        Half(bytes.AsSpan(60), ExtendedNumbering ? (ushort)0 : (ushort)_sections.Count);
        Half(bytes.AsSpan(62), ExtendedNumbering ? (ushort)0xffff : (ushort)namesIndex);
    }

    public void Half(Span<byte> bytes, ushort value)
    {
        if (littleEndian)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
    }

    public void Word(Span<byte> bytes, uint value)
    {
        if (littleEndian)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
    }

    public void Long(Span<byte> bytes, ulong value)
    {
        if (littleEndian)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
    }

    private sealed record Section(string Name, ElfSectionType Type, ElfSectionFlags Flags, byte[] Data, int Link, int Info, int EntrySize);
}
