using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Tests.Relocation;

public sealed class CoreAsLibbpfTests
{
    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach ((string target, string @object) in Rows().Select(r => (r.Target, r.Object)).Distinct())
            pairs.Add(target, @object);
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_relocation_gives_the_instruction_that_libbpf_gives(string target, string @object)
    {
        Row[] rows = [.. Rows().Where(r => r.Target == target && r.Object == @object)];
        var file = ElfFile.Read(File.ReadAllBytes(TestFiles.Data(@object)), @object);
        var types = BtfView.Read(file.FindSection(".BTF")!.Data, @object);
        var relocator = new CoreRelocator(types, new CoreTarget(BtfView.Open(TestFiles.Data(target))));

        string[] actual = [.. Relocate(file, BtfExt.Read(file.FindSection(".BTF.ext")!.Data, types), relocator)];

        Assert.Equal(rows.Select(r => r.Result), actual);
    }

    private static IEnumerable<string> Relocate(ElfFile file, BtfExt ext, CoreRelocator relocator)
    {
        foreach (BtfExtSection<CoreRelocation> section in ext.Relocations.Sections)
        {
            Instruction[] code = ReadCode(file.FindSection(section.Name)!.Data.Span);
            for (int i = 0; i < section.Records.Count; i++)
            {
                CoreRelocation relocation = section.Records[i];
                yield return string.Create(CultureInfo.InvariantCulture, $"{section.Name}\t{relocation.Offset}\t{(uint)relocation.Kind}\t{Patch(relocator, code, relocation)}");
            }
        }
    }

    private static string Patch(CoreRelocator relocator, Instruction[] code, CoreRelocation relocation)
    {
        int slot = (int)relocation.Offset / Instruction.Size;
        int slots = code[slot].IsWide ? 2 : 1;
        try
        {
            relocator.Relocate(code, slot, relocation, "program");
        }
        catch (BpfException e)
        {
            return $"-{(int)e.Errno}\t-";
        }

        byte[] bytes = new byte[slots * Instruction.Size];
        for (int i = 0; i < slots; i++)
            code[slot + i].Write(bytes.AsSpan(i * Instruction.Size), littleEndian: true);
        return "0\t" + Convert.ToHexStringLower(bytes);
    }

    private static Instruction[] ReadCode(ReadOnlySpan<byte> bytes)
    {
        var code = new Instruction[bytes.Length / Instruction.Size];
        for (int i = 0; i < code.Length; i++)
            code[i] = Instruction.Read(bytes[(i * Instruction.Size)..], littleEndian: true);
        return code;
    }

    private static IEnumerable<Row> Rows() =>
        File.ReadLines(TestFiles.Data("core-relocations.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t', 3))
            .Select(parts => new Row(parts[0], parts[1], parts[2]));

    private sealed record Row(string Target, string Object, string Result);
}
