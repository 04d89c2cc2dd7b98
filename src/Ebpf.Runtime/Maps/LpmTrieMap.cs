using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// LPM_TRIE: prefixes of bit strings, looked up by the longest that matches. A binary trie whose nodes stand where prefixes end or part; read
/// without a lock, written under one. Nodes that are replaced or removed wait in the pool as elements of a hash do.
/// </summary>
/// <remarks>
/// kernel/bpf/lpm_trie.c, whose order of iteration and errors are kept. A key is a length in bits and so many bytes in network order; nodes keep
/// the bytes as 64-bit numbers whose most significant bit comes first, so that one comparison settles 64 bits.
/// </remarks>
internal sealed unsafe class LpmTrieMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>The length in front of the bytes.</summary>
    public const uint PrefixSize = 4;

    /// <summary>LPM_DATA_SIZE_MAX: the most bytes behind the length.</summary>
    public const uint MostBytes = 256;

    private const uint ChunkBytes = 32 << 10;
    private const int MostWords = (int)(MostBytes / 8);

    private readonly uint _bytes = spec.KeySize - PrefixSize;
    private readonly uint _bits = (spec.KeySize - PrefixSize) * 8;
    private readonly int _words = (int)((spec.KeySize - PrefixSize + 7) / 8);
    private readonly uint _valueOffset = (uint)sizeof(Node) + (spec.KeySize - PrefixSize + 7) / 8 * 8;
    private ElementPool _pool = null!;
    private int* _lock;
    private Node** _root;
    private uint _count;

    [SkipLocalsInit]
    public override byte* Lookup(byte* key, int slot)
    {
        uint length = Unsafe.ReadUnaligned<uint>(key);
        if (length > _bits)
            return null;
        Node* found;
        if (_words == 1)
        {
            ulong word;
            ReadWords(key, &word);
            found = Find(word, length);
        }
        else
        {
            ulong* words = stackalloc ulong[MostWords];
            ReadWords(key, words);
            found = Find(words, length);
        }

        return found is null ? null : Value(found);
    }

    private protected override void Build()
    {
        base.Build();
        uint stride = _valueOffset + ((Spec.ValueSize + 7) & ~7u);
        NativeBlock block = Own(Heap.Allocate(128, 64, Purpose));
        _lock = (int*)(block.Address + 64);
        _root = (Node**)(block.Address + 72);
        // Where two prefixes part there is a node of its own: at most one less than there are prefixes.
        ulong capacity = 2UL * Spec.MaxEntries + (ulong)Slots.Count;
        uint chunk = (uint)Math.Clamp(ChunkBytes / stride, 1, Math.Min(capacity, int.MaxValue));
        _pool = new ElementPool(Slots, block, stride, Node.LinkOffset, capacity, chunk, count =>
            new ElementPool.Chunk(Own(Heap.Allocate((ulong)count * stride, 64, Purpose)).Address, null, count));
        Header->Stride = stride;
        Header->KeyOffset = (uint)sizeof(Node);
        Header->ValueOffset = _valueOffset;
        Header->Data = (byte*)_root;
    }

    [SkipLocalsInit]
    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        uint length = Unsafe.ReadUnaligned<uint>(key);
        if (flags > (ulong)ElementFlags.Exist || length > _bits)
            return -(int)Errno.EINVAL;
        ulong* words = stackalloc ulong[MostWords];
        ReadWords(key, words);
        NativeLock.Acquire(_lock);
        int result = Store(words, length, value, flags);
        NativeLock.Release(_lock);
        return result;
    }

    [SkipLocalsInit]
    private protected override int DeleteElement(byte* key)
    {
        uint length = Unsafe.ReadUnaligned<uint>(key);
        if (length > _bits)
            return -(int)Errno.EINVAL;
        ulong* words = stackalloc ulong[MostWords];
        ReadWords(key, words);
        NativeLock.Acquire(_lock);
        int result = Remove(words, length);
        NativeLock.Release(_lock);
        return result;
    }

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        NativeLock.Acquire(_lock);
        byte* found = Lookup(key, 0);
        if (found is not null)
            Bytes.Copy(value, found, Spec.ValueSize);
        NativeLock.Release(_lock);
        return found is null ? -(int)Errno.ENOENT : 0;
    }

    [SkipLocalsInit]
    private protected override int NextKey(byte* key, byte* next)
    {
        ulong* words = stackalloc ulong[MostWords];
        uint length = key is null ? uint.MaxValue : Unsafe.ReadUnaligned<uint>(key);
        if (key is not null)
            ReadWords(key, words);
        NativeLock.Acquire(_lock);
        Node* node = Next(words, length);
        if (node is not null)
            WriteKey(node, next);
        NativeLock.Release(_lock);
        return node is null ? -(int)Errno.ENOENT : 0;
    }

    /// <summary>The search in a trie whose keys fit a word: the first difference tells whether a prefix matches.</summary>
    private Node* Find(ulong word, uint length)
    {
        Node* found = null;
        Node* node = Read(_root);
        while (node is not null && node->Length <= length && (uint)BitOperations.LeadingZeroCount(*WordsOf(node) ^ word) >= node->Length)
        {
            if (!node->IsFork)
                found = node;
            uint depth = node->Length;
            if (depth == _bits)
                break;
            node = Read(node->Child((uint)(word >> (int)(63 - depth)) & 1));
            // A node that was taken for another prefix under our feet may lead back up: this search ends with what it has.
            if (node is not null && node->Length <= depth)
                break;
        }

        return found;
    }

    private Node* Find(ulong* words, uint length)
    {
        Node* found = null;
        Node* node = Read(_root);
        while (node is not null)
        {
            uint matching = Matching(node, words, length);
            if (matching < node->Length)
                break;
            if (!node->IsFork)
                found = node;
            if (matching == _bits)
                break;
            Node* next = Read(node->Child(Bit(words, node->Length)));
            // A node that was taken for another prefix under our feet may lead back up: this search ends with what it has.
            if (next is not null && next->Length <= node->Length)
                break;
            node = next;
        }

        return found;
    }

    private int Store(ulong* words, uint length, byte* value, ulong flags)
    {
        Node** slot = Locate(words, length, out uint matching, out _);
        Node* node = *slot;
        bool isExact = node is not null && node->Length == matching && matching == length;
        if (isExact && !node->IsFork)
        {
            if (flags == (ulong)ElementFlags.NoExist)
                return -(int)Errno.EEXIST;
        }
        else if (flags == (ulong)ElementFlags.Exist)
        {
            return -(int)Errno.ENOENT;
        }
        else if (_count == Spec.MaxEntries)
        {
            return -(int)Errno.ENOSPC;
        }

        Node* created = NewNode(words, length, isFork: false);
        if (created is null)
            return -(int)Errno.ENOMEM;
        Bytes.Copy(Value(created), value, Spec.ValueSize);
        bool isNew = !isExact || node->IsFork;
        if (isExact)
        {
            created->Left = node->Left;
            created->Right = node->Right;
            Publish(slot, created);
            _pool.Retire((byte*)node);
        }
        else if (node is null)
        {
            Publish(slot, created);
        }
        else if (matching == length)
        {
            *created->Child(Bit(WordsOf(node), matching)) = node;
            Publish(slot, created);
        }
        else
        {
            Node* fork = NewNode(WordsOf(node), matching, isFork: true);
            if (fork is null)
            {
                _pool.Return((byte*)created);
                return -(int)Errno.ENOMEM;
            }

            *fork->Child(Bit(words, matching)) = created;
            *fork->Child(1 - Bit(words, matching)) = node;
            Publish(slot, fork);
        }

        if (isNew)
            _count++;
        return 0;
    }

    private int Remove(ulong* words, uint length)
    {
        Node** slot = Locate(words, length, out uint matching, out Node** parentSlot);
        Node* node = *slot;
        if (node is null || node->Length != length || matching != length || node->IsFork)
            return -(int)Errno.ENOENT;
        _count--;
        if (node->Left is not null && node->Right is not null)
        {
            node->IsFork = true; // its value stays for those who have it
            return 0;
        }

        Node* parent = parentSlot is null ? null : *parentSlot;
        if (node->Left is null && node->Right is null && parent is not null && parent->IsFork)
        {
            Publish(parentSlot, parent->Left == node ? parent->Right : parent->Left);
            _pool.Retire((byte*)parent);
        }
        else
        {
            Publish(slot, node->Left is not null ? node->Left : node->Right);
        }

        _pool.Retire((byte*)node);
        return 0;
    }

    /// <summary>Goes down as far as the key agrees: to the node that is it, or that parts from it, or to nothing.</summary>
    private Node** Locate(ulong* words, uint length, out uint matching, out Node** parentSlot)
    {
        matching = 0;
        parentSlot = null;
        Node** slot = _root;
        while (*slot is not null)
        {
            Node* node = *slot;
            matching = Matching(node, words, length);
            if (node->Length != matching || node->Length == length)
                break;
            parentSlot = slot;
            slot = node->Child(Bit(words, node->Length));
        }

        return slot;
    }

    /// <summary>The next in the kernel's order: longer prefixes before the shorter ones that contain them, 0 before 1. A key that is not there starts again.</summary>
    private Node* Next(ulong* words, uint length)
    {
        List<nint> path = [];
        Node* node = length > _bits ? null : *_root;
        while (node is not null)
        {
            path.Add((nint)node);
            uint matching = Matching(node, words, length);
            if (node->Length != matching)
                return Leftmost(*_root);
            if (node->Length == length)
                break;
            node = *node->Child(Bit(words, node->Length));
        }

        if (node is null || node->IsFork)
            return Leftmost(*_root);
        for (int depth = path.Count - 2; depth >= 0; depth--)
        {
            Node* parent = (Node*)path[depth];
            if (parent->Left == node && parent->Right is not null)
                return Leftmost(parent->Right);
            if (!parent->IsFork)
                return parent;
            node = parent;
        }

        return null;
    }

    private static Node* Leftmost(Node* node)
    {
        Node* found = null;
        while (node is not null)
        {
            if (!node->IsFork)
                found = node;
            node = node->Left is not null || node->IsFork ? node->Left : node->Right;
        }

        return found;
    }

    private Node* NewNode(ulong* words, uint length, bool isFork)
    {
        byte* element;
        Errno error;
        SpinWait spin = default;
        // EAGAIN cannot last: this trie has one writer at a time, and the pool more nodes than a full trie.
        while ((element = _pool.Take(out error)) is null && error == Errno.EAGAIN)
            spin.SpinOnce();
        if (element is null)
            return null;
        Node* node = (Node*)element;
        node->Left = null;
        node->Right = null;
        node->Length = length;
        node->IsFork = isFork;
        for (int i = 0; i < _words; i++)
            WordsOf(node)[i] = words[i];
        return node;
    }

    /// <summary>How many leading bits a node's prefix and a key have in common, at most the length of the shorter.</summary>
    private static uint Matching(Node* node, ulong* words, uint length)
    {
        uint limit = Math.Min(node->Length, length);
        ulong* other = WordsOf(node);
        for (uint i = 0; i * 64 < limit; i++)
        {
            ulong difference = other[i] ^ words[i];
            if (difference != 0)
                return Math.Min(limit, i * 64 + (uint)BitOperations.LeadingZeroCount(difference));
        }

        return limit;
    }

    private void ReadWords(byte* key, ulong* words)
    {
        byte* bytes = key + PrefixSize;
        uint left = _bytes;
        for (; left >= 8; left -= 8, bytes += 8)
            *words++ = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(bytes));
        if (left == 4)
        {
            *words = (ulong)BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(bytes)) << 32;
            return;
        }

        ulong last = 0;
        for (int shift = 56; left > 0; left--, shift -= 8)
            last |= (ulong)*bytes++ << shift;
        if (_bytes % 8 != 0)
            *words = last;
    }

    private void WriteKey(Node* node, byte* key)
    {
        Unsafe.WriteUnaligned(key, node->Length);
        for (uint i = 0; i < _bytes; i++)
            key[PrefixSize + i] = (byte)(WordsOf(node)[i / 8] >> (int)(56 - i % 8 * 8));
    }

    private byte* Value(Node* node) => (byte*)node + _valueOffset;

    private static ulong* WordsOf(Node* node) => (ulong*)(node + 1);

    private static uint Bit(ulong* words, uint index) => (uint)(words[index / 64] >> (int)(63 - index % 64)) & 1;

    private static Node* Read(Node** slot) => (Node*)Volatile.Read(ref *(nint*)slot);

    private static void Publish(Node** slot, Node* node) => Volatile.Write(ref *(nint*)slot, (nint)node);

    /// <summary>A node; its bits follow it, and then its value.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct Node
    {
        /// <summary>Where the pool links nodes that wait: readers may still follow their children.</summary>
        public const uint LinkOffset = 16;

        [FieldOffset(0)] public Node* Left;
        [FieldOffset(8)] public Node* Right;
        [FieldOffset(24)] public uint Length;
        [FieldOffset(28)] private uint _isFork;

        /// <summary>Whether prefixes part here but none ends.</summary>
        public bool IsFork
        {
            readonly get => _isFork != 0;
            set => _isFork = value ? 1u : 0;
        }

        /// <summary>Where the child is that continues with a bit.</summary>
        public readonly Node** Child(uint bit) => (Node**)Unsafe.AsPointer(ref Unsafe.AsRef(in this)) + bit;
    }
}
