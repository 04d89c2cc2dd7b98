namespace Ebpf.Runtime.Maps;

/// <summary>A table of interfaces, CPUs, sockets or cgroups, which are numbers of the host's.</summary>
internal unsafe interface ITargetMap
{
    /// <summary>The target at a key.</summary>
    bool TryGet(byte* key, out ulong target);

    /// <summary>All targets that are there: for packets that are broadcast.</summary>
    IReadOnlyList<ulong> All();
}
