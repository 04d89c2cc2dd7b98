using System.Text;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Tests.Elf;

public sealed class ElfDamageTests
{
    [Theory]
    [InlineData("", "x.o: is empty")]
    [InlineData("#include <linux/bpf.h>\nint main", "x.o: is a text file, not a BPF object; compile it first: clang -target bpf -g -O2 -c")]
    [InlineData("!<arch>\n", "x.o: is an archive")]
    [InlineData("BC\u00c0\u00de", "x.o: is LLVM bitcode")]
    [InlineData("MZ\u0001\u0000", "x.o: is a Windows executable")]
    [InlineData("\u0000\u0001\u0002", "x.o: is not an ELF file")]
    [InlineData("\u007fELF\u0002\u0001", "x.o: is cut short after 6 bytes, within the ELF header")]
    public void What_is_no_object_at_all_is_said_to_be_what_it_is(string content, string message) =>
        Assert.Contains(message, Refusal(Encoding.Latin1.GetBytes(content)));

    [Theory]
    [InlineData(4, 1, "a 32-bit ELF file")]
    [InlineData(4, 9, "unknown class 9")]
    [InlineData(5, 0, "unknown byte order 0 (offset 0x5)")]
    [InlineData(6, 9, "unknown version 9 (offset 0x6)")]
    [InlineData(60, 200, "200 section headers at offset")]
    [InlineData(62, 99, "the names of sections are in section #99, which does not exist")]
    [InlineData(62, 1, "the names of sections are in section #1, which is no string table")]
    public void A_damaged_header_is_refused_with_its_field(int offset, byte value, string message)
    {
        byte[] bytes = Small().Build();
        bytes[offset] = value;

        Assert.Contains(message, Refusal(bytes));
    }

    [Fact]
    public void A_section_beyond_the_end_is_named_with_its_offset_when_it_is_needed()
    {
        var builder = Small();
        byte[] bytes = builder.Build();
        ulong table = BitConverter.ToUInt64(bytes, 40);
        builder.Long(bytes.AsSpan((int)table + ElfSectionHeader.Length + 32), 0x10000);

        ElfSection section = ElfFile.Read(bytes, "x.o").Sections[1];

        Assert.Equal(
            $"x.o: section 'xdp' (#1) has 65536 bytes at offset 0x40, beyond the file's end at 0x{bytes.Length:x}; the file is damaged",
            Assert.ThrowsAny<BpfException>(() => section.Data).Message);
    }

    [Fact]
    public void Any_prefix_of_an_object_is_refused()
    {
        byte[] bytes = File.ReadAllBytes(TestFiles.Sample("map"));
        for (int length = 0; length < bytes.Length; length += length < 256 ? 1 : 97)
            Assert.ThrowsAny<BpfException>(() => ElfFile.Read(bytes.AsMemory(0, length), "x.o"));
    }

    [Fact]
    public void A_symbol_in_a_section_that_does_not_exist_is_defined_nowhere()
    {
        var builder = new ElfBuilder();
        builder.AddSymbols(("good", 1, 0), ("bad", 77, 0));
        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Equal("good", file.Symbols[1].Name);
        Assert.True(file.Symbols[1].IsDefined);
        Assert.True(file.Symbols[2] is { IsDefined: false, IsUndefined: false, IsSpecial: false, SectionIndex: 77 });
        Assert.Contains("there is no symbol #3: the file has 3", Assert.ThrowsAny<BpfException>(() => file.Symbols[3]).Message);
    }

    [Fact]
    public void A_name_outside_its_table_or_without_end_is_an_error()
    {
        var builder = new ElfBuilder();
        int strings = builder.Add(".strtab", ElfSectionType.StringTable, "\0open"u8.ToArray());
        byte[] symbols = new byte[3 * ElfSymbol.Length];
        builder.Word(symbols.AsSpan(ElfSymbol.Length), 1);
        builder.Word(symbols.AsSpan(2 * ElfSymbol.Length), 99);
        builder.Add(".symtab", ElfSectionType.SymbolTable, symbols, link: strings, entrySize: ElfSymbol.Length);
        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Contains("x.o: section '.strtab' (#1): the string at offset 0x1 has no end", Assert.ThrowsAny<BpfException>(() => file.Symbols[1].Name).Message);
        Assert.Contains("x.o: section '.strtab' (#1): there is no string at offset 0x63: it has 0x5 bytes", Assert.ThrowsAny<BpfException>(() => file.Symbols[2].Name).Message);
    }

