using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// SK_STORAGE, INODE_STORAGE, TASK_STORAGE and CGRP_STORAGE: a value for each object of the kernel's that a program met. Here an object is a number that
/// the host gives the run (the thread's id for a task), and the same number is the key for the host, where bpf(2) takes a descriptor.
/// </summary>
/// <remarks>kernel/bpf/bpf_local_storage.c. The kernel deletes values with their object; here the host does, who knows when it is gone.</remarks>
internal sealed unsafe class LocalStorageMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>The most objects: the kernel has no limit but memory, which a program must not take all of here.</summary>
    public const uint MostObjects = 65_536;

    /// <summary>BPF_LOCAL_STORAGE_GET_F_CREATE.</summary>
    public const ulong CreateFlag = 1;

    private EmbeddedMap? _table;

    public override long MemoryBytes => base.MemoryBytes + (_table?.MemoryBytes ?? 0);

    /// <summary>bpf_task_storage_get and its like: the object's value, made from <paramref name="initial"/> or zeros where the flags ask for it; null where there is none.</summary>
    public byte* Get(uint id, byte* initial, ulong flags)
    {
        if ((flags & ~CreateFlag) != 0)
            return null;
        byte* value = _table!.Lookup((byte*)&id, 0);
        if (value is not null || flags != CreateFlag)
            return value;
        byte[]? zeros = initial is null ? new byte[Spec.ValueSize] : null;
        fixed (byte* zero = zeros)
        {
            // Another run may be first: then its value is the one.
            int error = _table.Update((byte*)&id, initial is null ? zero : initial, (ulong)ElementFlags.NoExist, 0);
            return error is 0 or -(int)Errno.EEXIST ? _table.Lookup((byte*)&id, 0) : null;
        }
    }

    /// <summary>bpf_task_storage_delete and its like.</summary>
    public int Remove(uint id) => _table!.Delete((byte*)&id, 0);

    private protected override void Build()
    {
        base.Build();
        _table = CreateTable(MapType.Hash, MostObjects, Spec.ValueSize, MapFlags.NoPrealloc, isTyped: true);
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        // Both at once, or what is none of the three.
        if ((flags & ~(ulong)ElementFlags.Lock) > (ulong)ElementFlags.Exist || !MayLock(flags))
            return -(int)Errno.EINVAL;
        int error = _table!.Update(key, value, flags, slot);
        return error == -(int)Errno.E2BIG ? -(int)Errno.ENOMEM : error;
    }

    private protected override int DeleteElement(byte* key) => _table!.Delete(key, 0);

    private protected override int CopyValue(byte* key, byte* value, ulong flags) =>
        _table!.HostLookup(new ReadOnlySpan<byte>(key, sizeof(uint)), new Span<byte>(value, (int)Spec.ValueSize), flags);

    private protected override int NextKey(byte* key, byte* next) => -(int)Errno.ENOTSUPP;

    private protected override void ReleaseContents()
    {
        _table?.Dispose();
        _table = null;
    }
}
