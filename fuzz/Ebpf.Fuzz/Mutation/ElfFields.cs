using Ebpf.Bytecode.Elf;

namespace Ebpf.Fuzz.Mutation;

/// <summary>The numbers of an ELF file: of its header, of its sections, symbols and relocations, and of type information inside.</summary>
internal static class ElfFields
{
    private static readonly Field[] s_header = [new(4, 1), new(5, 1), new(16, 2), new(18, 2), new(40, 8), new(48, 4), new(58, 2), new(60, 2), new(62, 2)];
    private static readonly Field[] s_section = [new(0, 4), new(4, 4), new(8, 8), new(16, 8), new(24, 8), new(32, 8), new(40, 4), new(44, 4), new(48, 8), new(56, 8)];
    private static readonly Field[] s_symbol = [new(0, 4), new(4, 1), new(5, 1), new(6, 2), new(8, 8), new(16, 8)];
    private static readonly Field[] s_relocation = [new(0, 8), new(8, 4), new(12, 4)];
    private static readonly Field[] s_relocationWithAddend = [.. s_relocation, new(16, 8)];

    /// <summary>A seed with all of them.</summary>
    public static Seed Of(byte[] bytes)
    {
        ElfFile file = ElfFile.Read(bytes, "seed");
        List<Field> fields = [.. s_header];
        int table = (int)new Seed(bytes, [], file.IsLittleEndian).Read(new Field(40, 8));
        fields.AddRange(Repeat(s_section, table, ElfSectionHeader.Length, file.Sections.Length));
        foreach (ElfSection section in file.Sections)
            fields.AddRange(InSection(section));
        fields.AddRange(InTypes(file));
        return new Seed(bytes, [.. fields], file.IsLittleEndian);
    }

    /// <summary>A seed with the numbers of type information only.</summary>
    public static Seed OfTypes(byte[] bytes)
    {
        ElfFile file = ElfFile.Read(bytes, "seed");
        return new Seed(bytes, [.. InTypes(file)], file.IsLittleEndian);
    }

    private static IEnumerable<Field> InSection(ElfSection section)
    {
        (Field[] entry, int length) = section.Type switch
        {
            ElfSectionType.SymbolTable => (s_symbol, ElfSymbol.Length),
            ElfSectionType.Relocations => (s_relocation, ElfRelocation.Length),
            ElfSectionType.RelocationsWithAddend => (s_relocationWithAddend, ElfRelocation.LengthWithAddend),
            _ => ([], 1),
        };
        return entry.Length == 0 ? [] : Repeat(entry, (int)section.FileOffset, length, section.Data.Length / length);
    }

    private static IEnumerable<Field> InTypes(ElfFile file)
    {
        foreach (ElfSection section in file.Sections)
        {
            Field[] inside = section.Name switch
            {
                ".BTF" => BtfFields.Of(section.Data.ToArray()).Fields,
                ".BTF.ext" => BtfExtFields.Of(section.Data.ToArray()).Fields,
                _ => [],
            };
            foreach (Field field in inside)
                yield return field with { Offset = field.Offset + (int)section.FileOffset };
        }
    }

    private static IEnumerable<Field> Repeat(Field[] entry, int start, int length, int count)
    {
        for (int i = 0; i < count; i++)
        {
            foreach (Field field in entry)
                yield return field with { Offset = start + i * length + field.Offset };
        }
    }
}
