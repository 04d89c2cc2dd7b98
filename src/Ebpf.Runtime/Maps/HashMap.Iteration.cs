namespace Ebpf.Runtime.Maps;

/// <content>Iteration by programs: without locks, over elements that the run keeps alive even where they are deleted meanwhile.</content>
internal sealed unsafe partial class HashMap
{
    public override bool MoveNext(ref ElementCursor cursor, int slot)
    {
        ulong at = Volatile.Read(ref cursor.Element != null ? ref *(ulong*)cursor.Element : ref _buckets[0]);
        while (!IsElement(at))
        {
            if (++cursor.Index > _mask)
                return false;
            at = Volatile.Read(ref _buckets[cursor.Index]);
        }

        cursor.Element = (byte*)at;
        cursor.Key = cursor.Element + _layout.KeyOffset;
        cursor.Value = ValueOf(cursor.Element, slot);
        return true;
    }
}
