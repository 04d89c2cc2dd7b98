using System.Text;

namespace Ebpf.Bytecode.Elf;

/// <summary>A section of an ELF file: its header, and its bytes in place.</summary>
internal sealed class ElfSection
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly string _fileName;
    private string? _description;
    private string? _region;

    internal ElfSection(string fileName, ReadOnlyMemory<byte> file, int index, string name, in ElfSectionHeader header)
    {
        _fileName = fileName;
        _file = file;
        Index = index;
        Name = name;
        Type = header.Type;
        Flags = header.Flags;
        Address = header.Address;
        FileOffset = header.Offset;
        Size = header.Size;
        Link = header.Link;
        Info = header.Info;
        Alignment = header.Alignment;
        EntrySize = header.EntrySize;
    }

    /// <summary>Its index; 0 is the empty section that every file begins with.</summary>
    public int Index { get; }

    public string Name { get; }

    public ElfSectionType Type { get; }

    public ElfSectionFlags Flags { get; }

    public ulong Address { get; }

    /// <summary>Where its bytes begin in the file.</summary>
    public ulong FileOffset { get; }

    /// <summary>Bytes it takes in memory. <see cref="Data"/> has as many, or none where the file holds none (<c>.bss</c>).</summary>
    public ulong Size { get; }

    public uint Link { get; }

    public uint Info { get; }

    public ulong Alignment { get; }

    public ulong EntrySize { get; }

    /// <summary>Whether it holds code.</summary>
    public bool IsExecutable => Type == ElfSectionType.ProgramBits && (Flags & ElfSectionFlags.Executable) != 0;

    /// <summary>Whether it holds relocations, with or without addend, for the section that <see cref="Info"/> names.</summary>
    public bool IsRelocations => Type is ElfSectionType.Relocations or ElfSectionType.RelocationsWithAddend;

    /// <summary>Its bytes, in place; empty for a section without bytes in the file.</summary>
    /// <exception cref="BpfException">The section is compressed, or lies beyond the file's end: damage shows where it is met, so that sections that nobody needs do no harm.</exception>
    public ReadOnlyMemory<byte> Data
    {
        get
        {
            if (Index == 0 || Type is ElfSectionType.Null or ElfSectionType.NoBits)
                return default;
            if ((Flags & ElfSectionFlags.Compressed) != 0)
                throw new BpfException($"{Region} is compressed, which BPF loaders do not read; build without compressing sections (clang -gz=none)", Errno.LIBBPF_FORMAT);
            if (FileOffset > (ulong)_file.Length || Size > (ulong)_file.Length - FileOffset)
                throw new BpfException($"{Region} has {Size} bytes at offset 0x{FileOffset:x}, beyond the file's end at 0x{_file.Length:x}; the file is damaged", Errno.LIBBPF_FORMAT);
            return _file.Slice((int)FileOffset, (int)Size);
        }
    }

    /// <summary>How messages about its bytes name it: with the file.</summary>
    public string Region => _region ??= $"{_fileName}: section {Describe()}";

    /// <summary>How messages name it.</summary>
    public string Describe() => _description ??= Name.Length > 0 ? $"'{Name}' (#{Index})" : $"#{Index}";

    /// <inheritdoc/>
    public override string ToString() => $"{Describe()} {Type} {Size} bytes";
}

/// <summary>The fields of 'Elf64_Shdr' in elf.h, without its name.</summary>
internal readonly record struct ElfSectionHeader(
    uint NameOffset, ElfSectionType Type, ElfSectionFlags Flags, ulong Address, ulong Offset, ulong Size, uint Link, uint Info, ulong Alignment, ulong EntrySize)
{
    public const int Length = 64;

    public static ElfSectionHeader Read(in BoundedReader reader, ulong offset) => new(
        reader.UInt32(offset),
        (ElfSectionType)reader.UInt32(offset + 4),
        (ElfSectionFlags)reader.UInt64(offset + 8),
        reader.UInt64(offset + 16),
        reader.UInt64(offset + 24),
        reader.UInt64(offset + 32),
        reader.UInt32(offset + 40),
        reader.UInt32(offset + 44),
        reader.UInt64(offset + 48),
        reader.UInt64(offset + 56));
}
