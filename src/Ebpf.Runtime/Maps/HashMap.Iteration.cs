namespace Ebpf.Runtime.Maps;

/// <content>Iteration by programs: without locks, over elements that the run keeps alive even where they are deleted meanwhile.</content>
internal sealed unsafe partial class HashMap
{
    public override bool MoveNext(ref ElementCursor cursor, int slot)
    {
        // An element that was deleted leads on to what followed it. If it was reused since, it may lead into another bucket, whose rest is then
        // visited, and the iteration comes back to its own order at the end of that.
        ulong at = Volatile.Read(ref cursor.Element != null ? ref *(ulong*)cursor.Element : ref _buckets[0]);
        while (!IsElement(at))
        {
            if (++cursor.Index > _mask)
                return false;
            at = Volatile.Read(ref _buckets[cursor.Index]);
        }

        // Someone who keeps deleting and inserting could show us elements for ever, each of them rightly.
        if (++cursor.Visited > 2UL * _maxEntries)
            return false;
        cursor.Element = (byte*)at;
        cursor.Key = cursor.Element + _layout.KeyOffset;
        cursor.Value = ValueOf(cursor.Element, slot);
        return true;
    }
}
