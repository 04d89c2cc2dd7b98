using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class MapLifetimeTests
{
    public static TheoryData<MapType> Types => [.. Specs.Keys];

    private static readonly Dictionary<MapType, MapSpec> Specs = new MapSpec[]
    {
        MapRoom.Spec(MapType.Array, 4, 8, 100),
        MapRoom.Spec(MapType.PerCpuArray, 4, 8, 100),
        MapRoom.Spec(MapType.Hash, 4, 8, 100),
        MapRoom.Spec(MapType.PerCpuHash, 4, 8, 100),
        MapRoom.Spec(MapType.LruHash, 4, 8, 100),
        MapRoom.Spec(MapType.LruPerCpuHash, 4, 8, 100),
        MapRoom.Spec(MapType.Queue, 0, 8, 100),
        MapRoom.Spec(MapType.Stack, 0, 8, 100),
        MapRoom.Spec(MapType.ProgArray, 4, 4, 100),
        MapRoom.Spec(MapType.ArrayOfMaps, 4, 4, 100) with { Inner = MapRoom.Spec(MapType.Array, 4, 8, 1) },
        MapRoom.Spec(MapType.HashOfMaps, 4, 4, 100) with { Inner = MapRoom.Spec(MapType.Array, 4, 8, 1) },
        MapRoom.Spec(MapType.RingBuf, 0, 0, 4096),
        MapRoom.Spec(MapType.LpmTrie, 8, 8, 100, MapFlags.NoPrealloc),
        MapRoom.Spec(MapType.BloomFilter, 0, 8, 100),
        MapRoom.Spec(MapType.PerfEventArray, 4, 4, 4),
    }.ToDictionary(spec => spec.Type);

    [Theory, MemberData(nameof(Types))]
    public void What_a_map_says_it_holds_is_what_the_heap_counts_and_all_of_it_is_freed(MapType type)
    {
        using MapRoom room = new();
        EmbeddedMap map = room.Map(Specs[type]);

        Assert.Equal(room.Heap.LiveBytes - room.BytesWithoutMaps, map.MemoryBytes);
        Assert.True(map.MemoryBytes > 0);
        map.Dispose();
        Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
        map.Dispose();
    }

    [Theory, MemberData(nameof(Types))]
    public void Whichever_allocation_fails_creation_answers_ENOMEM_and_leaves_nothing(MapType type)
    {
        using MapRoom room = new();
        int failures = 0;
        while (true)
        {
            room.Heap.FailAt = room.Heap.Allocations + failures + 1;
            try
            {
                room.Map(Specs[type]).Dispose();
                break;
            }
            catch (BpfException e)
            {
                Assert.Equal(Errno.ENOMEM, e.Errno);
                Assert.Contains("tested", e.Message);
                Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
                failures++;
            }
        }

        Assert.InRange(failures, 1, 10);
    }

    [Theory]
    [InlineData(MapType.Hash)]
    [InlineData(MapType.PerCpuHash)]
    public void Without_preallocation_an_insertion_may_find_no_memory_and_can_be_tried_again(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 4, 8, 100, MapFlags.NoPrealloc);

        room.Heap.FailAt = room.Heap.Allocations + 1;
        Assert.Equal(ENOMEM, map.Put(1u, 1UL));
        Assert.Empty(map.Keys<uint>());
        Assert.Equal(0, map.Put(1u, 1UL));
        for (uint key = 2; key <= 100; key++)
            Assert.Equal(0, map.Put(key, 1UL));
        Assert.Equal(E2BIG, map.Put(101u, 1UL));
    }

    [Fact]
    public void A_map_that_is_disposed_during_a_run_is_freed_when_the_run_ends()
    {
        using MapRoom room = new();
        EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);
        using (room.Slots.Enter())
        {
            ulong* value = map.Find<ulong, uint>(0u);
            map.Dispose();
            *value = 1;
            Assert.Equal(1, room.Slots.DeferredCount);
        }

        Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
    }

    [Theory]
    [InlineData(MapType.Hash, 80_778_256)]
    [InlineData(MapType.LruHash, 80_778_112)]
    public void A_million_entries_take_less_than_the_kernel_counts_for_them(MapType type, long memlock)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 8, 8, 1_000_000);

        Assert.InRange(map.MemoryBytes, 24_000_000, memlock * 2 / 3);
    }

    [Fact]
    public void A_program_that_uses_a_map_keeps_it()
    {
        using MapRoom room = new();
        EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);
        Assert.True(map.TryAddReference());

        map.Dispose();
        Assert.Equal(0, map.Put(0u, 1UL));
        map.Release();
        Assert.False(map.TryAddReference());
        Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
    }

    [Fact]
    public void The_host_cannot_use_a_map_that_is_gone()
    {
        using MapRoom room = new();
        EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);
        map.Dispose();

        Assert.Throws<ObjectDisposedException>(() => map.HostPut(0u, 1UL));
        Assert.Throws<ObjectDisposedException>(() => map.HostNext<uint>(null, out _));
    }

    [Fact]
    public void A_forgotten_map_is_freed_by_finalizers()
    {
        NativeHeap heap = new();
        ExecutionSlots slots = new(heap, 1);
        long before = heap.LiveBytes;
        Forget(heap, slots);

        for (int i = 0; i < 20 && heap.LiveBytes != before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(before, heap.LiveBytes);
        GC.KeepAlive(slots);
    }

    [Fact]
    public void An_untouched_giant_costs_address_space_only()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 1 << 26);

        Assert.True(map.MemoryBytes > 1L << 30);
        Assert.Equal(0, map.Put(7u, 8UL));
        Assert.Equal(8UL, *map.Find<ulong, uint>(7u));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget(NativeHeap heap, ExecutionSlots slots) => EmbeddedMap.Create(Specs[MapType.Hash], heap, slots);
}
