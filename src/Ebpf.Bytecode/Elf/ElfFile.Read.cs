using System.Collections.Immutable;
using System.Text;

namespace Ebpf.Bytecode.Elf;

internal sealed partial class ElfFile
{
    // Longer names are no names. The bound keeps overlapping names of a hostile file from multiplying its size.
    private const int LongestName = 4096;

    /// <summary>Reads the file that is in memory; <paramref name="name"/> is how messages call it.</summary>
    /// <exception cref="BpfException">It is not a 64-bit ELF file, or it is damaged.</exception>
    public static ElfFile Read(ReadOnlyMemory<byte> bytes, string name)
    {
        ElfHeader header = ElfHeader.Read(bytes.Span, name);
        return new ElfFile(bytes, name, header, ReadSections(bytes, name, header));
    }

    /// <summary>Refuses what is no object for BPF.</summary>
    /// <exception cref="BpfException">The file is for another machine, or it is linked.</exception>
    public void RequireBpfObject()
    {
        if (Machine is not (ElfMachine.Bpf or ElfMachine.None))
            throw new BpfException($"{Name}: is an object for {ElfMachine.Name(Machine)}, not for BPF; compile it with: clang -target bpf -g -O2 -c", Errno.LIBBPF_FORMAT);
        if (Type != ElfType.Relocatable)
            throw new BpfException($"{Name}: is of ELF type {(ushort)Type}, not a relocatable object; give the .o file that clang -target bpf -c makes", Errno.LIBBPF_FORMAT);
    }

    private static ImmutableArray<ElfSection> ReadSections(ReadOnlyMemory<byte> bytes, string name, in ElfHeader header)
    {
        if (header.SectionHeaderOffset == 0)
            return [];

        var file = new BoundedReader(bytes.Span, header.IsLittleEndian, name + ": section headers");
        ElfSectionHeader first = ElfSectionHeader.Read(file, header.SectionHeaderOffset);

        // What does not fit the 16 bits of the ELF header stands in the header of section 0.
        ulong count = header.SectionCount != 0 ? header.SectionCount : first.Size;
        ulong nameIndex = header.NameSectionIndex != 0xffff ? header.NameSectionIndex : first.Link;
        ulong available = ((ulong)bytes.Length - header.SectionHeaderOffset) / ElfSectionHeader.Length;
        if (count > available)
            throw Damaged(name, $"{count} section headers at offset 0x{header.SectionHeaderOffset:x}, but there is room for {available} until the file's end");
        if (count == 0)
            return [];

        ReadOnlySpan<byte> names = NamesOfSections(bytes.Span, name, header, file, nameIndex, count);
        var sections = ImmutableArray.CreateBuilder<ElfSection>((int)count);
        for (int i = 0; i < (int)count; i++)
        {
            ElfSectionHeader section = ElfSectionHeader.Read(file, header.SectionHeaderOffset + (ulong)i * ElfSectionHeader.Length);
            string sectionName = i == 0 ? "" : SectionName(names, name, header.IsLittleEndian, i, section.NameOffset);
            sections.Add(new ElfSection(name, bytes, i, sectionName, section));
        }

        return sections.MoveToImmutable();
    }

    private static ReadOnlySpan<byte> NamesOfSections(ReadOnlySpan<byte> bytes, string name, in ElfHeader header, in BoundedReader file, ulong index, ulong count)
    {
        if (index == 0)
            return default;
        if (index >= count)
            throw Damaged(name, $"the names of sections are in section #{index}, which does not exist");

        ElfSectionHeader section = ElfSectionHeader.Read(file, header.SectionHeaderOffset + index * ElfSectionHeader.Length);
        if (section.Type != ElfSectionType.StringTable || (section.Flags & ElfSectionFlags.Compressed) != 0)
            throw Damaged(name, $"the names of sections are in section #{index}, which is no string table");
        return new BoundedReader(bytes, header.IsLittleEndian, $"{name}: section #{index} with the names of sections").Slice(section.Offset, section.Size);
    }

    private static string SectionName(ReadOnlySpan<byte> names, string file, bool littleEndian, int index, uint offset)
    {
        if (offset == 0)
            return "";
        ReadOnlySpan<byte> bytes = new BoundedReader(names, littleEndian, $"{file}: name of section #{index}").String(offset);
        return bytes.Length <= LongestName ? Text(bytes) : throw Damaged(file, $"the name of section #{index} has {bytes.Length} bytes");
    }

    private ReadOnlySpan<byte> StringBytes(ElfSection table, uint offset)
    {
        ReadOnlySpan<byte> bytes = Reader(table).String(offset);
        return bytes.Length <= LongestName ? bytes : throw Damaged($"section {table.Describe()}, offset 0x{offset:x}: a name of {bytes.Length} bytes");
    }
}
