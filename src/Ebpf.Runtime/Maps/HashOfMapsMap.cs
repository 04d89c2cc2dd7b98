using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>HASH_OF_MAPS: a hash whose values are the handles of inner maps. Only the host writes it, so its writers share one lock.</summary>
internal sealed unsafe class HashOfMapsMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots), IReferenceMap
{
    private readonly Lock _writers = new();

    // Handles in native memory keep no object alive: this does. A map may be there under several keys.
    private readonly Dictionary<EmbeddedMap, int> _inner = [];
    private EmbeddedMap? _table;

    public override long MemoryBytes => base.MemoryBytes + (_table?.MemoryBytes ?? 0);

    public override byte* Lookup(byte* key, int slot)
    {
        byte* value = _table!.Lookup(key, slot);
        return value is null ? null : *(byte**)value;
    }

    public int HostSet(ReadOnlySpan<byte> key, IReferent referent, ulong flags = 0)
    {
        if (!IsWritable)
            return -(int)Errno.EPERM;
        if (key.Length != (int)Spec.KeySize || referent is not EmbeddedMap map || !MapRules.IsInterchangeable(Spec.Inner!, map.Spec))
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        if (!map.TryAddReference())
            return -(int)Errno.EBADF;
        EmbeddedMap? old;
        int result;
        lock (_writers)
        {
            old = Inner(key);
            nint handle = map.Handle;
            result = _table!.HostUpdate(key, new ReadOnlySpan<byte>(&handle, sizeof(nint)), flags);
            if (result == 0)
            {
                _inner[map] = _inner.GetValueOrDefault(map) + 1;
                Forget(old);
            }
        }

        if (result != 0)
            map.Release();
        else if (old is not null)
            Slots.Defer(old.Release);
        return result;
    }

    public IReferent? HostGet(ReadOnlySpan<byte> key)
    {
        if (key.Length != (int)Spec.KeySize)
            return null;
        using HostHold hold = new(this);
        lock (_writers)
            return Inner(key);
    }

    private protected override void Build()
    {
        base.Build();
        // Programs see a pointer as the value; bpf(2) sees 4 bytes.
        _table = CreateTable(MapType.Hash, Spec.MaxEntries, 8, Spec.Flags & ~(HostAccess | ProgramAccess));
        MapHeader* table = _table.Header;
        Header->Stride = table->Stride;
        Header->Mask = table->Mask;
        Header->KeyOffset = table->KeyOffset;
        Header->ValueOffset = table->ValueOffset;
        Header->Data = table->Data;
        Header->Seed = table->Seed;
    }

    // A descriptor means something to the platform only, which finds the map and calls HostSet.
    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) =>
        flags > (ulong)ElementFlags.Exist ? -(int)Errno.EINVAL : -(int)Errno.EBADF;

    private protected override int DeleteElement(byte* key)
    {
        EmbeddedMap? old;
        lock (_writers)
        {
            ReadOnlySpan<byte> bytes = new(key, (int)Spec.KeySize);
            old = Inner(bytes);
            if (old is null)
                return -(int)Errno.ENOENT;
            _table!.HostDelete(bytes);
            Forget(old);
        }

        Slots.Defer(old.Release);
        return 0;
    }

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        lock (_writers)
        {
            EmbeddedMap? inner = Inner(new ReadOnlySpan<byte>(key, (int)Spec.KeySize));
            if (inner is null)
                return -(int)Errno.ENOENT;
            *(uint*)value = inner.Id;
            return 0;
        }
    }

    private protected override int NextKey(byte* key, byte* next) =>
        _table!.HostNextKey(key is null ? default : new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new Span<byte>(next, (int)Spec.KeySize));

    private protected override void ReleaseContents()
    {
        if (_table is null)
            return;
        foreach ((EmbeddedMap map, int times) in _inner)
        {
            for (int i = 0; i < times; i++)
                map.Release();
        }

        _inner.Clear();
        _table.Dispose();
        _table = null;
    }

    private void Forget(EmbeddedMap? map)
    {
        if (map is null)
            return;
        if (_inner[map] == 1)
            _inner.Remove(map);
        else
            _inner[map]--;
    }

    private EmbeddedMap? Inner(ReadOnlySpan<byte> key)
    {
        nint handle = 0;
        return _table!.HostLookup(key, new Span<byte>(&handle, sizeof(nint))) == 0 ? FromHandle(handle) : null;
    }
}
