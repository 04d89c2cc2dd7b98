using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Exploration;

/// <summary>A state that was kept at a pruning point.</summary>
internal struct Checkpoint
{
    /// <summary>The slot.</summary>
    public int Slot;

    /// <summary>The checkpoint before it on its path; -1 for none.</summary>
    public int Parent;

    /// <summary>How many checkpoints are before it on its path.</summary>
    public int Depth;

    /// <summary>The next at the same slot; -1 for none. In the free list: the next free one.</summary>
    public int Next;

    /// <summary>Ways on from here that are not explored to their ends yet. 0: what follows is proved.</summary>
    public int Open;

    /// <summary>The checkpoint whose loop the proof of this one went round, and its stamp; -1 where none.</summary>
    public int LoopEntry;

    /// <summary>The stamp of <see cref="LoopEntry"/>.</summary>
    public int LoopEntryStamp;

    /// <summary>A number that no other use of this place had.</summary>
    public int Stamp;

    /// <summary>Whether it was taken out of its slot's list and waits for its last open way.</summary>
    public bool IsEvicted;

    public int Misses, Hits;

    public int WordsAt, WordCount, ItemsAt, ItemCount;

    /// <summary>Where the bits begin that say which items the proof rests on; they are words too.</summary>
    public int NeededAt;
}

/// <summary>The states kept at pruning points.</summary>
internal sealed class Checkpoints
{
    private Checkpoint[] _entries = new Checkpoint[32];
    private int[] _first = [];
    private int _count;
    private int _free = -1;
    private int _stamp;

    internal Slab<ulong> Words { get; } = new(512);

    internal Slab<RegisterState> Items { get; } = new(64);

    /// <summary>How many are kept now, were at most, were ever.</summary>
    internal int Kept { get; private set; }

    internal int Peak { get; private set; }

    internal int Total { get; private set; }

    internal long Bytes => Words.Bytes + Items.Bytes;

    internal ref Checkpoint this[int index] => ref _entries[index];

    internal void Clear(int slots)
    {
        if (_first.Length < slots)
            _first = new int[slots];
        Array.Fill(_first, -1);
        _count = 0;
        _free = -1;
        Kept = Peak = Total = 0;
        Words.Clear();
        Items.Clear();
    }

    /// <summary>Forgets all, keeping the counts: another function begins.</summary>
    internal void Forget()
    {
        (int peak, int total) = (Peak, Total);
        Clear(_first.Length);
        (Peak, Total) = (peak, total);
    }

    internal int First(int slot) => _first[slot];

    internal ReadOnlySpan<ulong> WordsOf(in Checkpoint entry) => Words.Items.AsSpan(entry.WordsAt, entry.WordCount);

    internal Span<ulong> NeededOf(in Checkpoint entry) => Words.Items.AsSpan(entry.NeededAt, (entry.ItemCount + 63) >> 6);

    internal Span<RegisterState> ItemsOf(in Checkpoint entry) => Items.Items.AsSpan(entry.ItemsAt, entry.ItemCount);

    /// <summary>Keeps the working state.</summary>
    internal int Add(MachineState state, int slot, Liveness liveness, int parent)
    {
        (int words, int items) = StatePacking.Measure(state, slot, liveness);
        int needed = (items + 63) >> 6;
        int wordsAt = Words.Take(words + needed), itemsAt = Items.Take(items);
        StatePacking.Write(state, slot, liveness, Words.Items.AsSpan(wordsAt, words), Items.Items.AsSpan(itemsAt, items));
        Words.Items.AsSpan(wordsAt + words, needed).Clear();

        int index = _free;
        if (index >= 0)
        {
            _free = _entries[index].Next;
        }
        else
        {
            index = _count++;
            if (index == _entries.Length)
                Array.Resize(ref _entries, index * 2);
        }

        _entries[index] = new Checkpoint
        {
            Slot = slot,
            Parent = parent,
            Depth = parent >= 0 ? _entries[parent].Depth + 1 : 0,
            Next = _first[slot],
            Open = 1,
            LoopEntry = -1,
            Stamp = ++_stamp,
            WordsAt = wordsAt,
            WordCount = words,
            NeededAt = wordsAt + words,
            ItemsAt = itemsAt,
            ItemCount = items,
        };
        _first[slot] = index;
        Total++;
        Peak = Math.Max(Peak, ++Kept);
        return index;
    }

    /// <summary>Takes a state out of its slot's list; its memory goes when its last open way is done.</summary>
    internal void Evict(int index, int previous)
    {
        ref Checkpoint entry = ref _entries[index];
        if (previous >= 0)
            _entries[previous].Next = entry.Next;
        else
            _first[entry.Slot] = entry.Next;
        entry.IsEvicted = true;
        if (entry.Open == 0)
            Free(index);
    }

    internal void Free(int index)
    {
        ref Checkpoint entry = ref _entries[index];
        Words.Return(entry.WordsAt, entry.WordCount + ((entry.ItemCount + 63) >> 6));
        Items.Return(entry.ItemsAt, entry.ItemCount);
        entry.Stamp = 0;
        entry.Next = _free;
        _free = index;
        Kept--;
    }

    /// <summary>The outermost loop entry that the proof of a checkpoint went round and that is still being explored; -1 where there is none.</summary>
    internal int OpenLoopEntry(int index)
    {
        int entry = _entries[index].LoopEntry, stamp = _entries[index].LoopEntryStamp;
        int found = -1;
        // Chains are short; the bound is for places that were used again meanwhile.
        for (int steps = 0; entry >= 0 && steps < 64; steps++)
        {
            ref Checkpoint loop = ref _entries[entry];
            if (loop.Stamp != stamp)
                break;
            if (loop.Open > 0)
                found = entry;
            (entry, stamp) = (loop.LoopEntry, loop.LoopEntryStamp);
        }

        return found;
    }
}
