using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Tests.Btf;

public sealed class BtfExtTests
{
    [Theory]
    [InlineData("endian_little.o")]
    [InlineData("endian_big.o")]
    public void Functions_and_lines_are_listed_by_section_in_either_byte_order(string name)
    {
        BtfExt ext = Open(TestFiles.Data(name));

        BtfExtSection<FunctionInfo> section = ext.Functions.Sections[0];
        FunctionInfo first = section.Records[0];
        Assert.Equal(0u, first.Offset);
        Assert.Equal(BtfKind.Func, ext.Types[first.TypeId].Kind);
        BtfExtRecords<LineInfo> lines = ext.Lines.For(section.Name);
        Assert.True(lines.Count > 0);
        foreach (LineInfo line in lines)
        {
            Assert.Equal(0u, line.Offset % 8);
            Assert.InRange(line.Line, 1, 500);
            Assert.EndsWith("endian.bpf.c", ext.Types.String(line.FileNameOffset));
        }

        Assert.Equal(0, ext.Lines.For("no such section").Count);
    }

    [Fact]
    public void Relocations_are_listed_with_path_and_kind()
    {
        BtfExt ext = Open(TestFiles.Data("core_fields.o"));

        CoreRelocation first = ext.Relocations.For("xdp")[0];

        Assert.Equal("device", ext.Types[first.TypeId].Name);
        Assert.Equal("0:0", ext.Types.String(first.AccessOffset));
        Assert.Equal(CoreRelocationKind.FieldByteOffset, first.Kind);
    }

    [Fact]
    public void Records_that_grew_are_read_by_their_known_part()
    {
        byte[] bytes = Table(recordLength: 12, sectionName: 0, count: 2, [8, 7, 99, 16, 6, 99]);

        BtfExtRecords<FunctionInfo> records = BtfExt.Read(bytes, new BtfBuilder().View()).Functions.Sections[0].Records;

        Assert.Equal([new FunctionInfo(8, 7), new FunctionInfo(16, 6)], [records[0], records[1]]);
    }

    [Theory]
    [InlineData(0, 0x1234u, "begins with 0x1234")]
    [InlineData(2, 0x0009u, "version 9")]
    [InlineData(3, 0x18u, "flags 0x18")]
    [InlineData(4, 8u, "header length 8")]
    [InlineData(12, 0xffffu, "func_info: 65535 bytes at offset 0x18 lie beyond the section's end")]
    [InlineData(24, 4u, "records of 4 bytes")]
    [InlineData(24, 9u, "records of 9 bytes")]
    [InlineData(32, 0xffffffffu, "4294967295 records of 8 bytes")]
    public void Damage_is_refused_with_its_place(int offset, uint value, string message)
    {
        byte[] bytes = Table(recordLength: 8, sectionName: 0, count: 1, [0, 1]);
        byte[] patch = BitConverter.GetBytes(value);
        patch.AsSpan(0, offset < 4 ? (offset == 0 ? 2 : 1) : 4).CopyTo(bytes.AsSpan(offset));

        Assert.Contains(message, Assert.ThrowsAny<BpfException>(() => BtfExt.Read(bytes, new BtfBuilder().View(), "x.o")).Message);
    }

    [Fact]
    public void Any_prefix_is_refused()
    {
        byte[] bytes = Table(recordLength: 8, sectionName: 0, count: 1, [0, 1]);
        for (int length = 0; length < bytes.Length; length++)
            Assert.ThrowsAny<BpfException>(() => BtfExt.Read(bytes.AsMemory(0, length), new BtfBuilder().View()));
    }

    /// <summary>A section with one table of functions.</summary>
    private static byte[] Table(uint recordLength, uint sectionName, uint count, uint[] words)
    {
        uint length = 12 + (uint)words.Length * 4;
        uint[] all = [0x0001eb9f, 24, 0, length, length, 0, recordLength, sectionName, count, .. words];
        return [.. all.SelectMany(BitConverter.GetBytes)];
    }

    private static BtfExt Open(string path)
    {
        ElfFile file = ElfFile.Read(File.ReadAllBytes(path), path);
        return BtfExt.Read(file.FindSection(".BTF.ext")!.Data, BtfView.Read(file.FindSection(".BTF")!.Data));
    }
}
