using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// CGROUP_STORAGE and PERCPU_CGROUP_STORAGE: a value for each cgroup that a program is attached to. Here it is made when a run in that cgroup asks for it;
/// the host says with each run which cgroup that is.
/// </summary>
/// <remarks>kernel/bpf/local_storage.c.</remarks>
internal sealed unsafe class CgroupStorageMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>Bytes of struct bpf_cgroup_storage_key: the cgroup's id, and the attach type. A shorter key is the id alone.</summary>
    public const uint LongKey = 16;

    private const uint MostCgroups = 65_536;

    private EmbeddedMap? _table;

    public override long MemoryBytes => base.MemoryBytes + (_table?.MemoryBytes ?? 0);

    /// <summary>bpf_get_local_storage: the value of a cgroup; null where there is no memory for one.</summary>
    public byte* Get(ulong cgroup, AttachType attachType, int slot)
    {
        ulong* key = stackalloc ulong[2];
        key[0] = cgroup;
        key[1] = (uint)attachType;
        byte* value = _table!.Lookup((byte*)key, slot);
        if (value is not null)
            return value;
        fixed (byte* zeros = new byte[Spec.ValueSize])
        {
            int error = _table.Update((byte*)key, zeros, (ulong)ElementFlags.NoExist, slot);
            return error is 0 or -(int)Errno.EEXIST ? _table.Lookup((byte*)key, slot) : null;
        }
    }

    private protected override void Build()
    {
        base.Build();
        bool isPerCpu = Type == MapType.PerCpuCgroupStorage;
        _table = CreateTable(isPerCpu ? MapType.PerCpuHash : MapType.Hash, MostCgroups, Spec.ValueSize, MapFlags.NoPrealloc, isTyped: true);
    }

    // The host changes what is there; what is not comes with the program.
    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot) => -(int)Errno.EINVAL;

    private protected override int StoreValue(byte* key, byte* value, ulong flags)
    {
        if ((flags & ~(ulong)(ElementFlags.Lock | ElementFlags.Exist)) != 0 || !MayLock(flags))
            return -(int)Errno.EINVAL;
        return _table!.HostUpdate(new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new ReadOnlySpan<byte>(value, HostValueSize), flags | (ulong)ElementFlags.Exist);
    }

    private protected override int DeleteElement(byte* key) => -(int)Errno.EINVAL;

    private protected override int CopyValue(byte* key, byte* value, ulong flags) =>
        _table!.HostLookup(new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new Span<byte>(value, HostValueSize), flags);

    private protected override int NextKey(byte* key, byte* next) =>
        _table!.HostNextKey(key is null ? default : new ReadOnlySpan<byte>(key, (int)Spec.KeySize), new Span<byte>(next, (int)Spec.KeySize));

    private protected override void ReleaseContents()
    {
        _table?.Dispose();
        _table = null;
    }
}
