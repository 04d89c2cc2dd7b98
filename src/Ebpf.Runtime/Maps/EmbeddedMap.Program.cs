namespace Ebpf.Runtime.Maps;

/// <summary>
/// What programs call, through helpers: raw pointers to as many bytes as the map's key and value have (the verifier has proved them), the
/// slot whose per-CPU values are meant, results as the kernel's helpers give them. The caller holds an <see cref="Memory.ExecutionSlot"/>.
/// </summary>
internal abstract unsafe partial class EmbeddedMap
{
    /// <summary>The value of element 0 for programs that address it directly (BPF_PSEUDO_MAP_VALUE); null where the map is no array of one element.</summary>
    public virtual byte* DirectValue => null;

    /// <summary>bpf_map_lookup_elem: the address of a value, null where there is none. For maps of maps, the <see cref="Handle"/> of the inner map.</summary>
    public virtual byte* Lookup(byte* key, int slot) => null;

    /// <summary>bpf_map_lookup_percpu_elem: the value of another CPU.</summary>
    public byte* LookupPerCpu(byte* key, uint cpu) => cpu < (uint)Slots.Count && IsPerCpu ? Lookup(key, (int)cpu) : null;

    /// <summary>bpf_map_update_elem.</summary>
    public int Update(byte* key, byte* value, ulong flags, int slot) =>
        (Spec.Flags & MapFlags.ReadOnlyProgram) != 0 ? -(int)Errno.EPERM : UpdateElement(key, value, flags, slot);

    /// <summary>bpf_map_delete_elem.</summary>
    public int Delete(byte* key, int slot) =>
        (Spec.Flags & MapFlags.ReadOnlyProgram) != 0 ? -(int)Errno.EPERM : DeleteElement(key);

    /// <summary>bpf_map_push_elem.</summary>
    public int Push(byte* value, ulong flags) =>
        (Spec.Flags & MapFlags.ReadOnlyProgram) != 0 ? -(int)Errno.EPERM : PushElement(value, flags);

    /// <summary>bpf_map_pop_elem.</summary>
    public virtual int Pop(byte* value) => -(int)Errno.ENOTSUPP;

    /// <summary>bpf_map_peek_elem; for a bloom filter, whether the value may be in it.</summary>
    public virtual int Peek(byte* value) => -(int)Errno.ENOTSUPP;

    /// <summary>bpf_for_each_map_elem: goes on to the next element; false at the end, and for maps that have none. What is inserted or deleted meanwhile may or may not be seen.</summary>
    public virtual bool MoveNext(ref ElementCursor cursor, int slot) => false;

    private protected abstract int UpdateElement(byte* key, byte* value, ulong flags, int slot);

    private protected abstract int DeleteElement(byte* key);

    private protected virtual int PushElement(byte* value, ulong flags) => -(int)Errno.ENOTSUPP;
}
