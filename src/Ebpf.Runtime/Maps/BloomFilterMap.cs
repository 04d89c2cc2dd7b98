using System.Numerics;
using System.Security.Cryptography;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>BLOOM_FILTER: values that were surely not, or probably, pushed before.</summary>
/// <remarks>kernel/bpf/bloom_filter.c, whose size of the bit set is kept. Bits are only ever set, so nobody needs a lock.</remarks>
internal sealed unsafe class BloomFilterMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    private const uint DefaultHashes = 5;

    private readonly uint _hashes = (spec.Extra & 0xF) == 0 ? DefaultHashes : (uint)(spec.Extra & 0xF);
    private int* _bits;
    private uint _mask;
    private ulong _seed;

    public override int Pop(byte* value) => -(int)Errno.EOPNOTSUPP;

    public override int Peek(byte* value)
    {
        for (uint i = 0; i < _hashes; i++)
        {
            uint bit = Hash(value, i);
            if ((Volatile.Read(ref _bits[bit / 32]) & (1 << (int)(bit % 32))) == 0)
                return -(int)Errno.ENOENT;
        }

        return 0;
    }

    private protected override int PushElement(byte* value, ulong flags)
    {
        if (flags != (ulong)ElementFlags.Any)
            return -(int)Errno.EINVAL;
        for (uint i = 0; i < _hashes; i++)
        {
            uint bit = Hash(value, i);
            Interlocked.Or(ref _bits[bit / 32], 1 << (int)(bit % 32));
        }

        return 0;
    }

    private protected override void Build()
    {
        base.Build();
        // For one wrong answer in a hundred or so: hashes / ln 2 bits an entry, and 7/5 is close to 1 / ln 2.
        ulong wanted = Math.Clamp((ulong)Spec.MaxEntries * _hashes / 5 * 7, 64, 1UL << 32);
        ulong bits = BitOperations.RoundUpToPowerOf2(wanted);
        _mask = (uint)(bits - 1);
        _seed = (Spec.Flags & MapFlags.ZeroSeed) != 0 ? 0 : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        _bits = (int*)Own(Heap.Allocate(bits / 8, 64, Purpose)).Address;
        Header->Mask = _mask;
        Header->Data = (byte*)_bits;
        Header->Seed = _seed;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.EINVAL;

    private protected override int DeleteElement(byte* key) => -(int)Errno.EOPNOTSUPP;

    private protected override int CopyValue(byte* key, byte* value, ulong flags) => Peek(value);

    private protected override int StoreValue(byte* key, byte* value, ulong flags) => PushElement(value, flags);

    private protected override int NextKey(byte* key, byte* next) => -(int)Errno.EOPNOTSUPP;

    private uint Hash(byte* value, uint index) => KeyHash.Of(value, Spec.ValueSize, _seed + index * 0x9E3779B97F4A7C15) & _mask;
}
