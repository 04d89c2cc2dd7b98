using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Each row was put to Linux 6.18 by bpf(2); the kernel's errno is the last column.</summary>
public class MapRulesTests
{
    private const uint PerCpuLimit = 32768, ElementLimit = 4194304;

    [Theory]
    [InlineData(MapType.Array, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.Array, 8, 8, 1, 0, EINVAL)]
    [InlineData(MapType.Array, 4, 0, 1, 0, EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, 1, EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, 0x180, EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, 0x18, EINVAL)]
    [InlineData(MapType.Array, 4, 0x80000000, 1, 0, E2BIG)]
    [InlineData(MapType.Array, 4, 0x7fffffff, 0xffffffff, 0, ENOMEM)]
    [InlineData(MapType.Array, 4, 8, 1, 1 << 11, EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, 1 << 10, 0)]
    [InlineData(MapType.Array, 4, 8, 1, 1 << 12, 0)]
    [InlineData(MapType.Array, 4, 8, 1, 1 << 25, EINVAL)]
    [InlineData(MapType.Array, 4, 8, 1, 1 << 6, EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, PerCpuLimit, 1, 0, 0)]
    [InlineData(MapType.PerCpuArray, 4, PerCpuLimit + 1, 1, 0, E2BIG)]
    [InlineData(MapType.PerCpuArray, 4, 8, 1, 1 << 10, EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 8, 1, 1 << 12, EINVAL)]
    [InlineData(MapType.PerCpuArray, 4, 8, 1, 4, EINVAL)]
    [InlineData(MapType.Hash, 0, 8, 1, 0, EINVAL)]
    [InlineData(MapType.Hash, 4, 0, 1, 0, EINVAL)]
    [InlineData(MapType.Hash, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.Hash, 4, 8, 1, 2, EINVAL)]
    [InlineData(MapType.Hash, 4, 8, 1, 64, 0)]
    [InlineData(MapType.Hash, 4, 8, 1, 1 << 10, EINVAL)]
    [InlineData(MapType.Hash, 4, ElementLimit - 48 - 4, 1, 0, E2BIG)]
    [InlineData(MapType.Hash, 4, ElementLimit - 48 - 5, 1, 0, 0)]
    [InlineData(MapType.Hash, 4, 8, 1u << 28, 1, E2BIG)]
    [InlineData(MapType.Hash, 4, 8, (1u << 27) + 1, 1, E2BIG)]
    [InlineData(MapType.Hash, 4096, 8, 1, 0, 0)]
    [InlineData(MapType.PerCpuHash, 4, PerCpuLimit, 1, 0, 0)]
    [InlineData(MapType.PerCpuHash, 4, PerCpuLimit + 1, 1, 0, E2BIG)]
    [InlineData(MapType.PerCpuHash, 4, 8, 1, 4, EINVAL)]
    [InlineData(MapType.LruHash, 4, 8, 1, 1, ENOTSUPP)]
    [InlineData(MapType.LruHash, 4, 8, 1, 2, 0)]
    [InlineData(MapType.LruPerCpuHash, 4, 8, 1, 3, ENOTSUPP)]
    [InlineData(MapType.Queue, 4, 8, 1, 0, EINVAL)]
    [InlineData(MapType.Queue, 0, 0, 1, 0, EINVAL)]
    [InlineData(MapType.Stack, 0, 8, 0, 0, EINVAL)]
    [InlineData(MapType.Queue, 0, 8, 1, 1, EINVAL)]
    [InlineData(MapType.Queue, 0, 8, 1, 64, EINVAL)]
    [InlineData(MapType.Queue, 0, 8, 1, 4, 0)]
    [InlineData(MapType.Queue, 0, 8, 1, 8, 0)]
    [InlineData(MapType.Stack, 0, ElementLimit, 1, 0, 0)]
    [InlineData(MapType.Stack, 0, ElementLimit + 1, 1, 0, E2BIG)]
    [InlineData(MapType.Stack, 0, 1048576, 0xffffffff, 0, ENOMEM)]
    [InlineData(MapType.ProgArray, 4, 4, 1, 0, 0)]
    [InlineData(MapType.ProgArray, 4, 8, 1, 0, EINVAL)]
    [InlineData(MapType.ProgArray, 4, 4, 1, 0x80, EINVAL)]
    [InlineData(MapType.ProgArray, 4, 4, 1, 8, 0)]
    [InlineData(MapType.ProgArray, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 4096, 0, 0)]
    [InlineData(MapType.RingBuf, 0, 0, 4095, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 12288, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 2048, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 0, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 4, 0, 4096, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 4, 4096, 0, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 4096, 4, 0)]
    [InlineData(MapType.RingBuf, 0, 0, 4096, 8, EINVAL)]
    [InlineData(MapType.RingBuf, 0, 0, 4096, 1, EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 8, 1, 1, 0)]
    [InlineData(MapType.LpmTrie, 8, 8, 1, 0, EINVAL)]
    [InlineData(MapType.LpmTrie, 4, 8, 1, 1, EINVAL)]
    [InlineData(MapType.LpmTrie, 5, 8, 1, 1, 0)]
    [InlineData(MapType.LpmTrie, 260, 8, 1, 1, 0)]
    [InlineData(MapType.LpmTrie, 261, 8, 1, 1, EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 0, 1, 1, EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 8, 0, 1, EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 8, 1, 65, EINVAL)]
    [InlineData(MapType.LpmTrie, 8, 8, 1, 5, 0)]
    [InlineData(MapType.LpmTrie, 8, ElementLimit - 280, 1, 1, 0)]
    [InlineData(MapType.LpmTrie, 8, ElementLimit - 279, 1, 1, EINVAL)]
    [InlineData(MapType.BloomFilter, 0, 4, 1, 0, 0)]
    [InlineData(MapType.BloomFilter, 4, 4, 1, 0, EINVAL)]
    [InlineData(MapType.BloomFilter, 0, 0, 1, 0, EINVAL)]
    [InlineData(MapType.BloomFilter, 0, 4, 0, 0, EINVAL)]
    [InlineData(MapType.BloomFilter, 0, 4, 1, 64, 0)]
    [InlineData(MapType.BloomFilter, 0, 4, 1, 1, EINVAL)]
    [InlineData(MapType.BloomFilter, 0, ElementLimit, 1, 0, 0)]
    [InlineData(MapType.BloomFilter, 0, ElementLimit + 1, 1, 0, E2BIG)]
    [InlineData(MapType.PerfEventArray, 4, 4, 1, 0, 0)]
    [InlineData(MapType.PerfEventArray, 4, 4, 1, 1 << 11, 0)]
    [InlineData(MapType.PerfEventArray, 4, 8, 1, 0, EINVAL)]
    [InlineData(MapType.PerfEventArray, 4, 4, 1, 0x80, EINVAL)]
    [InlineData(MapType.PerfEventArray, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.DevMap, 4, 4, 4, 0, 0)]
    [InlineData(MapType.DevMap, 4, 8, 4, 0, 0)]
    [InlineData(MapType.DevMap, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.DevMap, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.DevMap, 4, 4, 4, 4, 0)]
    [InlineData(MapType.DevMap, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.DevMap, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.DevMap, 4, 4, 4, 8, 0)]
    [InlineData(MapType.DevMap, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.DevMap, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.SockMap, 4, 4, 4, 0, 0)]
    [InlineData(MapType.SockMap, 4, 8, 4, 0, 0)]
    [InlineData(MapType.SockMap, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.SockMap, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.SockMap, 4, 4, 4, 4, 0)]
    [InlineData(MapType.SockMap, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.SockMap, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.SockMap, 4, 4, 4, 8, 0)]
    [InlineData(MapType.SockMap, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.SockMap, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 0, 0)]
    [InlineData(MapType.CpuMap, 4, 8, 4, 0, 0)]
    [InlineData(MapType.CpuMap, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 4, 0)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 8, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.CpuMap, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 0, 0)]
    [InlineData(MapType.DevMapHash, 4, 8, 4, 0, 0)]
    [InlineData(MapType.DevMapHash, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 4, 0)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 8, 0)]
    [InlineData(MapType.DevMapHash, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.DevMapHash, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 0, 0)]
    [InlineData(MapType.ReuseportSockArray, 4, 8, 4, 0, 0)]
    [InlineData(MapType.ReuseportSockArray, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 4, 0)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 8, 0)]
    [InlineData(MapType.ReuseportSockArray, 4, 4, 4, 128, 0)]
    [InlineData(MapType.ReuseportSockArray, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 4, 0, 0)]
    [InlineData(MapType.SockHash, 4, 8, 4, 0, 0)]
    [InlineData(MapType.SockHash, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 4, 4, 0)]
    [InlineData(MapType.SockHash, 4, 4, 4, 1, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 4, 64, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 4, 8, 0)]
    [InlineData(MapType.SockHash, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.XskMap, 4, 4, 4, 0, 0)]
    [InlineData(MapType.XskMap, 4, 8, 4, 0, EINVAL)]
    [InlineData(MapType.XskMap, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.XskMap, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.XskMap, 4, 4, 4, 8, 0)]
    [InlineData(MapType.XskMap, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.CgroupArray, 4, 4, 4, 0, 0)]
    [InlineData(MapType.CgroupArray, 4, 8, 4, 0, EINVAL)]
    [InlineData(MapType.CgroupArray, 8, 4, 4, 0, EINVAL)]
    [InlineData(MapType.CgroupArray, 4, 4, 0, 0, EINVAL)]
    [InlineData(MapType.CgroupArray, 4, 4, 4, 8, 0)]
    [InlineData(MapType.CgroupArray, 4, 4, 4, 128, EINVAL)]
    [InlineData(MapType.SockHash, 512, 4, 4, 0, 0)]
    [InlineData(MapType.SockHash, 513, 4, 4, 0, E2BIG)]
    [InlineData(MapType.SockHash, 0, 4, 4, 0, EINVAL)]
    [InlineData(MapType.SockHash, 4, 4, 0xffffffff, 0, EINVAL)]
    [InlineData(MapType.DevMapHash, 4, 4, 0xffffffff, 0, EINVAL)]
    [InlineData(MapType.CpuMap, 4, 4, 4096, 0, E2BIG)]
    [InlineData(MapType.CpuMap, 4, 4, 512, 0, 0)]
    [InlineData(MapType.StackTrace, 4, 1016, 4, 0, 0)]
    [InlineData(MapType.StackTrace, 4, 1024, 4, 0, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 12, 4, 0, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 0, 4, 0, EINVAL)]
    [InlineData(MapType.StackTrace, 8, 8, 4, 0, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 8, 0xffffffff, 0, E2BIG)]
    [InlineData(MapType.StackTrace, 4, 8, 4, 32, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 64, 4, 32, 0)]
    [InlineData(MapType.StackTrace, 4, 8, 4, 128, EINVAL)]
    [InlineData(MapType.StackTrace, 4, 8, 4, 8, 0)]
    [InlineData(MapType.CgroupStorage, 8, 8, 0, 0, 0)]
    [InlineData(MapType.CgroupStorage, 16, 8, 0, 0, 0)]
    [InlineData(MapType.CgroupStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.CgroupStorage, 24, 8, 0, 0, EINVAL)]
    [InlineData(MapType.CgroupStorage, 8, 0, 0, 0, EINVAL)]
    [InlineData(MapType.CgroupStorage, 8, 8, 1, 0, EINVAL)]
    [InlineData(MapType.CgroupStorage, 8, 4194304, 0, 0, E2BIG)]
    [InlineData(MapType.CgroupStorage, 8, 32769, 0, 0, 0)]
    [InlineData(MapType.CgroupStorage, 8, 8, 0, 128, 0)]
    [InlineData(MapType.CgroupStorage, 8, 8, 0, 64, EINVAL)]
    [InlineData(MapType.CgroupStorage, 8, 8, 0, 1, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 8, 0, 0, 0)]
    [InlineData(MapType.PerCpuCgroupStorage, 16, 8, 0, 0, 0)]
    [InlineData(MapType.PerCpuCgroupStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 24, 8, 0, 0, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 0, 0, 0, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 8, 1, 0, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 4194304, 0, 0, E2BIG)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 32769, 0, 0, E2BIG)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 8, 0, 128, 0)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 8, 0, 64, EINVAL)]
    [InlineData(MapType.PerCpuCgroupStorage, 8, 8, 0, 1, EINVAL)]
    [InlineData(MapType.UserRingBuf, 0, 0, 4096, 0, 0)]
    [InlineData(MapType.UserRingBuf, 0, 0, 12288, 0, EINVAL)]
    [InlineData(MapType.UserRingBuf, 4, 0, 4096, 0, EINVAL)]
    [InlineData(MapType.UserRingBuf, 0, 4, 4096, 0, EINVAL)]
    [InlineData(MapType.UserRingBuf, 0, 0, 4096, 4, 0)]
    [InlineData(MapType.UserRingBuf, 0, 0, 4096, 8, EINVAL)]
    [InlineData(MapType.SkStorage, 4, 8, 0, 1, EINVAL)]
    [InlineData(MapType.SkStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.SkStorage, 4, 8, 1, 1, EINVAL)]
    [InlineData(MapType.TaskStorage, 4, 8, 0, 1, EINVAL)]
    [InlineData(MapType.TaskStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.TaskStorage, 4, 8, 1, 1, EINVAL)]
    [InlineData(MapType.InodeStorage, 4, 8, 0, 1, EINVAL)]
    [InlineData(MapType.InodeStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.InodeStorage, 4, 8, 1, 1, EINVAL)]
    [InlineData(MapType.CgrpStorage, 4, 8, 0, 1, EINVAL)]
    [InlineData(MapType.CgrpStorage, 4, 8, 0, 0, EINVAL)]
    [InlineData(MapType.CgrpStorage, 4, 8, 1, 1, EINVAL)]
    public void A_map_is_created_or_refused_as_the_kernel_does(MapType type, uint keySize, uint valueSize, uint maxEntries, int flags, int expected)
    {
        using MapRoom room = new();

        Assert.Equal(expected, Create(room, MapRoom.Spec(type, keySize, valueSize, maxEntries, (MapFlags)flags)));
    }

    [Theory]
    [InlineData(MapType.ArrayOfMaps, MapType.Array, 0, 0)]
    [InlineData(MapType.ArrayOfMaps, MapType.Hash, 0, 0)]
    [InlineData(MapType.ArrayOfMaps, MapType.LruHash, 0, 0)]
    [InlineData(MapType.ArrayOfMaps, MapType.Array, 0x80, EINVAL)]
    [InlineData(MapType.ArrayOfMaps, MapType.Array, 1, EINVAL)]
    [InlineData(MapType.ArrayOfMaps, MapType.Array, 4, 0)]
    [InlineData(MapType.ArrayOfMaps, MapType.Array, 1 << 10, EINVAL)]
    [InlineData(MapType.HashOfMaps, MapType.Array, 0, 0)]
    [InlineData(MapType.HashOfMaps, MapType.Array, 1, 0)]
    [InlineData(MapType.HashOfMaps, MapType.Array, 0x80, 0)]
    public void A_map_of_maps_is_created_or_refused_as_the_kernel_does(MapType type, MapType inner, int flags, int expected)
    {
        using MapRoom room = new();
        MapSpec spec = MapRoom.Spec(type, 4, 4, 2, (MapFlags)flags) with { Inner = MapRoom.Spec(inner, 4, 8, 2) };

        Assert.Equal(expected, Create(room, spec));
        Assert.Equal(EINVAL, Create(room, spec with { Inner = null }));
        Assert.Equal(EINVAL, Create(room, spec with { ValueSize = 8 }));
        Assert.Equal(EINVAL, Create(room, spec with { Inner = spec }));
        Assert.Equal(expected == 0 ? ENOTSUPP : expected, Create(room, spec with { Inner = MapRoom.Spec(MapType.ProgArray, 4, 4, 1) }));
    }

    [Theory]
    [InlineData(MapType.BloomFilter, 15, 0)]
    [InlineData(MapType.BloomFilter, 16, EINVAL)]
    [InlineData(MapType.Hash, 1, EINVAL)]
    public void Extra_is_the_number_of_hash_functions_of_a_bloom_filter_only(MapType type, int extra, int expected)
    {
        using MapRoom room = new();

        Assert.Equal(expected, Create(room, MapRoom.Spec(type, type == MapType.Hash ? 4u : 0, 4, 1) with { Extra = (ulong)extra }));
    }

    [Theory]
    [InlineData(MapType.Arena)]
    [InlineData(MapType.StructOps)]
    [InlineData(MapType.InsnArray)]
    public void A_type_that_this_platform_lacks_is_refused_by_name(MapType type)
    {
        using MapRoom room = new();

        BpfException refusal = Assert.Throws<BpfNotSupportedException>(() => room.Map(type, 4, 4, 1));

        Assert.Equal(Errno.EOPNOTSUPP, refusal.Errno);
        Assert.Contains(type.Text(), refusal.Message);
        Assert.Contains("embedded", refusal.Message);
    }

    [Fact]
    public void A_refusal_names_the_map_and_the_reason()
    {
        using MapRoom room = new();

        BpfException refusal = Assert.Throws<BpfException>(() => room.Map(MapType.Hash, 0, 4, 1));

        Assert.Equal("map 'tested' (hash) cannot be created: key_size is 0", refusal.Message);
    }

    private static int Create(MapRoom room, MapSpec spec)
    {
        try
        {
            room.Map(spec).Dispose();
            return 0;
        }
        catch (BpfException e)
        {
            return -(int)e.Errno;
        }
    }
}
