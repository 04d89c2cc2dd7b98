using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// The elements of a map: handed out, taken back when they are unlinked, and handed out again once no run is left that could have seen them.
/// A run that goes on unlinking for longer than the spare elements last gets the oldest back early: still an element of this map, as the kernel
/// promises no more than that.
/// </summary>
/// <remarks>
/// Unlinked elements wait in two queues linked through a word of the element: the young one gathers, the old one has an epoch and waits for
/// it to pass. Elements that were never handed out are not touched, so that memory which is not needed stays with the operating system.
/// </remarks>
internal sealed unsafe class ElementPool
{
    /// <summary>So many unlinked elements are worth a look at the slots while untouched memory is left.</summary>
    private const int WorthReclaiming = 64;

    private readonly ExecutionSlots _slots;
    private readonly Func<uint, Chunk> _allocate;
    private readonly uint _stride;
    private readonly uint _link;
    private readonly uint _chunkElements;
    private readonly NativeBlock _lockBlock;

    private Chunk _chunk;
    private uint _used;
    private ulong _allocated;
    private byte* _free;
    private Queue _young;
    private Queue _old;
    private long _oldEpoch;

    /// <param name="slots">The runs that may see elements.</param>
    /// <param name="lockBlock">A word of native memory for the pool's lock.</param>
    /// <param name="stride">Bytes of an element.</param>
    /// <param name="link">Where an element that waits may be written to.</param>
    /// <param name="capacity">The most elements there may ever be.</param>
    /// <param name="chunkElements">How many are allocated at a time.</param>
    /// <param name="allocate">Allocates the memory of so many elements; throws where there is none.</param>
    public ElementPool(ExecutionSlots slots, NativeBlock lockBlock, uint stride, uint link, ulong capacity, uint chunkElements, Func<uint, Chunk> allocate)
    {
        _slots = slots;
        _lockBlock = lockBlock;
        _stride = stride;
        _link = link;
        _chunkElements = chunkElements;
        _allocate = allocate;
        Capacity = capacity;
    }

    /// <summary>Where an element has the pointer to its per-CPU values; 0 where values are in the elements.</summary>
    public uint ValuePointer { get; init; }

    /// <summary>Bytes from an element's per-CPU value to the next element's.</summary>
    public uint ValueStride { get; init; }

    /// <summary>The most elements there may ever be, in use or waiting.</summary>
    public ulong Capacity { get; }

    /// <summary>The elements of the last chunk that were ever handed out: for a pool of one chunk, all that were.</summary>
    public uint Used => Volatile.Read(ref _used);

    private int* Lock => (int*)_lockBlock.Address;

    /// <summary>Allocates the first chunk before it is needed.</summary>
    public void Preallocate() => Grow();

    /// <summary>Hands out an element whose contents are arbitrary. Null, with the errno, where there is none: ENOMEM, or EAGAIN while others hold the last spare ones for a moment.</summary>
    public byte* Take(out Errno error)
    {
        NativeLock.Acquire(Lock);
        byte* element = TakeLocked(out error);
        NativeLock.Release(Lock);
        return element;
    }

    /// <summary>Takes an unlinked element back.</summary>
    public void Retire(byte* element)
    {
        NativeLock.Acquire(Lock);
        Append(ref _young, element);
        NativeLock.Release(Lock);
    }

    /// <summary>Takes an element back that was never linked.</summary>
    public void Return(byte* element)
    {
        NativeLock.Acquire(Lock);
        Link(element) = _free;
        _free = element;
        NativeLock.Release(Lock);
    }

    private byte* TakeLocked(out Errno error)
    {
        error = Errno.None;
        if (_free is not null || (_young.Count + _old.Count >= WorthReclaiming && Reclaim()))
            return PopFree();
        if (_used < _chunk.Count)
            return TakeUnused();
        if (_young.Count + _old.Count > 0 && Reclaim())
            return PopFree();
        if (_allocated < Capacity)
        {
            try
            {
                Grow();
                return TakeUnused();
            }
            catch (BpfException e)
            {
                error = e.Errno;
            }
        }

        byte* early = _old.Count > 0 ? Pop(ref _old) : _young.Count > 0 ? Pop(ref _young) : null;
        if (early is not null)
            error = Errno.None;
        else if (error == Errno.None)
            error = Errno.EAGAIN;
        return early;
    }

    /// <summary>Makes elements free whose time has come; answers whether there are any.</summary>
    private bool Reclaim()
    {
        if (_old.Count == 0)
        {
            // All of the young ones were unlinked before this lock was taken, and taking it was a fence.
            _old = _young;
            _young = default;
            _oldEpoch = _slots.Advance();
        }

        if (!_slots.HasPassed(_oldEpoch))
            return false;
        Link(_old.Last) = _free;
        _free = _old.First;
        _old = default;
        return true;
    }

    private byte* TakeUnused()
    {
        uint index = _used;
        byte* element = _chunk.Elements + (ulong)index * _stride;
        if (ValuePointer != 0)
            *(byte**)(element + ValuePointer) = _chunk.Values + (ulong)index * ValueStride;
        Volatile.Write(ref _used, index + 1);
        return element;
    }

    private void Grow()
    {
        uint count = (uint)Math.Min(_chunkElements, Capacity - _allocated);
        Chunk chunk = _allocate(count);
        _chunk = chunk;
        _used = 0;
        _allocated += count;
    }

    private byte* PopFree()
    {
        byte* element = _free;
        _free = Link(element);
        return element;
    }

    private byte* Pop(ref Queue queue)
    {
        byte* element = queue.First;
        queue.First = Link(element);
        if (--queue.Count == 0)
            queue = default;
        return element;
    }

    private void Append(ref Queue queue, byte* element)
    {
        if (queue.Count++ == 0)
            queue.First = element;
        else
            Link(queue.Last) = element;
        queue.Last = element;
    }

    private ref byte* Link(byte* element) => ref *(byte**)(element + _link);

    /// <summary>Memory for elements, and for their per-CPU values.</summary>
    public readonly struct Chunk(byte* elements, byte* values, uint count)
    {
        /// <summary>The first element.</summary>
        public readonly byte* Elements = elements;

        /// <summary>The first value of slot 0; null where values are in the elements.</summary>
        public readonly byte* Values = values;

        /// <summary>How many elements.</summary>
        public readonly uint Count = count;
    }

    private struct Queue
    {
        public byte* First;
        public byte* Last;
        public int Count;
    }
}
