using System.Runtime.CompilerServices;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>What programs and the host do to a hash.</summary>
internal sealed unsafe partial class HashMap
{
    /// <summary>The value of a program's own slot in an insertion, or of all slots in the host's.</summary>
    private const int AllSlots = -1;

    internal override byte* KeyOf(byte* value, uint* index) => value - _layout.ValueOffset + _layout.KeyOffset;

    public override byte* Lookup(byte* key, int slot)
    {
        byte* element = Find(key, Hash(key));
        if (element is null)
            return null;
        if (_layout.IsLru && element[ElementLayout.ReferencedOffset] == 0)
            element[ElementLayout.ReferencedOffset] = 1;
        return ValueOf(element, slot);
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        // Only plain hashes know BPF_F_LOCK.
        ulong existence = Type == MapType.Hash ? flags & ~(ulong)ElementFlags.Lock : flags;
        if (existence > (ulong)ElementFlags.Exist || !MayLock(flags))
            return -(int)Errno.EINVAL;
        uint hash = Hash(key);
        int* bucketLock = LockOf(hash);
        bool hasPlace = false;
        if (_layout.IsLru && existence != (ulong)ElementFlags.Exist && Find(key, hash) is null)
        {
            // Eviction takes the victim's lock: not while this key's is held.
            MakePlace();
            hasPlace = true;
        }

        while (true)
        {
            NativeLock.Acquire(bucketLock);
            byte* old = Find(key, hash, out ulong* pointer);
            int error = old is not null
                ? existence == (ulong)ElementFlags.NoExist ? -(int)Errno.EEXIST : 0
                : existence == (ulong)ElementFlags.Exist ? -(int)Errno.ENOENT : 0;
            if (error == 0 && old is null && !hasPlace)
            {
                if (!_layout.IsLru)
                {
                    hasPlace = TryCount();
                    error = hasPlace ? 0 : -(int)Errno.E2BIG;
                }
                else
                {
                    // It went since it was looked for.
                    NativeLock.Release(bucketLock);
                    MakePlace();
                    hasPlace = true;
                    continue;
                }
            }

            bool isInPlace = old is not null && (_layout.IsPerCpu || existence != flags);
            if (error == 0 && isInPlace)
                StoreInPlace(old, value, flags, slot);
            else if (error == 0)
                error = Store(old, pointer, key, value, hash, slot);
            NativeLock.Release(bucketLock);
            if (error != 0 || old is not null)
            {
                if (hasPlace)
                    Interlocked.Decrement(ref _count);
            }

            if (error == 0 && old is not null && !isInPlace)
                Retire(old);
            return error;
        }
    }

