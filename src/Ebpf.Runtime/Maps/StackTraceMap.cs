using System.Numerics;
using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>STACK_TRACE: call stacks by a number that is made from them. The stacks are those that the host gives its runs.</summary>
/// <remarks>kernel/bpf/stackmap.c; which number a stack gets depends on our hash, as in Linux on its own.</remarks>
internal sealed unsafe class StackTraceMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>PERF_MAX_STACK_DEPTH.</summary>
    public const uint MostFrames = 127;

    /// <summary>sizeof(struct bpf_stack_build_id): status, 20 bytes of build id, offset or address.</summary>
    public const uint BuildIdBytes = 32;

    /// <remarks>BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID in include/uapi/linux/bpf.h.</remarks>
    private const ulong ComparesHashOnly = 1 << 9, Reuses = 1 << 10;

    private readonly uint _buckets = BitOperations.RoundUpToPowerOf2(spec.MaxEntries);
    private byte* _data;
    private uint _stride;
    private int* _lock;

    private bool HasBuildIds => (Spec.Flags & MapFlags.StackBuildId) != 0;

    private uint FrameBytes => HasBuildIds ? BuildIdBytes : sizeof(ulong);

    /// <summary>bpf_get_stackid, of the frames that are left of the stack: its number, -EEXIST where another stack has that.</summary>
    public int Store(ReadOnlySpan<ulong> stack, ulong flags)
    {
        int frames = (int)Math.Min((uint)stack.Length, Spec.ValueSize / FrameBytes);
        stack = stack[..frames];
        uint hash;
        fixed (ulong* first = stack)
            hash = KeyHash.Of((byte*)first, (uint)frames * sizeof(ulong), 0);
        uint id = hash & (_buckets - 1);
        Bucket* bucket = BucketAt(id);
        NativeLock.Acquire(_lock);
        try
        {
            if (bucket->Frames != 0)
            {
                if (bucket->Hash == hash && ((flags & ComparesHashOnly) != 0 || IsStack(bucket, stack)))
                    return (int)id;
                if ((flags & Reuses) == 0)
                    return -(int)Errno.EEXIST;
            }

            bucket->Frames = (uint)frames;
            bucket->Hash = hash;
            for (int i = 0; i < frames; i++)
                WriteFrame(bucket, i, stack[i]);
            return (int)id;
        }
        finally
        {
            NativeLock.Release(_lock);
        }
    }

    private protected override void Build()
    {
        base.Build();
        _stride = (uint)sizeof(Bucket) + Spec.ValueSize;
        _lock = (int*)Own(Heap.Allocate(64, 64, Purpose)).Address;
        _data = Own(Heap.Allocate((ulong)_buckets * _stride, 64, Purpose)).Address;
        Header->Stride = _stride;
        Header->Mask = _buckets - 1;
        Header->Data = _data;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.EINVAL;

    private protected override int DeleteElement(byte* key) => Take(Unsafe.ReadUnaligned<uint>(key), null, isRemoved: true);

    private protected override int CopyValue(byte* key, byte* value, ulong flags) => Take(Unsafe.ReadUnaligned<uint>(key), value, isRemoved: false);

    private protected override int TakeValue(byte* key, byte* value, ulong flags) => Take(Unsafe.ReadUnaligned<uint>(key), value, isRemoved: true);

    private protected override int NextKey(byte* key, byte* next)
    {
        uint id = 0;
        if (key is not null)
        {
            uint last = Unsafe.ReadUnaligned<uint>(key);
            if (last < _buckets && BucketAt(last)->Frames != 0)
                id = last + 1;
        }

        while (id < _buckets && Volatile.Read(ref BucketAt(id)->Frames) == 0)
            id++;
        if (id >= _buckets)
            return -(int)Errno.ENOENT;
        Unsafe.WriteUnaligned(next, id);
        return 0;
    }

    private int Take(uint id, byte* value, bool isRemoved)
    {
        if (id >= _buckets)
            return -(int)Errno.ENOENT;
        Bucket* bucket = BucketAt(id);
        NativeLock.Acquire(_lock);
        bool isThere = bucket->Frames != 0;
        if (isThere && value is not null)
        {
            uint used = bucket->Frames * FrameBytes;
            Bytes.Copy(value, (byte*)(bucket + 1), used);
            new Span<byte>(value + used, (int)(Spec.ValueSize - used)).Clear();
        }

        if (isRemoved)
            bucket->Frames = 0;
        NativeLock.Release(_lock);
        return isThere ? 0 : -(int)Errno.ENOENT;
    }

    private bool IsStack(Bucket* bucket, ReadOnlySpan<ulong> stack)
    {
        if (bucket->Frames != (uint)stack.Length)
            return false;
        for (int i = 0; i < stack.Length; i++)
        {
            if (*Address(bucket, i) != stack[i])
                return false;
        }

        return true;
    }

    private void WriteFrame(Bucket* bucket, int index, ulong address)
    {
        const int AddressOnly = 2; // BPF_STACK_BUILD_ID_IP: no build id is known

        if (HasBuildIds)
        {
            byte* frame = (byte*)(bucket + 1) + (index * BuildIdBytes);
            new Span<byte>(frame, (int)BuildIdBytes).Clear();
            *(int*)frame = AddressOnly;
        }

        *Address(bucket, index) = address;
    }

    private ulong* Address(Bucket* bucket, int index) =>
        (ulong*)((byte*)(bucket + 1) + (index * FrameBytes) + (HasBuildIds ? BuildIdBytes - sizeof(ulong) : 0));

    private Bucket* BucketAt(uint id) => (Bucket*)(_data + ((ulong)id * _stride));

    private struct Bucket
    {
        public uint Frames;
        public uint Hash;
    }
}
