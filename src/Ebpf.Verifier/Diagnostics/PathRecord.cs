namespace Ebpf.Verifier.Diagnostics;

/// <summary>
/// The slots of the path that the walk is on, from the program's start. A branch taken up later cuts it back to where the branch is. Of a very long path
/// only the end is kept.
/// </summary>
internal sealed class PathRecord
{
    private const int Capacity = 1 << 16;

    private int[] _slots = new int[256];

    // Steps before this one were overwritten by a longer path; cutting back does not bring them again.
    private int _lost;

    /// <summary>Steps of the path so far, the forgotten ones too.</summary>
    internal int Count { get; private set; }

    /// <summary>The number of the first step that is still known.</summary>
    internal int First => Math.Min(_lost, Count);

    /// <summary>The slot of a step.</summary>
    internal int this[int step] => _slots[step & (_slots.Length - 1)];

    internal void Clear() => Count = _lost = 0;

    internal void Add(int slot)
    {
        if (Count - _lost >= _slots.Length)
        {
            if (_slots.Length < Capacity)
                Array.Resize(ref _slots, _slots.Length * 2);
            else
                _lost = Count - _slots.Length + 1;
        }

        _slots[Count++ & (_slots.Length - 1)] = slot;
    }

    /// <summary>The path goes on from its state after that many steps.</summary>
    internal void CutBack(int count) => Count = count;
}
