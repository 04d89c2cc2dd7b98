using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>What bpf_for_each_map_elem visits.</summary>
public unsafe class MapIterationTests
{
    [Theory]
    [InlineData(MapType.Hash)]
    [InlineData(MapType.PerCpuHash)]
    [InlineData(MapType.LruHash)]
    public void Each_element_is_visited_once_even_if_each_is_updated_on_the_way(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, 100);
        for (uint key = 0; key < 100; key++)
            map.Put(key, (ulong)key, slot: 1);
        using ExecutionSlot slot = room.Slots.Enter();
        List<uint> seen = [];
        ElementCursor cursor = default;
        while (map.MoveNext(ref cursor, 1))
        {
            uint key = *(uint*)cursor.Key;
            Assert.Equal(key, *(ulong*)cursor.Value);
            seen.Add(key);
            map.Put(key, 1000UL, slot: 1);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (uint)i), seen.Order());
    }

    [Fact]
    public void Elements_that_are_deleted_on_the_way_do_not_end_it()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 100);
        for (uint key = 0; key < 100; key++)
            map.Put(key, (ulong)key);
        using ExecutionSlot slot = room.Slots.Enter();
        int count = 0;
        ElementCursor cursor = default;
        while (map.MoveNext(ref cursor, 0))
        {
            map.Remove(*(uint*)cursor.Key);
            count++;
        }

        Assert.Equal(100, count);
        Assert.Empty(map.Keys<uint>());
    }

    [Fact]
    public void It_ends_however_much_is_deleted_and_inserted_on_the_way()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 4);
        for (uint key = 0; key < 4; key++)
            map.Put(key, 0UL);
        using ExecutionSlot slot = room.Slots.Enter();
        uint next = 100;
        int count = 0;
        ElementCursor cursor = default;
        while (map.MoveNext(ref cursor, 0))
        {
            count++;
            for (int i = 0; i < 50; i++)
            {
                map.Remove(map.Keys<uint>()[0]);
                map.Put(next++, 0UL);
            }
        }

        Assert.InRange(count, 1, 8);
    }
}
