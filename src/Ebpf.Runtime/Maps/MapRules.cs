using System.Numerics;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Runtime.Maps;

/// <summary>What Linux demands of a map before it creates one, with the errno of each refusal.</summary>
/// <remarks>The <c>*_map_alloc_check</c> functions in kernel/bpf/{arraymap,hashtab,queue_stack_maps,ringbuf,lpm_trie,bloom_filter,map_in_map}.c.</remarks>
internal static class MapRules
{
    /// <summary>KMALLOC_MAX_SIZE on x86-64: the most that a key and a value, or a value alone, may have together.</summary>
    private const uint LargestElement = 4 << 20;

    /// <summary>sizeof(struct htab_elem), which counts towards the former.</summary>
    private const uint KernelElementHeader = 48;

    /// <summary>PCPU_MIN_UNIT_SIZE: the most that a per-CPU value may have.</summary>
    private const uint LargestPerCpuValue = 32 << 10;

    /// <summary>Buckets, rounded up to a power of two, of 16 bytes each must be fewer than 4 GiB.</summary>
    private const uint MostHashEntries = 1u << 27;

    private const MapFlags Access = MapFlags.ReadOnly | MapFlags.WriteOnly | MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;

    private const MapFlags ProgramAccess = MapFlags.ReadOnlyProgram | MapFlags.WriteOnlyProgram;

    /// <summary>Checks a map's sizes and flags.</summary>
    /// <exception cref="BpfException">What the kernel refuses.</exception>
    public static void Check(MapSpec spec)
    {
        Require(spec, (spec.Flags & ProgramAccess) != ProgramAccess, "flags BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG exclude each other");
        Require(
            spec,
            (spec.Flags & (MapFlags.ReadOnly | MapFlags.WriteOnly)) != (MapFlags.ReadOnly | MapFlags.WriteOnly),
            "flags BPF_F_RDONLY and BPF_F_WRONLY exclude each other");
        Require(spec, spec.Extra == 0 || spec.Type is MapType.BloomFilter or MapType.Arena, "map_extra is for bloom filters and arenas only");
        switch (spec.Type)
        {
            case MapType.Array or MapType.PerCpuArray:
                CheckArray(spec);
                break;
            case MapType.ProgArray or MapType.PerfEventArray:
                CheckReferenceArray(spec);
                break;
            case MapType.ArrayOfMaps:
                CheckReferenceArray(spec);
                CheckInner(spec);
                break;
            case MapType.HashOfMaps:
                Require(spec, spec.ValueSize == 4, $"value_size is {spec.ValueSize}: the value of a map of maps is a 4-byte descriptor");
                CheckHash(spec);
                CheckInner(spec);
                break;
            case MapType.Queue or MapType.Stack:
                CheckQueue(spec);
                break;
            case MapType.LpmTrie:
                CheckLpmTrie(spec);
                break;
            case MapType.BloomFilter:
                CheckBloomFilter(spec);
                break;
            case MapType.RingBuf or MapType.UserRingBuf:
                CheckRingBuffer(spec);
                break;
            case MapType.StackTrace:
                CheckStackTrace(spec);
                break;
            case MapType.DevMap or MapType.DevMapHash or MapType.CpuMap or MapType.XskMap
                or MapType.SockMap or MapType.SockHash or MapType.ReuseportSockArray or MapType.CgroupArray:
                CheckTargets(spec);
                break;
            case MapType.CgroupStorage or MapType.PerCpuCgroupStorage:
                CheckCgroupStorage(spec);
                break;
            case MapType.SkStorage or MapType.InodeStorage or MapType.TaskStorage or MapType.CgrpStorage:
                CheckLocalStorage(spec);
                break;
            case MapType.Hash or MapType.PerCpuHash or MapType.LruHash or MapType.LruPerCpuHash or MapType.SampleHash:
                CheckHash(spec);
                break;
        }
    }

    /// <summary>The refusal of a type that this platform does not have.</summary>
    public static BpfException NotSupported(MapSpec spec) =>
        new BpfNotSupportedException($"map '{spec.Name}': the type {spec.Type.Text()}", "embedded");

