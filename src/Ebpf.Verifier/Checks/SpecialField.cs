namespace Ebpf.Verifier.Checks;

/// <summary>What kind of field in a map's value belongs to helpers alone.</summary>
internal enum SpecialFieldKind : byte
{
    /// <summary>struct bpf_spin_lock</summary>
    SpinLock,

    /// <summary>struct bpf_res_spin_lock</summary>
    ResilientSpinLock,

    /// <summary>struct bpf_timer</summary>
    Timer,

    /// <summary>struct bpf_wq</summary>
    WorkQueue,

    /// <summary>struct bpf_task_work</summary>
    TaskWork,

    /// <summary>A pointer to a kernel object.</summary>
    KernelPointer,

    /// <summary>struct bpf_list_head</summary>
    ListHead,

    /// <summary>struct bpf_list_node</summary>
    ListNode,

    /// <summary>struct bpf_rb_root</summary>
    TreeRoot,

    /// <summary>struct bpf_rb_node</summary>
    TreeNode,

    /// <summary>struct bpf_refcount</summary>
    ReferenceCount,
}

/// <summary>A field of a map's value that programs may only hand to helpers.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Its offset in the value.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Name">Its C type.</param>
/// <param name="Tag">For a pointer: its tag (kptr, kptr_untrusted, percpu_kptr, uptr). For a list or tree: the field of what it holds by which it holds it.</param>
/// <param name="Target">For a pointer, list or tree: the type of the object's BTF that it points to or holds; 0 for none.</param>
internal readonly record struct SpecialField(SpecialFieldKind Kind, int Offset, int Size, string Name, string? Tag = null, int Target = 0);
