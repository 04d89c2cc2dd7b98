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
