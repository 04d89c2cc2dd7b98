using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Maps of interfaces, CPUs, sockets and cgroups. The errors were asked of Linux 6.18 by bpf(2).</summary>
public unsafe class TargetMapTests
{
    [Fact]
    public void Interfaces_are_put_into_an_array_as_in_the_kernel()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.DevMap, 4, 8, 4);

        Assert.Equal(0, map.HostPut(0, 7UL));
        Assert.Equal(EEXIST, map.HostPut(0, 7UL, 1));
        Assert.Equal(EEXIST, map.HostPut(1, 7UL, 1));
        Assert.Equal(0, map.HostPut(1, 7UL, 2));
        Assert.Equal(EINVAL, map.HostPut(1, 7UL, 3));
        Assert.Equal(E2BIG, map.HostPut(4, 7UL));
        Assert.Equal(EINVAL, map.HostPut(2, 7UL | 1UL << 32));
        Assert.Equal(0, map.HostPut(2, 7UL | 0xffffffffUL << 32));
        Assert.Equal(0, map.HostGet(0, out ulong value));
        Assert.Equal(7UL, value);
        Assert.Equal(ENOENT, map.HostGet(3, out ulong _));
        Assert.Equal(0, map.HostRemove(0));
        Assert.Equal(0, map.HostRemove(0));
        Assert.Equal(EINVAL, map.HostRemove(4));
        Assert.Equal(0, map.HostPut(1, 0UL));
        Assert.Equal(ENOENT, map.HostGet(1, out ulong _));
        Assert.Equal([0, 1, 2, 3], map.Keys<int>());
        Assert.Equal([7UL], ((ITargetMap)map).All());
    }

    [Fact]
    public void Interfaces_are_put_under_keys_as_in_the_kernel()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.DevMapHash, 4, 4, 4);

        Assert.Equal(0, map.HostPut(0, 7u));
        Assert.Equal(EEXIST, map.HostPut(0, 7u, 1));
        Assert.Equal(0, map.HostPut(1, 7u, 2));
        Assert.Equal(EEXIST, map.HostPut(1, 7u, 1));
        Assert.Equal(0, map.HostPut(3, 8u));
        Assert.Equal(0, map.HostPut(4, 9u));
        Assert.Equal(E2BIG, map.HostPut(100, 7u));
        Assert.Equal(EINVAL, map.HostPut(2, 0u));
        Assert.Equal(0, map.HostGet(4, out uint value));
        Assert.Equal(9u, value);
        Assert.Equal(ENOENT, map.HostGet(2, out uint _));
        Assert.Equal(0, map.HostRemove(0));
        Assert.Equal(ENOENT, map.HostRemove(0));
    }

    [Fact]
    public void A_queue_of_a_cpu_has_at_most_16384_packets()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.CpuMap, 4, 4, 2);

        Assert.Equal(0, map.HostPut(0, 0u));
        Assert.Equal(EEXIST, map.HostPut(0, 64u, 1));
        Assert.Equal(0, map.HostPut(1, 16384u));
        Assert.Equal(EOVERFLOW, map.HostPut(1, 16385u));
        Assert.Equal(E2BIG, map.HostPut(2, 64u));
        Assert.Equal(ENOENT, map.HostGet(0, out uint _));
        Assert.Equal(EINVAL, map.HostRemove(2));
        Assert.Equal(0, map.HostRemove(1));
    }

    [Theory]
    [InlineData(MapType.SockMap, E2BIG, EINVAL)]
    [InlineData(MapType.SockHash, 0, ENOENT)]
    public void Sockets_are_put_in_as_in_the_kernel(MapType type, int beyond, int absent)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, 4);
        using EmbeddedMap narrow = room.Map(type, 4, 4, 4);

        Assert.Equal(0, map.HostPut(0, 21UL));
        Assert.Equal(EEXIST, map.HostPut(0, 21UL, 1));
        Assert.Equal(ENOENT, map.HostPut(1, 21UL, 2));
        Assert.Equal(EINVAL, map.HostPut(1, 21UL, 3));
        Assert.Equal(beyond, map.HostPut(9, 21UL));
        Assert.Equal(0, map.HostGet(0, out ulong cookie));
        Assert.Equal(21UL, cookie);
        Assert.Equal(0, map.HostRemove(0));
        Assert.Equal(absent, map.HostRemove(0));
        Assert.Equal(ENOSPC, narrow.HostGet(0, out uint _));
    }

    [Fact]
    public void The_host_cannot_read_back_what_only_descriptors_name()
    {
        using MapRoom room = new();
        using EmbeddedMap sockets = room.Map(MapType.XskMap, 4, 4, 4);
        using EmbeddedMap cgroups = room.Map(MapType.CgroupArray, 4, 4, 4);

        Assert.Equal(0, sockets.HostPut(1, 5u));
        Assert.Equal(EOPNOTSUPP, sockets.HostGet(1, out uint _));
        Assert.Equal(0, cgroups.HostPut(1, 5u));
        Assert.Equal(EINVAL, cgroups.HostPut(1, 5u, 2));
        Assert.Equal(ENOTSUPP, cgroups.HostGet(1, out uint _));
        Assert.Equal(0, cgroups.HostRemove(1));
        Assert.Equal(ENOENT, cgroups.HostRemove(1));
        Assert.Equal(E2BIG, cgroups.HostRemove(4));
    }
}
