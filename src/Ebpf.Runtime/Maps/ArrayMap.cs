using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>ARRAY and PERCPU_ARRAY: page-aligned elements, each rounded up to 8 bytes; per CPU, one such array after the other.</summary>
internal sealed unsafe class ArrayMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    private readonly uint _maxEntries = spec.MaxEntries;
    private readonly ulong _stride = ((ulong)spec.ValueSize + 7) & ~7UL;
    private byte* _data;
    private MapStorage? _supplied;
    private ulong _slotStride;

    public override byte* DirectValue => Type == MapType.Array && _maxEntries == 1 ? _data : null;

    /// <summary>Where the elements begin; null for per-CPU arrays, which have several beginnings.</summary>
    public byte* Elements => Type == MapType.Array ? _data : null;

    public override byte* Lookup(byte* key, int slot)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        return index < _maxEntries ? Element(index, slot) : null;
    }

    public override bool MoveNext(ref ElementCursor cursor, int slot)
    {
        if (cursor.Index >= _maxEntries)
            return false;
        cursor.Value = Element(cursor.Index++, slot);
        return true;
    }

    internal override byte* KeyOf(byte* value, uint* index)
    {
        *index = (uint)((ulong)(value - _data) / _stride);
        return (byte*)index;
    }

    private protected override void Build()
    {
        base.Build();
        ulong bytes = _stride * _maxEntries;
        if (IsPerCpu)
        {
            _slotStride = (bytes + 63) & ~63UL;
            bytes = _slotStride * (ulong)Slots.Count;
        }

        byte* supplied = Supplied(bytes);
        _data = supplied is not null ? supplied : Own(Heap.AllocatePages(bytes, Purpose)).Address;
        Header->Stride = (uint)_stride;
        Header->SlotStride = _slotStride;
        Header->Data = _data;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        int error = CheckUpdate(key, flags, out uint index);
        if (error == 0)
            CopyIn(Element(index, slot), value, flags);
        return error;
    }

    private protected override int DeleteElement(byte* key) => -(int)Errno.EINVAL;

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        if (index >= _maxEntries)
            return -(int)Errno.ENOENT;
        if (!IsPerCpu)
        {
            CopyOut(Element(index, 0), value, flags);
            return 0;
        }

        for (int slot = 0; slot < Slots.Count; slot++)
            Bytes.Copy(value + slot * RoundedValueSize, Element(index, slot), (uint)RoundedValueSize);
        return 0;
    }

    private protected override int StoreValue(byte* key, byte* value, ulong flags)
    {
        if (!IsPerCpu)
            return UpdateElement(key, value, flags, 0);
        int error = CheckUpdate(key, flags, out uint index);
        for (int slot = 0; error == 0 && slot < Slots.Count; slot++)
            Bytes.Copy(Element(index, slot), value + slot * RoundedValueSize, (uint)RoundedValueSize);
        return error;
    }

    private protected override int NextKey(byte* key, byte* next) => NextIndex(key, next, _maxEntries);

    /// <summary>The iteration of everything that is indexed: an index beyond the end starts again, as array_map_get_next_key does.</summary>
    internal static int NextIndex(byte* key, byte* next, uint maxEntries)
    {
        uint index = key is null ? uint.MaxValue : Unsafe.ReadUnaligned<uint>(key);
        if (index == maxEntries - 1 && key is not null)
            return -(int)Errno.ENOENT;
        Unsafe.WriteUnaligned(next, index >= maxEntries ? 0 : index + 1);
        return 0;
    }

    private protected override void ReleaseContents()
    {
        _supplied?.Release();
        base.ReleaseContents();
    }

    /// <summary>The caller's memory; null where there is none, or not enough.</summary>
    private byte* Supplied(ulong bytes)
    {
        if (Spec.Storage is not { } storage || storage.Size < bytes)
            return null;
        storage.Hold();
        _supplied = storage;
        return (byte*)storage.Address;
    }

    private byte* Element(uint index, int slot) => _data + (ulong)slot * _slotStride + index * _stride;

    private int CheckUpdate(byte* key, ulong flags, out uint index)
    {
        index = Unsafe.ReadUnaligned<uint>(key);
        if ((flags & ~(ulong)ElementFlags.Lock) > (ulong)ElementFlags.Exist)
            return -(int)Errno.EINVAL;
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        if ((flags & (ulong)ElementFlags.NoExist) != 0)
            return -(int)Errno.EEXIST;
        return MayLock(flags) ? 0 : -(int)Errno.EINVAL;
    }
}
