using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms;

/// <summary>The bytes that a map takes at least, from its sizes alone: an estimate that holds for the engine and, roughly, for a kernel.</summary>
internal static class MapEstimate
{
    // What a hash adds to an element: links, hash, bookkeeping.
    private const uint HashElementOverhead = 24;

    // What a bucket takes.
    private const uint BucketBytes = 8;

    public static long Bytes(MapSpec map, int processors)
    {
        UInt128 values = Padded(map.ValueSize) * (UInt128)(IsPerCpu(map.Type) ? processors : 1);
        UInt128 entries = map.MaxEntries;
        UInt128 bytes = map.Type switch
        {
            // Elements come when they are inserted.
            MapType.Hash or MapType.PerCpuHash or MapType.LpmTrie when (map.Flags & MapFlags.NoPrealloc) != 0 => entries * BucketBytes,
            MapType.Hash or MapType.PerCpuHash or MapType.LruHash or MapType.LruPerCpuHash or MapType.HashOfMaps or MapType.LpmTrie =>
                entries * (BucketBytes + HashElementOverhead + Padded(map.KeySize) + values),
            MapType.RingBuf or MapType.UserRingBuf => entries,
            _ => entries * values,
        };
        return bytes > long.MaxValue ? long.MaxValue : (long)bytes;
    }

    private static UInt128 Padded(uint size) => ((UInt128)size + 7) & ~(UInt128)7;

    private static bool IsPerCpu(MapType type) => type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;
}
