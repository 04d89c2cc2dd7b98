namespace Ebpf.Bytecode.Objects;

/// <summary>What a SEC() name means: type and attach type of the programs in it, and how they attach by themselves.</summary>
/// <remarks>struct bpf_sec_def in libbpf.c.</remarks>
internal readonly record struct SectionDefinition(string Name, bool TakesRest, ProgramType Type, AttachType AttachType, SectionFlags Flags, AutoAttachKind AutoAttach);

/// <summary>Properties of a SEC() name.</summary>
/// <remarks>enum sec_def_flags in libbpf.c.</remarks>
[Flags]
internal enum SectionFlags
{
    None = 0,

    /// <summary>The expected attach type must be given to the kernel.</summary>
    Attachable = 1,

    /// <summary>The expected attach type is given to kernels that know it.</summary>
    AttachableOpt = 2,

    /// <summary>Attaches to a kernel function or tracepoint found in BTF.</summary>
    AttachBtf = 4,

    /// <summary>May sleep.</summary>
    Sleepable = 8,

    /// <summary>Handles packets in fragments.</summary>
    XdpFrags = 16,

    /// <summary>A user statically defined tracepoint.</summary>
    Usdt = 32,
}
