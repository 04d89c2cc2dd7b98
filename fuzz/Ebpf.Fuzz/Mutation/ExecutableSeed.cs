using System.Buffers.Binary;
using System.Text;

namespace Ebpf.Fuzz.Mutation;

/// <summary>A small shared library made here, as the repository has no executables: two functions with versions, a tracepoint, two segments.</summary>
internal static class ExecutableSeed
{
    private const int HeaderSize = 64, ProgramHeaderSize = 56, SectionHeaderSize = 64;

    /// <summary>The file; every word of it is a number.</summary>
    public static Seed Make()
    {
        byte[] names = Strings("", "first", "second", "lib.so", "V_1", "V_2");
        byte[] symbols = [.. new byte[24], .. Symbol(1, 0x12, 0x1000), .. Symbol(7, 0x22, 0x1008)];
        byte[] versions = [0, 0, 2, 0, 3, 0x80];
        // Two definitions of 28 bytes: each 'Elf64_Verdef' and its 'Elf64_Verdaux'.
        byte[] definitions = [.. Version(2, 21, 28), .. Version(3, 25, 0)];
        byte[] arguments = Strings("provider", "name", "-4@%esi 8@-24(%rbp)");
        byte[] description = [.. Long(0x1004), .. Long(0x2000), .. Long(0x3000), .. arguments];
        byte[] note = [.. Int(8), .. Int(description.Length), .. Int(3), .. "stapsdt\0"u8, .. description, .. new byte[-description.Length & 3]];

        (string Name, uint Type, ulong Address, uint Link, uint EntrySize, byte[] Data)[] sections =
        [
            ("", 0, 0, 0, 0, []),
            (".text", 1, 0x1000, 0, 0, new byte[16]),
            (".dynstr", 3, 0, 0, 0, names),
            (".dynsym", 11, 0, 2, 24, symbols),
            (".gnu.version", 0x6fff_ffff, 0, 3, 2, versions),
            (".gnu.version_d", 0x6fff_fffd, 0, 2, 0, definitions),
            (".note.stapsdt", 7, 0, 0, 0, note),
            (".stapsdt.base", 1, 0x2000, 0, 0, new byte[1]),
            (".shstrtab", 3, 0, 0, 0, Strings("", ".text", ".dynstr", ".dynsym", ".gnu.version", ".gnu.version_d", ".note.stapsdt", ".stapsdt.base", ".shstrtab")),
        ];
        return Assemble(sections);
    }

    private static Seed Assemble((string Name, uint Type, ulong Address, uint Link, uint EntrySize, byte[] Data)[] sections)
    {
        var file = new List<byte>(new byte[HeaderSize + 2 * ProgramHeaderSize]);
        var headers = new List<byte>();
        int name = 0;
        int text = 0;
        foreach ((string sectionName, uint type, ulong address, uint link, uint entrySize, byte[] data) in sections)
        {
            file.AddRange(new byte[-file.Count & 7]);
            text = sectionName == ".text" ? file.Count : text;
            headers.AddRange([.. Int(name), .. Int((int)type), .. Long(0), .. Long(address), .. Long((ulong)file.Count), .. Long((ulong)data.Length),
                .. Int((int)link), .. Int(0), .. Long(1), .. Long(entrySize)]);
            file.AddRange(data);
            name += sectionName.Length + 1;
        }

        file.AddRange(new byte[-file.Count & 7]);
        byte[] bytes = [.. file, .. headers];
        byte[] header =
        [
            0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            3, 0, 62, 0, .. Int(1), .. Long(0), .. Long(HeaderSize), .. Long((ulong)file.Count), .. Int(0),
            HeaderSize, 0, ProgramHeaderSize, 0, 2, 0, SectionHeaderSize, 0, (byte)sections.Length, 0, (byte)(sections.Length - 1), 0,
        ];
        header.CopyTo(bytes, 0);
        Segment(5, (ulong)text, 0x1000, 0x100).CopyTo(bytes, HeaderSize);
        Segment(6, (ulong)text, 0x3000, 0x100).CopyTo(bytes, HeaderSize + ProgramHeaderSize);
        return new Seed(bytes, [.. Enumerable.Range(4, bytes.Length / 4 - 4).Select(static word => new Field(word * 4, 4))], littleEndian: true);
    }

    private static byte[] Segment(int flags, ulong offset, ulong address, ulong size) =>
        [.. Int(1), .. Int(flags), .. Long(offset), .. Long(address), .. Long(address), .. Long(size), .. Long(size), .. Long(8)];

    private static byte[] Symbol(int name, byte info, ulong value) => [.. Int(name), info, 0, 1, 0, .. Long(value), .. Long(4)];

    private static byte[] Version(byte index, int name, int next) => [1, 0, 0, 0, index, 0, 1, 0, .. Int(0), .. Int(20), .. Int(next), .. Int(name), .. Int(0)];

    private static byte[] Strings(params string[] texts) => [.. texts.SelectMany(static text => Encoding.UTF8.GetBytes(text + '\0'))];

    private static byte[] Int(int value)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Long(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
