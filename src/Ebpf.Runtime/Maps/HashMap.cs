using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// HASH, PERCPU_HASH and their LRU forms: chained buckets, read without a lock, written under one of many locks. This part is the structure;
/// programs' and the host's operations and eviction are in files of their own.
/// </summary>
/// <remarks>
/// A bucket is the address of its first element; 0 where it never had one. A chain ends with its bucket's number * 2 + 1: a reader whose element
/// was taken into another chain under its feet sees it by the wrong number, and starts again. As the kernel's hlist_nulls does.
/// </remarks>
internal sealed unsafe partial class HashMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>Locks are shared by buckets once there are more buckets than this.</summary>
    private const uint MostLocks = 1024;

    /// <summary>What elements that wait for runs to end may cost on top of the capacity.</summary>
    private const uint SpareBytes = 64 << 10;

    /// <summary>The most of them.</summary>
    private const uint MostSpare = 64;

    /// <summary>What a map without preallocation allocates at a time.</summary>
    private const uint ChunkBytes = 32 << 10;

    private readonly ElementLayout _layout = new(spec);
    private readonly uint _keySize = spec.KeySize;
    private readonly uint _maxEntries = spec.MaxEntries;
    private ElementPool _pool = null!;
    private ulong* _buckets;
    private uint _mask;
    private int* _locks;
    private uint _lockMask;
    private ulong _seed;
    private byte* _elements;
    private ulong _slotStride;
    private long _count;

    /// <summary>How many elements there are.</summary>
    public long Count => Volatile.Read(ref _count);

    private protected override void Build()
    {
        base.Build();
        uint buckets = BitOperations.RoundUpToPowerOf2(_maxEntries);
        uint locks = Math.Min(buckets, MostLocks);
        _mask = buckets - 1;
        _lockMask = locks - 1;
        _seed = (Spec.Flags & MapFlags.ZeroSeed) != 0 ? 0 : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        _buckets = (ulong*)Own(Heap.Allocate(buckets * 8UL, 64, Purpose)).Address;
        // The pool's lock has a cache line to itself, in front of those of the buckets.
        NativeBlock lockBlock = Own(Heap.Allocate(64 + locks * 4UL, 64, Purpose));
        _locks = (int*)(lockBlock.Address + 64);

        uint spare = (uint)Slots.Count + Math.Min(Math.Min(_maxEntries, MostSpare), SpareBytes / ElementBytes);
        ulong capacity = (ulong)_maxEntries + spare;
        bool isPreallocated = (Spec.Flags & MapFlags.NoPrealloc) == 0;
        uint chunk = (uint)Math.Min(capacity, isPreallocated ? uint.MaxValue : Math.Max(ChunkBytes / ElementBytes, 1));
        // Within a map, the distance between the values of slots is the same in all chunks.
        _slotStride = _layout.IsPerCpu ? ((ulong)chunk * _layout.ValueStride + 63) & ~63UL : 0;
        _pool = new ElementPool(Slots, lockBlock, _layout.Stride, _layout.LinkOffset, capacity, chunk, AllocateChunk)
        {
            ValuePointer = _layout.IsPerCpu ? _layout.ValueOffset : 0,
            ValueStride = _layout.ValueStride,
        };
        if (isPreallocated)
            _pool.Preallocate();

        Header->Stride = _layout.Stride;
        Header->Mask = _mask;
        Header->KeyOffset = _layout.KeyOffset;
        Header->ValueOffset = _layout.ValueOffset;
        Header->ReferencedOffset = _layout.IsLru ? ElementLayout.ReferencedOffset : 0;
        Header->SlotStride = _slotStride;
        Header->Data = (byte*)_buckets;
        Header->Seed = _seed;
    }

    private uint ElementBytes => (uint)Math.Min(_layout.Stride + (_layout.IsPerCpu ? (ulong)_layout.ValueStride * (ulong)Slots.Count : 0), uint.MaxValue);

    private ElementPool.Chunk AllocateChunk(uint count)
    {
        NativeBlock elements = Own(Heap.Allocate((ulong)count * _layout.Stride, 64, Purpose));
        _elements = elements.Address;
        byte* values = _layout.IsPerCpu ? Own(Heap.Allocate(_slotStride * (ulong)Slots.Count, 64, Purpose)).Address : null;
        return new ElementPool.Chunk(elements.Address, values, count);
    }

    private uint Hash(byte* key) => KeyHash.Of(key, _keySize, _seed);

    /// <summary>Finds an element without a lock; null where there is none.</summary>
    private byte* Find(byte* key, uint hash)
    {
        uint bucket = hash & _mask;
        while (true)
        {
            ulong at = Volatile.Read(ref _buckets[bucket]);
            if (at == 0)
                return null;
            while ((at & 1) == 0)
            {
                byte* element = (byte*)at;
                if (HashOf(element) == hash && Bytes.AreEqual(element + _layout.KeyOffset, key, _keySize))
                    return element;
                at = Volatile.Read(ref *(ulong*)element);
            }

            if (at == End(bucket))
                return null;
        }
    }

    /// <summary>Finds an element, and the word that points to it, under its bucket's lock.</summary>
    private byte* Find(byte* key, uint hash, out ulong* pointer)
    {
        pointer = _buckets + (hash & _mask);
        while (IsElement(*pointer))
        {
            byte* element = (byte*)*pointer;
            if (HashOf(element) == hash && Bytes.AreEqual(element + _layout.KeyOffset, key, _keySize))
                return element;
            pointer = (ulong*)element;
        }

        return null;
    }

    /// <summary>Puts a finished element at the head of its bucket, whose lock is held.</summary>
    private void LinkFirst(byte* element, uint hash)
    {
        ulong* head = _buckets + (hash & _mask);
        *(ulong*)element = *head != 0 ? *head : End(hash & _mask);
        Volatile.Write(ref *head, (ulong)element);
    }

    /// <summary>Puts a finished element in the place of another: readers see one of the two. The old one's next stays, for those who stand on it.</summary>
    private static void Replace(byte* old, ulong* pointer, byte* element)
    {
        *(ulong*)element = *(ulong*)old;
        Volatile.Write(ref *pointer, (ulong)element);
    }

    private static void Unlink(byte* element, ulong* pointer) => Volatile.Write(ref *pointer, *(ulong*)element);

    private int* LockOf(uint hash) => _locks + (hash & _mask & _lockMask);

    private byte* ValueOf(byte* element, int slot) => _layout.IsPerCpu
        ? *(byte**)(element + _layout.ValueOffset) + (ulong)slot * _slotStride
        : element + _layout.ValueOffset;

    private static ref uint HashOf(byte* element) => ref *(uint*)(element + ElementLayout.HashOffset);

    private static ulong End(uint bucket) => ((ulong)bucket << 1) | 1;

    private static bool IsElement(ulong pointer) => pointer != 0 && (pointer & 1) == 0;
}
