using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// What an LRU map does when it is full: a hand goes round the elements, spares those that were inserted or looked up since it last came by,
/// and evicts the first that was not. Nothing is moved on a look-up, which only sets a byte.
/// </summary>
internal sealed unsafe partial class HashMap
{
    /// <summary>So many elements in use are spared before one of them is evicted, lest an insertion goes round the whole of a busy map.</summary>
    private const uint MostSpared = 512;

    private uint _hand;

    /// <summary>Counts an element that is about to be inserted, evicting another where there is no room.</summary>
    private void MakePlace()
    {
        SpinWait spin = default;
        // Nothing to evict although it is full: others are just inserting. They wait for nobody.
        while (!TryCount() && !TryEvict())
            spin.SpinOnce();
    }

    /// <summary>Evicts an element; its place in the count is the caller's.</summary>
    private bool TryEvict()
    {
        uint used = _pool.Used;
        uint spared = 0;
        // One round to clear, one to find; in the third, whatever is linked goes.
        for (ulong step = 0; step < 3UL * used; step++)
        {
            // Two threads may move the hand at once, and then it moves once.
            uint hand = _hand + 1;
            if (hand >= used)
                hand = 0;
            _hand = hand;
            byte* element = _elements + (ulong)hand * _layout.Stride;
            if (element[ElementLayout.LinkedOffset] == 0)
                continue;
            if (element[ElementLayout.ReferencedOffset] != 0 && step < 2UL * used && spared < MostSpared)
            {
                spared++;
                element[ElementLayout.ReferencedOffset] = 0;
                continue;
            }

            if (TryUnlink(element))
                return true;
        }

        return false;
    }

    private bool TryUnlink(byte* element)
    {
        uint hash = HashOf(element);
        int* bucketLock = LockOf(hash);
        NativeLock.Acquire(bucketLock);
        ulong* pointer = _buckets + (hash & _mask);
        // It may have gone since, or have another key now: then it is not in this chain, or it is as good a victim as before.
        while (IsElement(*pointer) && (byte*)*pointer != element)
            pointer = (ulong*)*pointer;
        bool isFound = IsElement(*pointer);
        if (isFound)
        {
            Unlink(element, pointer);
            element[ElementLayout.LinkedOffset] = 0;
        }

        NativeLock.Release(bucketLock);
        if (isFound)
            Retire(element);
        return isFound;
    }
}
