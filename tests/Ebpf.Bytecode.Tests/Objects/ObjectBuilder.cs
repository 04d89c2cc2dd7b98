using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Tests.Btf;

namespace Ebpf.Bytecode.Tests.Objects;

/// <summary>Writes little-endian objects for tests, good or bad: what no compiler makes, and what shows a single rule.</summary>
internal sealed class ObjectBuilder
{
    private readonly List<Section> _sections = [new("", ElfSectionType.Null, ElfSectionFlags.None, [], 0, 0, 0)];
    private readonly List<byte[]> _symbols = [new byte[ElfSymbol.Length]];
    private readonly MemoryStream _strings = new([0, .. new byte[1 << 16]]) { Position = 1 };

    private sealed record Section(string Name, ElfSectionType Type, ElfSectionFlags Flags, byte[] Data, ulong Size, uint Info, ulong EntrySize)
    {
        public MemoryStream? Relocations { get; set; }
    }

    /// <summary>Type information for the object.</summary>
    public BtfBuilder Types { get; } = new();

    /// <summary>Whether the object has a .BTF section.</summary>
    public bool HasTypes { get; set; }

    public int Add(string name, ElfSectionType type, ElfSectionFlags flags, byte[] data, ulong? size = null)
    {
        _sections.Add(new Section(name, type, flags, data, size ?? (ulong)data.Length, 0, 0));
        return _sections.Count - 1;
    }

    public int Data(string name, int size) => Add(name, ElfSectionType.ProgramBits, ElfSectionFlags.Alloc | ElfSectionFlags.Write, new byte[size]);

    public int Code(string name, params Instruction[] slots)
    {
        byte[] bytes = new byte[slots.Length * Instruction.Size];
        for (int i = 0; i < slots.Length; i++)
            slots[i].Write(bytes.AsSpan(i * Instruction.Size), littleEndian: true);
        return Add(name, ElfSectionType.ProgramBits, ElfSectionFlags.Alloc | ElfSectionFlags.Executable, bytes);
    }

    public int Symbol(string name, int section, ulong value, ulong size, ElfSymbolType type = ElfSymbolType.Function, ElfBinding binding = ElfBinding.Global, ElfVisibility visibility = ElfVisibility.Default)
    {
        byte[] symbol = new byte[ElfSymbol.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(symbol, String(name));
        symbol[4] = (byte)(((byte)binding << 4) | (byte)type);
        symbol[5] = (byte)visibility;
        BinaryPrimitives.WriteUInt16LittleEndian(symbol.AsSpan(6), (ushort)section);
        BinaryPrimitives.WriteUInt64LittleEndian(symbol.AsSpan(8), value);
        BinaryPrimitives.WriteUInt64LittleEndian(symbol.AsSpan(16), size);
        _symbols.Add(symbol);
        return _symbols.Count - 1;
    }

    /// <summary>A program: its section, its symbol, two slots that return 0.</summary>
    public int Program(string name, string section = "xdp")
    {
        int index = Code(section, Asm.Mov64(Register.R0, 0), Asm.Exit());
        Symbol(name, index, 0, 2 * Instruction.Size);
        return index;
    }

    public void Relocate(int section, ulong offset, int symbol, ElfRelocationType type = ElfRelocationType.Bpf64_64)
    {
        Span<byte> entry = stackalloc byte[ElfRelocation.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], ((ulong)(uint)symbol << 32) | (uint)type);
        (_sections[section].Relocations ??= new MemoryStream()).Write(entry);
    }

    public ObjectImage Read(ObjectStrictness strictness = ObjectStrictness.Default) => ObjectImage.Read(Build(), "built.o", strictness);

    public byte[] Build()
    {
        var sections = new List<Section>(_sections);
        if (HasTypes)
            sections.Add(new Section(".BTF", ElfSectionType.ProgramBits, ElfSectionFlags.None, Types.Build(), (ulong)Types.Build().Length, 0, 0));
        for (int i = 0; i < _sections.Count; i++)
        {
            if (_sections[i].Relocations?.ToArray() is { } entries)
                sections.Add(new Section(".rel" + _sections[i].Name, ElfSectionType.Relocations, ElfSectionFlags.None, entries, (ulong)entries.Length, (uint)i, ElfRelocation.Length));
        }

        byte[] symbols = [.. _symbols.SelectMany(s => s)];
        sections.Add(new Section(".symtab", ElfSectionType.SymbolTable, ElfSectionFlags.None, symbols, (ulong)symbols.Length, 0, ElfSymbol.Length));
        uint[] names = [.. sections.Select(s => String(s.Name)), String(".strtab")];
        byte[] strings = _strings.ToArray()[..(int)_strings.Position];
        sections.Add(new Section(".strtab", ElfSectionType.StringTable, ElfSectionFlags.None, strings, (ulong)strings.Length, 0, 0));
        return Write(sections, names);
    }

    private static byte[] Write(List<Section> sections, uint[] names)
    {
        const int headerLength = 64;
        var file = new MemoryStream();
        file.Write(new byte[headerLength]);
        byte[] headers = new byte[sections.Count * ElfSectionHeader.Length];
        for (int i = 1; i < sections.Count; i++)
        {
            Section section = sections[i];
            Span<byte> header = headers.AsSpan(i * ElfSectionHeader.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header, names[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)section.Type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)section.Flags);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)file.Position);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], section.Size);
            // The names of symbols are in the last section, relocations refer to the symbols before it.
            uint link = section.Type switch { ElfSectionType.SymbolTable => (uint)sections.Count - 1, ElfSectionType.Relocations => (uint)sections.Count - 2, _ => 0 };
            BinaryPrimitives.WriteUInt32LittleEndian(header[40..], link);
            BinaryPrimitives.WriteUInt32LittleEndian(header[44..], section.Info);
            BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 8);
            BinaryPrimitives.WriteUInt64LittleEndian(header[56..], section.EntrySize);
            file.Write(section.Data);
            while (file.Position % 8 != 0)
                file.WriteByte(0);
        }

        long headersAt = file.Position;
        file.Write(headers);
        byte[] bytes = file.ToArray();
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), (ushort)ElfType.Relocatable);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), ElfMachine.Bpf);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), (ulong)headersAt);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(52), headerLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(58), ElfSectionHeader.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(60), (ushort)sections.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(62), (ushort)(sections.Count - 1));
        return bytes;
    }

    private uint String(string text)
    {
        if (text.Length == 0)
            return 0;
        uint offset = (uint)_strings.Position;
        _strings.Write(Encoding.UTF8.GetBytes(text));
        _strings.WriteByte(0);
        return offset;
    }
}
