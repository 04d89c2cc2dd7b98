using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Tests.Elf;

public sealed class ElfFileTests
{
    [Fact]
    public void An_object_of_clang_shows_its_sections_symbols_and_relocations()
    {
        ElfFile file = Open(TestFiles.Sample("map"));

        Assert.True(file.IsLittleEndian);
        Assert.Equal(ElfType.Relocatable, file.Type);
        Assert.Equal(ElfMachine.Bpf, file.Machine);
        ElfSection code = Assert.Single(file.Sections, s => s.IsExecutable && s.Size > 0);
        ElfSection relocations = Assert.Single(file.Sections, s => s.IsRelocations && s.Info == code.Index);
        foreach (ElfRelocation relocation in file.Relocations(relocations))
        {
            Assert.Equal(ElfRelocationType.Bpf64_64, relocation.Type);
            Assert.Null(relocation.Addend);
            ElfSymbol map = file.Symbols[relocation.SymbolIndex];
            Assert.EndsWith("_map", map.Name);
            Assert.Equal(".maps", file.Sections[(int)map.SectionIndex].Name);
        }

        string[] programs = ["test_LRU_map", "test_PUSH_POP_map", "test_maps"];
        Assert.Equal(programs, Functions(file).Where(s => s.Binding == ElfBinding.Global).Select(s => s.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Both_byte_orders_read_the_same()
    {
        ElfFile little = Open(TestFiles.Data("endian_little.o"));
        ElfFile big = Open(TestFiles.Data("endian_big.o"));

        Assert.True(little.IsLittleEndian);
        Assert.False(big.IsLittleEndian);
        Assert.Equal(little.Sections.Select(s => (s.Name, s.Type, s.Size)), big.Sections.Select(s => (s.Name, s.Type, s.Size)));
        Assert.Equal(Functions(little).Select(s => (s.Name, s.Value, s.Size)), Functions(big).Select(s => (s.Name, s.Value, s.Size)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Numbers_of_sections_that_do_not_fit_the_header_are_found_in_section_0(bool littleEndian)
    {
        var builder = new ElfBuilder(littleEndian) { ExtendedNumbering = true };
        builder.Add("xdp", ElfSectionType.ProgramBits, [1, 2, 3, 4]);

        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Equal(["", "xdp", ".shstrtab"], file.Sections.Select(s => s.Name));
        Assert.Equal([1, 2, 3, 4], file.Sections[1].Data.ToArray());
    }

    [Fact]
    public void The_section_of_a_symbol_may_stand_in_a_table_of_its_own_and_special_ones_stay_special()
    {
        var builder = new ElfBuilder();
        int symbols = builder.AddSymbols(("far", 0xffff, 8), ("absolute", 0xfff1, 9), ("undefined", 0, 0));
        byte[] indices = new byte[4 * sizeof(uint)];
        builder.Word(indices.AsSpan(sizeof(uint)), 1);
        builder.Add(".symtab_shndx", ElfSectionType.ExtendedSectionIndices, indices, link: symbols, entrySize: 4);

        ElfSymbolTable table = ElfFile.Read(builder.Build(), "x.o").Symbols;

        Assert.True(table[1] is { IsDefined: true, SectionIndex: 1, Value: 8 });
        Assert.True(table[2] is { IsSpecial: true, IsDefined: false, SectionIndex: ElfSectionIndex.Absolute });
        Assert.True(table[3] is { IsUndefined: true, IsDefined: false });
    }

    [Fact]
    public void Relocations_with_addend_read_it()
    {
        var builder = new ElfBuilder();
        byte[] entry = new byte[ElfRelocation.LengthWithAddend];
        builder.Long(entry, 0x18);
        builder.Long(entry.AsSpan(8), (5ul << 32) | 1);
        builder.Long(entry.AsSpan(16), unchecked((ulong)-8L));
        int index = builder.Add(".relaxdp", ElfSectionType.RelocationsWithAddend, entry, info: 1, entrySize: ElfRelocation.LengthWithAddend);
        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Equal(new ElfRelocation(0x18, ElfRelocationType.Bpf64_64, 5, -8), file.Relocations(file.Sections[index])[0]);
    }

    [Fact]
    public void Opening_does_not_copy_the_file()
    {
        byte[] bytes = File.ReadAllBytes(TestFiles.Sample("map"));
        ElfFile.Read(bytes, "warm");

        long before = GC.GetAllocatedBytesForCurrentThread();
        ElfFile file = ElfFile.Read(bytes, "map.o");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 400 * file.Sections.Length);
    }

    [Fact]
    public void A_file_without_sections_is_read()
    {
        byte[] bytes = new ElfBuilder().Build();
        bytes.AsSpan(40, 8).Clear();

        Assert.Empty(ElfFile.Read(bytes, "x.o").Sections);
    }

    private static ElfFile Open(string path) => ElfFile.Read(File.ReadAllBytes(path), Path.GetFileName(path));

    private static List<ElfSymbol> Functions(ElfFile file)
    {
        var functions = new List<ElfSymbol>();
        foreach (ElfSymbol symbol in file.Symbols)
        {
            if (symbol.Type == ElfSymbolType.Function)
                functions.Add(symbol);
        }

        return functions;
    }
}
