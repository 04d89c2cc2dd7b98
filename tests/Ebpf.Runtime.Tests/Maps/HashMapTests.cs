using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class HashMapTests
{
    public static TheoryData<MapFlags> Allocations => [MapFlags.None, MapFlags.NoPrealloc];

    [Theory, MemberData(nameof(Allocations))]
    public void What_is_inserted_is_found_until_it_is_deleted(MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 10, flags);

        Assert.True(map.Find<ulong, uint>(1u) == null);
        Assert.Equal(0, map.Put(1u, 11UL));
        Assert.Equal(11UL, *map.Find<ulong, uint>(1u));
        Assert.Equal(0, map.Put(1u, 12UL));
        Assert.Equal(12UL, *map.Find<ulong, uint>(1u));
        Assert.Equal(0, map.Remove(1u));
        Assert.True(map.Find<ulong, uint>(1u) == null);
    }

    [Theory, MemberData(nameof(Allocations))]
    public void Misuse_is_answered_as_the_kernel_does(MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 2, flags);

        Assert.Equal(ENOENT, map.Put(1u, 0UL, 2));
        Assert.Equal(0, map.Put(1u, 0UL, 1));
        Assert.Equal(EEXIST, map.Put(1u, 0UL, 1));
        Assert.Equal(EINVAL, map.Put(1u, 0UL, 3));
        Assert.Equal(EINVAL, map.Put(1u, 0UL, 4));
        Assert.Equal(ENOENT, map.Remove(2u));
        Assert.Equal(0, map.Put(2u, 0UL));
        Assert.Equal(E2BIG, map.Put(3u, 0UL));
        Assert.Equal(ENOENT, map.Put(3u, 0UL, 2));
        Assert.Equal(EEXIST, map.Put(2u, 0UL, 1));
        Assert.Equal(0, map.Put(2u, 1UL));
        Assert.Equal(EINVAL, map.HostGet(1u, out ulong _, 4));
        Assert.Equal(EINVAL, map.HostTake(1u, out ulong _, 1));
    }

    [Theory, MemberData(nameof(Allocations))]
    public void A_full_map_takes_a_new_key_as_soon_as_one_is_deleted_even_within_a_run(MapFlags flags)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 3, flags);
        using (room.Slots.Enter())
        {
            for (uint i = 0; i < 3; i++)
                Assert.Equal(0, map.Put(i, (ulong)i));
            for (uint i = 3; i < 5000; i++)
            {
                Assert.Equal(E2BIG, map.Put(i, 0UL));
                Assert.Equal(0, map.Remove(i - 3));
                Assert.Equal(0, map.Put(i, (ulong)i));
            }

            Assert.Equal([4997u, 4998u, 4999u], map.Keys<uint>().Order());
        }
    }
}
