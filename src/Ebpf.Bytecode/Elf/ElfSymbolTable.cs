namespace Ebpf.Bytecode.Elf;

/// <summary>The symbols of a file, decoded when they are asked for.</summary>
internal readonly struct ElfSymbolTable
{
    private readonly ElfFile _file;

    internal ElfSymbolTable(ElfFile file, int count)
    {
        _file = file;
        Count = count;
    }

    /// <summary>How many there are, with the empty one at index 0.</summary>
    public int Count { get; }

    /// <summary>A symbol by its index.</summary>
    /// <exception cref="BpfException">There is no such symbol, or its section does not exist.</exception>
    public ElfSymbol this[uint index] => _file.Symbol(index);

    /// <inheritdoc cref="this[uint]"/>
    public ElfSymbol this[int index] => _file.Symbol((uint)index);

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the symbols in the file's order.</summary>
    public struct Enumerator(ElfSymbolTable table)
    {
        private readonly ElfSymbolTable _table = table;
        private int _index = -1;

        public readonly ElfSymbol Current => _table[_index];

        public bool MoveNext() => ++_index < _table.Count;
    }
}