    private protected override int DeleteElement(byte* key) => Remove(key, null, 0);

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        uint hash = Hash(key);
        int* bucketLock = LockOf(hash);
        // Under the lock nothing is unlinked: the host needs no slot to read, and a host that reads does not make an element look used.
        NativeLock.Acquire(bucketLock);
        byte* element = Find(key, hash, out _);
        if (element is not null)
            CopyAllOut(element, value, flags);
        NativeLock.Release(bucketLock);
        return element is null ? -(int)Errno.ENOENT : 0;
    }

    private protected override int StoreValue(byte* key, byte* value, ulong flags) => UpdateElement(key, value, flags, _layout.IsPerCpu ? AllSlots : 0);

    private protected override int TakeValue(byte* key, byte* value, ulong flags) => Remove(key, value, flags);

    private protected override int NextKey(byte* key, byte* next)
    {
        uint bucket = 0;
        if (key is not null)
        {
            uint hash = Hash(key);
            int* bucketLock = LockOf(hash);
            NativeLock.Acquire(bucketLock);
            byte* element = Find(key, hash, out _);
            bool isFound = element is not null && IsElement(*(ulong*)element);
            if (isFound)
                Bytes.Copy(next, (byte*)*(ulong*)element + _layout.KeyOffset, _keySize);
            NativeLock.Release(bucketLock);
            if (isFound)
                return 0;
            if (element is not null)
                bucket = (hash & _mask) + 1;
        }

        for (; bucket <= _mask; bucket++)
        {
            if (!IsElement(Volatile.Read(ref _buckets[bucket])))
                continue;
            int* bucketLock = LockOf(bucket);
            NativeLock.Acquire(bucketLock);
            ulong first = _buckets[bucket];
            if (IsElement(first))
                Bytes.Copy(next, (byte*)first + _layout.KeyOffset, _keySize);
            NativeLock.Release(bucketLock);
            if (IsElement(first))
                return 0;
        }

        return -(int)Errno.ENOENT;
    }

    /// <summary>Changes the value of an element where it lies: per CPU, and where a value's own lock keeps others out.</summary>
    private void StoreInPlace(byte* element, byte* value, ulong flags, int slot)
    {
        if (_layout.IsPerCpu)
            CopyInPerCpu(element, value, slot, isNew: false);
        else
            CopyIn(ValueOf(element, 0), value, flags);
        if (_layout.IsLru)
            element[ElementLayout.ReferencedOffset] = 1;
    }

    /// <summary>Stores a value in a new element, so that readers never see half of it.</summary>
    private int Store(byte* old, ulong* pointer, byte* key, byte* value, uint hash, int slot)
    {
        byte* element = Take(out int error);
        if (element is null)
            return error;
        HashOf(element) = hash;
        *(uint*)(element + ElementLayout.LinkedOffset) = 0;
        Bytes.Copy(element + _layout.KeyOffset, key, _keySize);
        if (_layout.IsPerCpu)
        {
            CopyInPerCpu(element, value, slot, isNew: true);
        }
        else
        {
            CopyIn(ValueOf(element, 0), value, 0);
            Fields?.Clear(ValueOf(element, 0));
        }

        if (_layout.IsLru)
        {
            element[ElementLayout.ReferencedOffset] = 1;
            element[ElementLayout.LinkedOffset] = 1;
        }

        if (old is null)
        {
            LinkFirst(element, hash);
            return 0;
        }

        Replace(old, pointer, element);
        if (_layout.IsLru)
            old[ElementLayout.LinkedOffset] = 0;
        return 0;
    }

    private byte* Take(out int error)
    {
        SpinWait spin = default;
        while (true)
        {
            byte* element = _pool.Take(out Errno reason);
            error = -(int)reason;
            // EAGAIN: other threads hold the last spare elements between taking a new and giving an old one back. They wait for nobody.
            if (element is not null || reason != Errno.EAGAIN)
                return element;
            spin.SpinOnce();
        }
    }

    private int Remove(byte* key, byte* value, ulong flags)
    {
        uint hash = Hash(key);
        int* bucketLock = LockOf(hash);
        NativeLock.Acquire(bucketLock);
        byte* element = Find(key, hash, out ulong* pointer);
        if (element is not null)
        {
            if (value is not null)
                CopyAllOut(element, value, flags);
            Unlink(element, pointer);
            if (_layout.IsLru)
                element[ElementLayout.LinkedOffset] = 0;
        }

        NativeLock.Release(bucketLock);
        if (element is null)
            return -(int)Errno.ENOENT;
        Retire(element);
        Interlocked.Decrement(ref _count);
        return 0;
    }

    /// <summary>Gives back an element that was unlinked.</summary>
    private void Retire(byte* element)
    {
        if (TimerOffset >= 0)
            DropTimer(ValueOf(element, 0));
        _pool.Retire(element);
    }

    /// <summary>Counts an element that is about to be inserted, if there is room for it.</summary>
    private bool TryCount()
    {
        if (Volatile.Read(ref _count) >= _maxEntries)
            return false;
        if (Interlocked.Increment(ref _count) <= _maxEntries)
            return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    private void CopyAllOut(byte* element, byte* value, ulong flags)
    {
        if (!_layout.IsPerCpu)
        {
            CopyOut(ValueOf(element, 0), value, flags);
            return;
        }

        for (int slot = 0; slot < Slots.Count; slot++)
            Bytes.Copy(value + slot * RoundedValueSize, ValueOf(element, slot), _layout.ValueStride);
    }

    private void CopyInPerCpu(byte* element, byte* value, int slot, bool isNew)
    {
        for (int i = 0; i < Slots.Count; i++)
        {
            if (slot == AllSlots)
                Bytes.Copy(ValueOf(element, i), value + i * RoundedValueSize, _layout.ValueStride);
            else if (i == slot)
                Bytes.Copy(ValueOf(element, i), value, Spec.ValueSize);
            else if (isNew)
                Unsafe.InitBlockUnaligned(ValueOf(element, i), 0, _layout.ValueStride); // what another key had here before
        }
    }
}
