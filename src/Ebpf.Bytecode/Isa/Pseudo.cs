namespace Ebpf.Bytecode.Isa;

/// <summary>What the source field of a 64-bit immediate load says that the immediate is.</summary>
/// <remarks>
/// BPF_PSEUDO_MAP_FD and following in include/uapi/linux/bpf.h; RFC 9669 §5.4. A relocated <see cref="Specs.ProgramSpec"/> refers to maps by
/// <see cref="MapIndex"/> and <see cref="MapIndexValue"/> only: which fd or address that is, the platform knows.
/// </remarks>
public enum PseudoLoad : byte
{
    /// <summary>A plain constant.</summary>
    None = 0,

    /// <summary>A map's fd.</summary>
    MapFd = 1,

    /// <summary>A map's fd, and in the second slot's immediate an offset into its first value.</summary>
    MapValue = 2,

    /// <summary>The BTF id of a kernel variable (ksym).</summary>
    BtfId = 3,

    /// <summary>The address of a function of the same program: slots relative to the next instruction.</summary>
    Function = 4,

    /// <summary>A map by its index among the load's maps.</summary>
    MapIndex = 5,

    /// <summary>A map by its index, and in the second slot's immediate an offset into its first value.</summary>
    MapIndexValue = 6,
}

/// <summary>What the source field of a call says that the immediate is.</summary>
/// <remarks>BPF_PSEUDO_CALL and BPF_PSEUDO_KFUNC_CALL in include/uapi/linux/bpf.h.</remarks>
public enum PseudoCall : byte
{
    /// <summary>A helper's number, in the object's dialect.</summary>
    Helper = 0,

    /// <summary>A function of the same program: slots relative to the next instruction.</summary>
    Local = 1,

    /// <summary>A kernel function: in a relocated program an index into <see cref="Specs.ProgramSpec.KernelFunctions"/>.</summary>
    KernelFunction = 2,
}
