using Ebpf.Verifier.Checks;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Exploration;

/// <summary>States from which another way is still to be explored: last in, first out, packed one behind the other.</summary>
internal sealed class PendingPaths
{
    private Entry[] _entries = new Entry[64];
    private ulong[] _words = new ulong[256];
    private RegisterState[] _items = new RegisterState[64];
    private int _wordsUsed, _itemsUsed;

    internal int Count { get; private set; }

    internal long Bytes => (long)_words.Length * 8 + (long)_items.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<RegisterState>();

    internal void Clear() => Count = _wordsUsed = _itemsUsed = 0;

    internal void Push(MachineState state, int slot, Edge edge, int parent, int steps)
    {
        (int words, int items) = StatePacking.Measure(state, slot, null);
        Grow(ref _words, _wordsUsed + words);
        Grow(ref _items, _itemsUsed + items);
        Grow(ref _entries, Count + 1);
        StatePacking.Write(state, slot, null, _words.AsSpan(_wordsUsed, words), _items.AsSpan(_itemsUsed, items));
        _entries[Count++] = new Entry(slot, edge, parent, steps, words, items);
        _wordsUsed += words;
        _itemsUsed += items;
    }

    internal Entry Pop(MachineState state)
    {
        Entry entry = _entries[--Count];
        _wordsUsed -= entry.Words;
        _itemsUsed -= entry.Items;
        StatePacking.Read(state, _words.AsSpan(_wordsUsed, entry.Words), _items.AsSpan(_itemsUsed, entry.Items));
        return entry;
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (needed > array.Length)
            Array.Resize(ref array, Math.Max(needed, array.Length * 2));
    }

    /// <summary>A way still to be explored.</summary>
    /// <param name="Slot">The instruction that has it.</param>
    /// <param name="Edge">Which of its ways.</param>
    /// <param name="Parent">The checkpoint before it.</param>
    /// <param name="Steps">Steps of the path that leads there, the instruction included.</param>
    /// <param name="Words">Words of the packed state.</param>
    /// <param name="Items">Registers of the packed state.</param>
    internal readonly record struct Entry(int Slot, Edge Edge, int Parent, int Steps, int Words, int Items);
}
