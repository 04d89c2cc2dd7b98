namespace Ebpf.Bytecode.Elf;

/// <summary>A part of an executable or shared library that is loaded into memory.</summary>
/// <remarks>'Elf64_Phdr' of type PT_LOAD in elf.h.</remarks>
internal readonly record struct ElfSegment(ulong FileOffset, ulong Address, ulong FileSize, ulong MemorySize, bool IsExecutable)
{
    public const int Length = 56;

    private const uint TypeLoad = 1, FlagExecutable = 1;

    /// <summary>Whether an address of the file's own numbering lies in it.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < MemorySize;

    /// <summary>Where an address in it is in the file.</summary>
    public ulong ToFileOffset(ulong address) => address - Address + FileOffset;

    /// <summary>Reads the header at an offset; null where it is of another type.</summary>
    internal static ElfSegment? Read(in BoundedReader reader, ulong offset) => reader.UInt32(offset) != TypeLoad
        ? null
        : new ElfSegment(
            reader.UInt64(offset + 8),
            reader.UInt64(offset + 16),
            reader.UInt64(offset + 32),
            reader.UInt64(offset + 40),
            (reader.UInt32(offset + 4) & FlagExecutable) != 0);
}
