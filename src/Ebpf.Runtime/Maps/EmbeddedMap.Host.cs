namespace Ebpf.Runtime.Maps;

/// <summary>
/// What bpf(2) offers user space: spans in and out, 0 or a negative errno as the kernel gives it. A value of a per-CPU map is the values of all
/// slots one after the other, each rounded up to 8 bytes.
/// </summary>
internal abstract unsafe partial class EmbeddedMap
{
    /// <summary>Whether each slot has values of its own.</summary>
    public bool IsPerCpu => Spec.Type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;

    /// <summary>Bytes in a value as the host sees it.</summary>
    public int HostValueSize => IsPerCpu ? RoundedValueSize * Slots.Count : (int)Spec.ValueSize;

    /// <summary>Bytes from the value of one slot to the next, as the host sees them.</summary>
    public int RoundedValueSize => (int)((Spec.ValueSize + 7) & ~7u);

    /// <summary>BPF_MAP_LOOKUP_ELEM: copies a value.</summary>
    public int HostLookup(ReadOnlySpan<byte> key, Span<byte> value, ulong flags = 0)
    {
        if ((flags & ~(ulong)ElementFlags.Lock) != 0)
            return -(int)Errno.EINVAL;
        if (!IsReadable)
            return -(int)Errno.EPERM;
        if (!MayLock(flags) || key.Length != (int)Spec.KeySize || value.Length != HostValueSize)
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        fixed (byte* keyBytes = key, valueBytes = value)
            return CopyValue(keyBytes, valueBytes, flags);
    }

    /// <summary>BPF_MAP_UPDATE_ELEM.</summary>
    public int HostUpdate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags = 0)
    {
        if (!IsWritable)
            return -(int)Errno.EPERM;
        if (!MayLock(flags) || key.Length != (int)Spec.KeySize || value.Length != HostValueSize)
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        fixed (byte* keyBytes = key, valueBytes = value)
            return StoreValue(keyBytes, valueBytes, flags);
    }

    /// <summary>BPF_MAP_DELETE_ELEM.</summary>
    public int HostDelete(ReadOnlySpan<byte> key)
    {
        if (!IsWritable)
            return -(int)Errno.EPERM;
        if (key.Length != (int)Spec.KeySize)
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        fixed (byte* keyBytes = key)
            return DeleteElement(keyBytes);
    }

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_ELEM.</summary>
    public int HostLookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, ulong flags = 0)
    {
        if ((flags & ~(ulong)ElementFlags.Lock) != 0)
            return -(int)Errno.EINVAL;
        if (!IsReadable || !IsWritable)
            return -(int)Errno.EPERM;
        if (!MayLock(flags) || key.Length != (int)Spec.KeySize || value.Length != HostValueSize)
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        fixed (byte* keyBytes = key, valueBytes = value)
            return TakeValue(keyBytes, valueBytes, flags);
    }

    /// <summary>BPF_MAP_GET_NEXT_KEY: the key after <paramref name="key"/>; the first one where it is empty or, in a hash, no longer there. -ENOENT at the end.</summary>
    public int HostNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        if (!IsReadable)
            return -(int)Errno.EPERM;
        if (next.Length < (int)Spec.KeySize || (!key.IsEmpty && key.Length != (int)Spec.KeySize))
            return -(int)Errno.EINVAL;
        using HostHold hold = new(this);
        fixed (byte* from = key, to = next)
            return NextKey(from, to);
    }

    private protected const MapFlags HostAccess = MapFlags.ReadOnly | MapFlags.WriteOnly;

    private protected const MapFlags ProgramAccess = MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;

    private bool IsReadable => (Spec.Flags & MapFlags.WriteOnly) == 0;

    private protected bool IsWritable => (Spec.Flags & MapFlags.ReadOnly) == 0 && !IsFrozen;

    /// <summary>Whether BPF_F_LOCK is absent, or the values have a lock.</summary>
    private protected bool MayLock(ulong flags) => (flags & (ulong)ElementFlags.Lock) == 0 || Fields is { HasLock: true };

    /// <summary>Copies a value into the map, under its lock where the flags ask for that.</summary>
    private protected void CopyIn(byte* inMap, byte* value, ulong flags)
    {
        if (Fields is null)
            Bytes.Copy(inMap, value, Spec.ValueSize);
        else if ((flags & (ulong)ElementFlags.Lock) != 0)
            Fields.CopyLocked(inMap, value, inMap);
        else
            Fields.CopyAround(inMap, value);
    }

    /// <summary>Copies a value out of the map, under its lock where the flags ask for that. What belongs to helpers stays inside.</summary>
    private protected void CopyOut(byte* inMap, byte* value, ulong flags)
    {
        if (Fields is null)
        {
            Bytes.Copy(value, inMap, Spec.ValueSize);
            return;
        }

        if ((flags & (ulong)ElementFlags.Lock) != 0)
            Fields.CopyLocked(value, inMap, inMap);
        else
            Fields.CopyAround(value, inMap);
        Fields.Clear(value);
    }

    /// <summary>Copies a value out, all slots of it.</summary>
    private protected virtual int CopyValue(byte* key, byte* value, ulong flags) => -(int)Errno.ENOTSUPP;

    /// <summary>Stores a value, all slots of it.</summary>
    private protected virtual int StoreValue(byte* key, byte* value, ulong flags) => UpdateElement(key, value, flags, 0);

    /// <summary>Copies a value out and removes it, as one step.</summary>
    private protected virtual int TakeValue(byte* key, byte* value, ulong flags) => -(int)Errno.ENOTSUPP;

    /// <summary>The next key; <paramref name="key"/> is null for the first.</summary>
    private protected abstract int NextKey(byte* key, byte* next);

    /// <summary>Keeps the map's memory for the time of a host's call, whoever disposes it meanwhile.</summary>
    private protected readonly ref struct HostHold : IDisposable
    {
        private readonly EmbeddedMap _map;

        public HostHold(EmbeddedMap map)
        {
            ObjectDisposedException.ThrowIf(!map.TryAddReference(), map);
            _map = map;
        }

        public void Dispose() => _map.Release();
    }
}
