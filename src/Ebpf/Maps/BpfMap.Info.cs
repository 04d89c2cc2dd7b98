using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

public sealed partial class BpfMap
{
    /// <summary>Every map that is in the kernel, whoever created it.</summary>
    /// <remarks>Takes Linux 4.13 and CAP_SYS_ADMIN.</remarks>
    /// <exception cref="BpfException">Not allowed, or there is no Linux kernel.</exception>
    public static IReadOnlyList<MapInfo> List() => LoadedObjects.Read(BpfObjectKind.Map, MapInfoReader.Read);

    /// <summary>What the kernel says of it just now; null on platforms that have none.</summary>
    public MapInfo? ReadInfo() => Handle.ReadInfo();
}
