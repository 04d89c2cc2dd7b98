namespace Ebpf.Bytecode.Elf;

/// <summary>The file header, checked: a 64-bit ELF file of a known byte order.</summary>
/// <remarks>'Elf64_Ehdr' in elf.h.</remarks>
internal readonly record struct ElfHeader(
    bool IsLittleEndian, ElfType Type, ushort Machine, uint Flags, ulong SectionHeaderOffset, ushort SectionCount, ushort NameSectionIndex, ulong ProgramHeaderOffset, ushort ProgramHeaderCount)
{
    private const int Length = 64;

    private static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    public static ElfHeader Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (!bytes.StartsWith(Magic))
            throw NotElf(bytes, name);
        if (bytes.Length < Length)
            throw new BpfException($"{name}: is cut short after {bytes.Length} bytes, within the ELF header; build or copy it again", Errno.LIBBPF_FORMAT);
        if (bytes[4] != 2)
            throw new BpfException($"{name}: is {(bytes[4] == 1 ? "a 32-bit ELF file" : $"an ELF file of unknown class {bytes[4]}")}; BPF objects are 64-bit: compile with clang -target bpf", Errno.LIBBPF_FORMAT);
        if (bytes[5] is not (1 or 2))
            throw new BpfException($"{name}: is an ELF file of unknown byte order {bytes[5]} (offset 0x5); the file is damaged", Errno.LIBBPF_FORMAT);
        if (bytes[6] != 1)
            throw new BpfException($"{name}: is an ELF file of unknown version {bytes[6]} (offset 0x6); the file is damaged", Errno.LIBBPF_FORMAT);

        var reader = new BoundedReader(bytes, littleEndian: bytes[5] == 1, name + ": ELF header");
        return new ElfHeader(
            reader.IsLittleEndian,
            (ElfType)reader.UInt16(16),
            reader.UInt16(18),
            reader.UInt32(48),
            reader.UInt64(40),
            reader.UInt16(60),
            reader.UInt16(62),
            reader.UInt64(32),
            reader.UInt16(56));
    }

    /// <summary>Says what the file seems to be instead.</summary>
    private static BpfException NotElf(ReadOnlySpan<byte> bytes, string name)
    {
        string what =
            bytes.IsEmpty ? "is empty; give the .o file that clang -target bpf -c makes"
            : bytes.StartsWith("!<arch>"u8) ? "is an archive; extract the object first (ar x)"
            : bytes.StartsWith("BC"u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xde, 0xc0, 0x17, 0x0b]) ? "is LLVM bitcode; compile without -emit-llvm and -flto"
            : bytes.StartsWith("MZ"u8) ? "is a Windows executable; give the .o file that it was made from"
            : LooksLikeText(bytes) ? "is a text file, not a BPF object; compile it first: clang -target bpf -g -O2 -c"
            : "is not an ELF file; give the .o file that clang -target bpf -c makes";
        return new BpfException($"{name}: {what}", Errno.LIBBPF_FORMAT);
    }

    private static bool LooksLikeText(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = bytes[..Math.Min(bytes.Length, 256)];
        foreach (byte b in start)
        {
            if (b < ' ' && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or 0x1b))
                return false;
        }

        return true;
    }
}
