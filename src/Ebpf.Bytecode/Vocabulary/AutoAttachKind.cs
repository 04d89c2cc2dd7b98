namespace Ebpf;

/// <summary>How the programs of a section attach by themselves.</summary>
/// <remarks>The attach functions of section_defs in libbpf.c.</remarks>
public enum AutoAttachKind
{
    /// <summary>The section has no attach function: the caller says where.</summary>
    None,

    /// <summary>Kernel function.</summary>
    Kprobe,

    /// <summary>Many kernel functions.</summary>
    KprobeMulti,

    /// <summary>Entry and return of many kernel functions.</summary>
    KprobeSession,

    /// <summary>System call.</summary>
    Ksyscall,

    /// <summary>Function of a user program.</summary>
    Uprobe,

    /// <summary>Many functions of a user program.</summary>
    UprobeMulti,

    /// <summary>User statically defined tracepoint.</summary>
    Usdt,

    /// <summary>Tracepoint.</summary>
    Tp,

    /// <summary>Raw tracepoint.</summary>
    RawTp,

    /// <summary>fentry, fexit, fmod_ret, tp_btf, freplace.</summary>
    Trace,

    /// <summary>Many functions by BTF.</summary>
    TracingMulti,

    /// <summary>LSM hook.</summary>
    Lsm,

    /// <summary>Iterator.</summary>
    Iter,
}