    /// <summary>Whether a map can take the place of another inside a map of maps, programs having been verified against that other.</summary>
    /// <remarks>bpf_map_meta_equal and array_map_meta_equal.</remarks>
    public static bool IsInterchangeable(MapSpec template, MapSpec map) =>
        template.Type == map.Type
        && template.KeySize == map.KeySize
        && template.ValueSize == map.ValueSize
        && template.Flags == map.Flags
        && (template.Type != MapType.Array || (template.Flags & MapFlags.InnerMap) != 0 || template.MaxEntries == map.MaxEntries);

    private static void CheckReferenceArray(MapSpec spec)
    {
        Require(spec, spec.ValueSize == 4, $"value_size is {spec.ValueSize}: the value of this type is a 4-byte descriptor");
        Require(spec, (spec.Flags & ProgramAccess) == 0, "programs' access to this type cannot be restricted");
        CheckArray(spec);
    }

    private static void CheckInner(MapSpec spec)
    {
        Require(spec, spec.Inner is not null, "a map of maps needs the description of its inner maps (__array(values, ...) or inner_map_idx)");
        Require(spec, spec.Inner!.Type is not (MapType.ArrayOfMaps or MapType.HashOfMaps), "the inner map is a map of maps itself");
        Require(
            spec,
            (spec.Inner.Type == MapType.ProgArray && spec.Dialect == Dialect.Windows) || spec.Inner.Type is not (MapType.ProgArray or MapType.CgroupStorage or MapType.PerCpuCgroupStorage or MapType.StructOps),
            $"maps of type {spec.Inner.Type.Text()} cannot be in a map",
            Errno.ENOTSUPP);
        Check(spec.Inner);
    }

