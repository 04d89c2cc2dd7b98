namespace Ebpf;

/// <summary>Whose headers an object was compiled against. The same numbers mean different things in each: map types from 4 on, program and attach types, helper ids from 4 on.</summary>
public enum Dialect
{
    /// <summary>Linux's include/uapi/linux/bpf.h.</summary>
    Linux,

    /// <summary>eBPF for Windows' headers; such an object has a section <c>.ebpf_for_windows</c>.</summary>
    Windows,
}
