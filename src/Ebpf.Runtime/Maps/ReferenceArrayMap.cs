using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// PROG_ARRAY and ARRAY_OF_MAPS: an array of handles in native memory for programs, and the objects behind them for us. What is replaced or
/// deleted is released when no run can have it in its hands any more.
/// </summary>
internal sealed unsafe class ReferenceArrayMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots), IReferenceMap
{
    private readonly uint _maxEntries = spec.MaxEntries;
    private readonly Dictionary<uint, IReferent> _referents = [];
    private (ProgramType Type, bool HandlesFragments)? _programs;
    private nint* _handles;

    /// <summary>The handle at an index, as a tail call takes it; 0 where there is none.</summary>
    public nint Target(uint index) => index < _maxEntries ? Volatile.Read(ref _handles[index]) : 0;

    /// <summary>For maps of maps; programs cannot look up programs.</summary>
    public override byte* Lookup(byte* key, int slot) =>
        Type == MapType.ArrayOfMaps ? (byte*)Target(Unsafe.ReadUnaligned<uint>(key)) : null;

    /// <summary>Whether programs of this kind may use the array: the first that is put in it or uses it decides for all.</summary>
    public bool IsCompatible(ProgramType type, bool handlesFragments)
    {
        lock (_referents)
        {
            _programs ??= (type, handlesFragments);
            return _programs == (type, handlesFragments);
        }
    }

    public int HostSet(ReadOnlySpan<byte> key, IReferent referent, ulong flags = 0)
    {
        if (!IsWritable)
            return -(int)Errno.EPERM;
        if (key.Length != 4 || flags != 0)
            return -(int)Errno.EINVAL;
        uint index = Unsafe.ReadUnaligned<uint>(in key[0]);
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        if (!Fits(referent))
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        if (!referent.TryAddReference())
            return -(int)Errno.EBADF;
        Put(index, referent);
        return 0;
    }

    public IReferent? HostGet(ReadOnlySpan<byte> key)
    {
        if (key.Length != 4)
            return null;
        lock (_referents)
            return _referents.GetValueOrDefault(Unsafe.ReadUnaligned<uint>(in key[0]));
    }

    private protected override void Build()
    {
        base.Build();
        _handles = (nint*)Own(Heap.AllocatePages(_maxEntries * 8UL, Purpose)).Address;
        Header->Stride = 8;
        Header->Data = (byte*)_handles;
    }

    // A descriptor means something to the platform only, which finds the object and calls HostSet.
    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        if (flags != 0)
            return -(int)Errno.EINVAL;
        return Unsafe.ReadUnaligned<uint>(key) < _maxEntries ? -(int)Errno.EBADF : -(int)Errno.E2BIG;
    }

    private protected override int DeleteElement(byte* key)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        return Put(index, null) ? 0 : -(int)Errno.ENOENT;
    }

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        lock (_referents)
        {
            if (!_referents.TryGetValue(Unsafe.ReadUnaligned<uint>(key), out IReferent? referent))
                return -(int)Errno.ENOENT;
            Unsafe.WriteUnaligned(value, referent.Id);
            return 0;
        }
    }

    private protected override int NextKey(byte* key, byte* next) => ArrayMap.NextIndex(key, next, _maxEntries);

    // A program in the array may hold the array: without its owner, nobody is left to take it out.
    private protected override void OnOwnerGone()
    {
        if (Type == MapType.ProgArray)
            Clear();
    }

    private protected override void ReleaseContents() => Clear();

    private bool Fits(IReferent referent) => Type == MapType.ProgArray
        ? referent is IProgramReferent program && IsCompatible(program.ProgramType, program.HandlesFragments)
        : referent is EmbeddedMap map && MapRules.IsInterchangeable(Spec.Inner!, map.Spec);

    private void Clear()
    {
        uint[] indexes;
        lock (_referents)
            indexes = [.. _referents.Keys];
        foreach (uint index in indexes)
            Put(index, null);
    }

    /// <summary>Puts an object, or nothing, at an index; answers whether there was one before.</summary>
    private bool Put(uint index, IReferent? referent)
    {
        IReferent? old;
        lock (_referents)
        {
            _referents.Remove(index, out old);
            if (referent is not null)
                _referents[index] = referent;
            Volatile.Write(ref _handles[index], referent?.Handle ?? 0);
        }

        if (old is not null)
            Slots.Defer(old.Release);
        return old is not null;
    }
}
