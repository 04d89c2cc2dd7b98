using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>DEVMAP_HASH and SOCKHASH: <see cref="TargetArrayMap"/> by key.</summary>
/// <remarks>kernel/bpf/devmap.c, net/core/sock_map.c. Errors of each were asked of Linux 6.18.</remarks>
internal sealed unsafe class TargetHashMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots), ITargetMap
{
    /// <summary>MAX_BPF_STACK: a program composes keys on its stack.</summary>
    public const uint LargestKey = 512;

    private EmbeddedMap? _table;

    public override long MemoryBytes => base.MemoryBytes + (_table?.MemoryBytes ?? 0);

    public override byte* Lookup(byte* key, int slot) => Type == MapType.DevMapHash ? _table!.Lookup(key, slot) : null;

    public bool TryGet(byte* key, out ulong target)
    {
        ulong found = 0;
        bool isPresent = _table!.HostLookup(new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new Span<byte>(&found, sizeof(ulong))) == 0;
        target = found;
        return isPresent;
    }

    public IReadOnlyList<ulong> All()
    {
        List<ulong> all = [];
        ElementCursor cursor = default;
        while (_table!.MoveNext(ref cursor, 0))
            all.Add(*(ulong*)cursor.Value);
        return all;
    }

    private protected override void Build()
    {
        base.Build();
        _table = CreateTable(MapType.Hash, Spec.MaxEntries, 8);
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        if (flags > TargetRules.MostFlags(Type))
            return -(int)Errno.EINVAL;
        int error = TargetRules.Read(Type, Spec.ValueSize, value, out ulong target);
        // An interface that is not there yet may be put in with BPF_EXIST as well: __dev_map_hash_update_elem looks at BPF_NOEXIST only.
        ulong existence = Type == MapType.DevMapHash && flags == (ulong)ElementFlags.Exist ? (ulong)ElementFlags.Any : flags;
        return error != 0 ? error : _table!.Update(key, (byte*)&target, existence, slot);
    }

    private protected override int DeleteElement(byte* key) => _table!.Delete(key, 0);

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        int error = TargetRules.HostRead(Type, Spec.ValueSize);
        if (error != 0)
            return error;
        if (!TryGet(key, out ulong target))
            return -(int)Errno.ENOENT;
        Bytes.Copy(value, (byte*)&target, Spec.ValueSize);
        return 0;
    }

    private protected override int NextKey(byte* key, byte* next) =>
        _table!.HostNextKey(key is null ? default : new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new Span<byte>(next, (int)Spec.KeySize));

    private protected override void ReleaseContents()
    {
        _table?.Dispose();
        _table = null;
    }
}
