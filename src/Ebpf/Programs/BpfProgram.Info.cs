using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

public sealed partial class BpfProgram
{
    /// <summary>Every program that is in the kernel, whoever loaded it.</summary>
    /// <remarks>Takes Linux 4.13 and CAP_SYS_ADMIN.</remarks>
    /// <exception cref="BpfException">Not allowed, or there is no Linux kernel.</exception>
    public static IReadOnlyList<ProgramInfo> List() => LoadedObjects.Read(BpfObjectKind.Program, ProgramInfoReader.Read);

    /// <summary>What the kernel says of it just now; null on platforms that have none.</summary>
    public ProgramInfo? ReadInfo() => Handle.ReadInfo();
}
