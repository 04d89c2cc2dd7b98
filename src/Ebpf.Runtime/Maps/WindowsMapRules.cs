using Ebpf.Bytecode.Specs;

namespace Ebpf.Runtime.Maps;

/// <summary>What eBPF for Windows' maps say in another way than Linux's.</summary>
/// <remarks>libs/execution_context/ebpf_maps.c and ebpf_api.cpp of eBPF for Windows.</remarks>
internal static class WindowsMapRules
{
    /// <summary>BPF_OBJ_NAME_LEN of include/ebpf_structs.h, less its zero.</summary>
    public const int LongestName = 63;

    /// <summary>The same map as Linux would describe it.</summary>
    /// <exception cref="BpfException">EINVAL: its name is too long.</exception>
    public static MapSpec Adapt(MapSpec spec, int processors)
    {
        if (spec.Name.Length > LongestName)
            throw new BpfException($"map '{spec.Name}' cannot be created: its name has {spec.Name.Length} characters, at most {LongestName} are allowed", Errno.EINVAL);
        if (spec.Inner is { } inner)
            spec = spec with { Inner = Adapt(inner, processors) };
        return spec.Type switch
        {
            // Its size there is that of each CPU's buffer, which a reader here chooses; keys and values are not counted.
            MapType.PerfEventArray => spec with { KeySize = 4, ValueSize = 4, MaxEntries = (uint)processors },
            // Nothing is allocated in advance there, and no flag says so.
            MapType.LpmTrie => spec with { Flags = spec.Flags | MapFlags.NoPrealloc },
            _ => spec,
        };
    }
}