    private static void CheckQueue(MapSpec spec)
    {
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.KeySize == 0, $"key_size is {spec.KeySize}: queues and stacks have no keys");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        AllowFlags(spec, MapFlags.NumaNode | Access);
        Require(spec, spec.ValueSize <= LargestElement, $"value_size is {spec.ValueSize}, a value has at most 4 MiB", Errno.E2BIG);
    }

    private static void CheckLpmTrie(MapSpec spec)
    {
        // The kernel counts its own node, and the longest key that there can be, towards the most that it allocates at once.
        const uint LargestValue = LargestElement - LpmTrieMap.MostBytes - 24;
        AllowFlags(spec, MapFlags.NoPrealloc | MapFlags.NumaNode | Access);
        Require(spec, (spec.Flags & MapFlags.NoPrealloc) != 0, "an LPM trie needs flag BPF_F_NO_PREALLOC");
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(
            spec,
            spec.KeySize is > LpmTrieMap.PrefixSize and <= LpmTrieMap.PrefixSize + LpmTrieMap.MostBytes,
            $"key_size is {spec.KeySize}: the key is a 4-byte length and 1 to {LpmTrieMap.MostBytes} bytes");
        Require(spec, spec.ValueSize is not 0 and <= LargestValue, $"value_size is {spec.ValueSize}, not 1 to {LargestValue}");
    }

    private static void CheckBloomFilter(MapSpec spec)
    {
        AllowFlags(spec, MapFlags.NumaNode | MapFlags.ZeroSeed | Access);
        Require(spec, spec.KeySize == 0, $"key_size is {spec.KeySize}: a bloom filter has no keys");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.Extra <= 15, $"map_extra is {spec.Extra}: a bloom filter has 1 to 15 hash functions, or 0 for 5");
        Require(spec, spec.ValueSize <= LargestElement, $"value_size is {spec.ValueSize}, a value has at most 4 MiB", Errno.E2BIG);
    }

    private static void CheckRingBuffer(MapSpec spec)
    {
        AllowFlags(spec, MapFlags.NumaNode);
        Require(spec, spec.KeySize == 0 && spec.ValueSize == 0, "a ring buffer has neither key_size nor value_size");
        Require(
            spec,
            BitOperations.IsPow2(spec.MaxEntries) && spec.MaxEntries % Memory.NativeHeap.PageSize == 0,
            $"max_entries is {spec.MaxEntries}: the bytes of a ring buffer are a power of two and at least {Memory.NativeHeap.PageSize}");
    }

    private static void CheckStackTrace(MapSpec spec)
    {
        uint frame = (spec.Flags & MapFlags.StackBuildId) != 0 ? StackTraceMap.BuildIdBytes : sizeof(ulong);
        AllowFlags(spec, MapFlags.NumaNode | MapFlags.ReadOnly | MapFlags.WriteOnly | MapFlags.StackBuildId);
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.KeySize == 4, $"key_size is {spec.KeySize}: the key of a stack trace is its 4-byte id");
        Require(
            spec,
            spec.ValueSize >= 8 && spec.ValueSize % frame == 0 && spec.ValueSize / frame <= StackTraceMap.MostFrames,
            $"value_size is {spec.ValueSize}: a stack trace has 1 to {StackTraceMap.MostFrames} frames of {frame} bytes");
        Require(spec, spec.MaxEntries <= 1u << 31, $"max_entries is {spec.MaxEntries}", Errno.E2BIG);
    }

    /// <remarks>dev_map_alloc_check, cpu_map_alloc, xsk_map_alloc, sock_map_alloc, sock_hash_alloc, reuseport_array_alloc_check, fd_array_map_alloc_check.</remarks>
    private static void CheckTargets(MapSpec spec)
    {
        const uint MostProcessors = 512; // NR_CPUS of a distribution's kernel
        bool hasOneSize = spec.Type is MapType.XskMap or MapType.CgroupArray;

        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.Type == MapType.SockHash ? spec.KeySize != 0 : spec.KeySize == 4, $"key_size is {spec.KeySize}: the key of this type is a 4-byte number");
        Require(spec, spec.ValueSize == 4 || (spec.ValueSize == 8 && !hasOneSize), $"value_size is {spec.ValueSize}, not {(hasOneSize ? "4" : "4 or 8")}");
        AllowFlags(spec, MapFlags.NumaNode | spec.Type switch
        {
            MapType.CpuMap => 0,
            MapType.ReuseportSockArray => Access,
            _ => MapFlags.ReadOnly | MapFlags.WriteOnly,
        });
        Require(spec, spec.KeySize <= TargetHashMap.LargestKey, $"key_size is {spec.KeySize}: a key has at most {TargetHashMap.LargestKey} bytes", Errno.E2BIG);
        Require(spec, spec.Type != MapType.CpuMap || spec.MaxEntries <= MostProcessors, $"max_entries is {spec.MaxEntries}: there are at most {MostProcessors} CPUs", Errno.E2BIG);
        Require(spec, spec.Type is not (MapType.SockHash or MapType.DevMapHash) || spec.MaxEntries <= 1u << 31, $"max_entries is {spec.MaxEntries}");
    }

    private static void CheckCgroupStorage(MapSpec spec)
    {
        uint most = spec.Type == MapType.PerCpuCgroupStorage ? LargestPerCpuValue : LargestElement - KernelElementHeader;
        Require(spec, spec.KeySize is 8 or CgroupStorageMap.LongKey, $"key_size is {spec.KeySize}: the key is struct bpf_cgroup_storage_key, or the cgroup's 8-byte id");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        Require(spec, spec.ValueSize <= most, $"value_size is {spec.ValueSize}, a value has at most {most} bytes", Errno.E2BIG);
        AllowFlags(spec, MapFlags.NumaNode | Access);
        Require(spec, spec.MaxEntries == 0, $"max_entries is {spec.MaxEntries}: there is an element for each cgroup, so it must be 0");
    }

    /// <remarks>bpf_local_storage_map_alloc_check.</remarks>
    private static void CheckLocalStorage(MapSpec spec)
    {
        const uint LargestValue = ushort.MaxValue - 128; // sizeof(struct bpf_local_storage_elem)

        AllowFlags(spec, MapFlags.NoPrealloc | MapFlags.Clone);
        Require(spec, (spec.Flags & MapFlags.NoPrealloc) != 0, "local storage needs flag BPF_F_NO_PREALLOC");
        Require(spec, spec.MaxEntries == 0, $"max_entries is {spec.MaxEntries}: there is an element for each object, so it must be 0");
        Require(spec, spec.KeySize == 4, $"key_size is {spec.KeySize}: the key is the 4-byte descriptor of an object");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        Require(spec, spec.KeyType != 0 && spec.ValueType != 0, "local storage needs the BTF types of its key and value (__type(key, ...), __type(value, ...))");
        Require(spec, spec.ValueSize <= LargestValue, $"value_size is {spec.ValueSize}, a value has at most {LargestValue} bytes", Errno.E2BIG);
    }

    private static void CheckArray(MapSpec spec)
    {
        bool isPerCpu = spec.Type == MapType.PerCpuArray;
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.KeySize == 4, $"key_size is {spec.KeySize}: the key of an array is its 4-byte index");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        AllowFlags(spec, MapFlags.NumaNode | MapFlags.Mmapable | Access | MapFlags.PreserveElements | MapFlags.InnerMap);
        Require(spec, !isPerCpu || (spec.Flags & MapFlags.NumaNode) == 0, "a per-CPU map has no NUMA node");
        Require(
            spec,
            spec.Type == MapType.Array || (spec.Flags & (MapFlags.Mmapable | MapFlags.InnerMap)) == 0,
            "flags BPF_F_MMAPABLE and BPF_F_INNER_MAP are for plain arrays only");
        Require(
            spec,
            spec.Type == MapType.PerfEventArray || (spec.Flags & MapFlags.PreserveElements) == 0,
            "flag BPF_F_PRESERVE_ELEMS is for perf event arrays only");
        Require(spec, spec.ValueSize <= int.MaxValue, $"value_size is {spec.ValueSize}", Errno.E2BIG);
        Require(spec, !isPerCpu || Round(spec.ValueSize) <= LargestPerCpuValue, $"value_size is {spec.ValueSize}, a per-CPU value has at most {LargestPerCpuValue} bytes", Errno.E2BIG);
    }

    private static void CheckHash(MapSpec spec)
    {
        bool isPerCpu = spec.Type is MapType.PerCpuHash or MapType.LruPerCpuHash;
        bool isLru = spec.Type is MapType.LruHash or MapType.LruPerCpuHash;
        AllowFlags(spec, MapFlags.NoPrealloc | MapFlags.NoCommonLru | MapFlags.NumaNode | Access | MapFlags.ZeroSeed);
        Require(spec, isLru || (spec.Flags & MapFlags.NoCommonLru) == 0, "flag BPF_F_NO_COMMON_LRU is for LRU maps only");
        Require(spec, !isLru || (spec.Flags & MapFlags.NoPrealloc) == 0, "an LRU map cannot have flag BPF_F_NO_PREALLOC", Errno.ENOTSUPP);
        Require(
            spec,
            (spec.Flags & MapFlags.NumaNode) == 0 || (!isPerCpu && (spec.Flags & MapFlags.NoCommonLru) == 0),
            "a per-CPU map has no NUMA node");
        Require(spec, spec.MaxEntries != 0, "max_entries is 0");
        Require(spec, spec.KeySize != 0, "key_size is 0");
        Require(spec, spec.ValueSize != 0, "value_size is 0");
        Require(
            spec,
            (ulong)spec.KeySize + spec.ValueSize < LargestElement - KernelElementHeader,
            $"key_size {spec.KeySize} and value_size {spec.ValueSize} are more than 4 MiB together",
            Errno.E2BIG);
        Require(spec, !isPerCpu || Round(spec.ValueSize) <= LargestPerCpuValue, $"value_size is {spec.ValueSize}, a per-CPU value has at most {LargestPerCpuValue} bytes", Errno.E2BIG);
        Require(spec, spec.MaxEntries <= MostHashEntries, $"max_entries is {spec.MaxEntries}, a hash has at most {MostHashEntries}", Errno.E2BIG);
    }

    private static ulong Round(uint size) => ((ulong)size + 7) & ~7UL;

    private static void AllowFlags(MapSpec spec, MapFlags allowed)
    {
        MapFlags wrong = spec.Flags & ~allowed;
        Require(spec, wrong == 0, $"flags 0x{(uint)wrong:x} mean nothing to this type");
    }

    private static void Require(MapSpec spec, bool condition, string reason, Errno errno = Errno.EINVAL)
    {
        if (!condition)
            throw new BpfException($"map '{spec.Name}' ({spec.Type.Text()}) cannot be created: {reason}", errno);
    }
}
