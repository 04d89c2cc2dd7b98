namespace Ebpf.Bytecode.Elf;

/// <summary>A relocation.</summary>
/// <remarks>'Elf64_Rel' and 'Elf64_Rela' in elf.h.</remarks>
/// <param name="Offset">Where in the relocated section it applies.</param>
/// <param name="Type">What is to be done.</param>
/// <param name="SymbolIndex">The symbol it refers to.</param>
/// <param name="Addend">What to add to the symbol's value; null where the relocated bytes themselves hold it (SHT_REL).</param>
internal readonly record struct ElfRelocation(ulong Offset, ElfRelocationType Type, uint SymbolIndex, long? Addend)
{
    /// <summary>Bytes of a relocation in the file, without and with addend.</summary>
    public const int Length = 16, LengthWithAddend = 24;

    internal static ElfRelocation Read(in BoundedReader table, ulong offset, bool withAddend)
    {
        ulong info = table.UInt64(offset + 8);
        return new ElfRelocation(table.UInt64(offset), (ElfRelocationType)(uint)info, (uint)(info >> 32), withAddend ? (long)table.UInt64(offset + 16) : null);
    }
}

/// <summary>The relocations of a section, decoded when they are asked for, in the file's order.</summary>
internal readonly struct ElfRelocationTable
{
    private readonly ElfFile _file;
    private readonly ElfSection _section;

    internal ElfRelocationTable(ElfFile file, ElfSection section)
    {
        _file = file;
        _section = section;
        Count = section.Data.Length / EntryLength;
    }

    public int Count { get; }

    public ElfRelocation this[int index] => ElfRelocation.Read(_file.Reader(_section), (ulong)index * (ulong)EntryLength, HasAddends);

    private bool HasAddends => _section.Type == ElfSectionType.RelocationsWithAddend;

    private int EntryLength => HasAddends ? ElfRelocation.LengthWithAddend : ElfRelocation.Length;

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the relocations in the file's order.</summary>
    public struct Enumerator(ElfRelocationTable table)
    {
        private readonly ElfRelocationTable _table = table;
        private int _index = -1;

        public readonly ElfRelocation Current => _table[_index];

        public bool MoveNext() => ++_index < _table.Count;
    }
}
