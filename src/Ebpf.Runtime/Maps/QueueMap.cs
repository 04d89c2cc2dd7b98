using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>QUEUE and STACK: a ring of values under one lock, with one place more than its capacity so that full and empty differ.</summary>
/// <remarks>kernel/bpf/queue_stack_maps.c.</remarks>
internal sealed unsafe class QueueMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    private readonly bool _isStack = spec.Type == MapType.Stack;
    private readonly ulong _stride = ((ulong)spec.ValueSize + 7) & ~7UL;
    private readonly ulong _places = spec.MaxEntries + 1UL;
    private byte* _data;
    private int* _lock;
    private ulong _head;
    private ulong _tail;

    public override int Pop(byte* value) => Cleared(Take(value, isRemoved: true), value);

    public override int Peek(byte* value) => Cleared(Take(value, isRemoved: false), value);

    private protected override int PushElement(byte* value, ulong flags)
    {
        // Only BPF_EXIST (drop the oldest where it is full) means anything here.
        if (flags is not ((ulong)ElementFlags.Any or (ulong)ElementFlags.Exist))
            return -(int)Errno.EINVAL;
        NativeLock.Acquire(_lock);
        bool isFull = Next(_head) == _tail;
        bool isPushed = !isFull || flags == (ulong)ElementFlags.Exist;
        if (isPushed)
        {
            if (isFull)
                _tail = Next(_tail);
            Bytes.Copy(_data + _head * _stride, value, Spec.ValueSize);
            _head = Next(_head);
        }

        NativeLock.Release(_lock);
        return isPushed ? 0 : -(int)Errno.E2BIG;
    }

    private protected override void Build()
    {
        base.Build();
        _lock = (int*)Own(Heap.Allocate(64, 64, Purpose)).Address;
        _data = Own(Heap.Allocate(_places * _stride, 64, Purpose)).Address;
        Header->Stride = (uint)_stride;
        Header->Data = _data;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.EINVAL;

    private protected override int DeleteElement(byte* key) => -(int)Errno.EINVAL;

    private protected override int CopyValue(byte* key, byte* value, ulong flags) => Take(value, isRemoved: false);

    private protected override int StoreValue(byte* key, byte* value, ulong flags) => PushElement(value, flags);

    private protected override int TakeValue(byte* key, byte* value, ulong flags) => Take(value, isRemoved: true);

    private protected override int NextKey(byte* key, byte* next) => -(int)Errno.EINVAL;

    private int Take(byte* value, bool isRemoved)
    {
        NativeLock.Acquire(_lock);
        bool isEmpty = _head == _tail;
        if (!isEmpty)
        {
            ulong place = _isStack ? (_head == 0 ? _places : _head) - 1 : _tail;
            Bytes.Copy(value, _data + place * _stride, Spec.ValueSize);
            if (isRemoved && _isStack)
                _head = place;
            else if (isRemoved)
                _tail = Next(_tail);
        }

        NativeLock.Release(_lock);
        return isEmpty ? -(int)Errno.ENOENT : 0;
    }

    /// <summary>A program's value is zeroed where there is nothing to put into it; the host's is left alone.</summary>
    private int Cleared(int result, byte* value)
    {
        if (result != 0)
            new Span<byte>(value, (int)Spec.ValueSize).Clear();
        return result;
    }

    private ulong Next(ulong place) => place + 1 == _places ? 0 : place + 1;
}