    [Fact]
    public void A_name_of_thousands_of_characters_is_no_name()
    {
        var builder = new ElfBuilder();
        builder.AddSymbols((new string('x', 5000), 1, 0));

        Assert.Contains("a name of 5000 bytes", Assert.ThrowsAny<BpfException>(() => ElfFile.Read(builder.Build(), "x.o").Symbols[1].Name).Message);
    }

    [Fact]
    public void Two_symbol_tables_and_one_with_odd_entries_are_refused()
    {
        var twice = new ElfBuilder();
        twice.AddSymbols(("a", 1, 0));
        twice.AddSymbols(("b", 1, 0));
        Assert.Contains("'.symtab' (#2) and '.symtab' (#4) both are symbol tables", Refusal(twice.Build()));

        var odd = new ElfBuilder();
        odd.Add(".symtab", ElfSectionType.SymbolTable, new byte[24], entrySize: 8);
        Assert.Contains("section '.symtab' (#1) at offset 0x40 has entries of 8 bytes in 24 bytes; entries of 24 bytes are expected", Refusal(odd.Build()));

        var unnamed = new ElfBuilder();
        unnamed.Add(".symtab", ElfSectionType.SymbolTable, [.. new byte[24], 1, .. new byte[23]], link: 1, entrySize: 24);
        ElfFile file = ElfFile.Read(unnamed.Build(), "x.o");
        Assert.Equal("", file.Symbols[0].Name);
        Assert.Contains("has its names in section #1, which is no string table", Assert.ThrowsAny<BpfException>(() => file.Symbols[1].Name).Message);
    }

    [Fact]
    public void Relocations_with_odd_entries_are_refused_when_they_are_asked_for()
    {
        var builder = new ElfBuilder();
        int index = builder.Add(".rel.text", ElfSectionType.Relocations, new byte[20], entrySize: 16);
        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Contains("entries of 16 bytes in 20 bytes", Assert.ThrowsAny<BpfException>(() => file.Relocations(file.Sections[index])).Message);
        Assert.Throws<ArgumentException>(() => file.Relocations(file.Sections[0]));
    }

    [Fact]
    public void The_bytes_of_a_compressed_section_are_refused_and_the_rest_is_read()
    {
        var builder = new ElfBuilder();
        int index = builder.Add(".debug_info", ElfSectionType.ProgramBits, new byte[32], ElfSectionFlags.Compressed);
        ElfFile file = ElfFile.Read(builder.Build(), "x.o");

        Assert.Contains("section '.debug_info' (#1) is compressed", Assert.ThrowsAny<BpfException>(() => file.Sections[index].Data).Message);
    }

    [Fact]
    public void An_object_for_another_machine_or_a_linked_one_is_no_BPF_object()
    {
        Assert.Contains("an object for x86-64, not for BPF", NotBpf(new ElfBuilder { Machine = 62 }));
        Assert.Contains("of ELF type 3, not a relocatable object", NotBpf(new ElfBuilder { FileType = ElfType.Shared }));
        ElfFile.Read(new ElfBuilder { Machine = ElfMachine.None }.Build(), "x.o").RequireBpfObject();

        static string NotBpf(ElfBuilder builder) => Assert.ThrowsAny<BpfException>(() => ElfFile.Read(builder.Build(), "x.o").RequireBpfObject()).Message;
    }

    [Theory]
    [InlineData("no such file", Errno.ENOENT, "there is no such file")]
    [InlineData("", Errno.ENOENT, "'': there is no such file")]
    [InlineData("a\0b", Errno.ENOENT, "there is no such file")]
    [InlineData(".", Errno.EINVAL, "is a directory")]
    public void A_path_that_leads_to_no_file_is_one_helpful_line(string path, Errno errno, string message)
    {
        BpfException failure = Assert.ThrowsAny<BpfException>(() => InputFile.Read(path));

        Assert.Equal(errno, failure.Errno);
        Assert.Contains(message, failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private static ElfBuilder Small()
    {
        var builder = new ElfBuilder();
        builder.Add("xdp", ElfSectionType.ProgramBits, new byte[16], ElfSectionFlags.Alloc | ElfSectionFlags.Executable);
        return builder;
    }

    private static string Refusal(byte[] bytes) => Assert.ThrowsAny<BpfException>(() => ElfFile.Read(bytes, "x.o")).Message;
}
