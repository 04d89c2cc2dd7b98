using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class ArrayMapTests
{
    [Fact]
    public void Every_index_has_a_zeroed_element_from_the_start()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 12, 3);

        for (uint i = 0; i < 3; i++)
        {
            byte* value = (byte*)map.Find<byte, uint>(i);
            Assert.True(new ReadOnlySpan<byte>(value, 12).IndexOfAnyExcept((byte)0) < 0);
            Assert.Equal((nint)(map.Header->Data + i * 16), (nint)value);
        }

        Assert.True(map.Find<byte, uint>(3u) == null);
    }

    [Fact]
    public void Element_data_is_aligned_to_pages()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 1, 1);

        Assert.Equal(0u, (nuint)map.Header->Data % 4096);
    }

    [Fact]
    public void A_program_and_the_host_see_the_same_element()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 8, 2);

        Assert.Equal(0, map.Put(1u, 7UL));
        Assert.Equal(0, map.HostGet(1u, out ulong seen));
        Assert.Equal(7UL, seen);
        Assert.Equal(0, map.HostPut(1u, 8UL));
        Assert.Equal(8UL, *map.Find<ulong, uint>(1u));
    }

    [Fact]
    public void Misuse_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 8, 2);

        Assert.Equal(E2BIG, map.Put(2u, 0UL));
        Assert.Equal(EINVAL, map.Put(0u, 0UL, 3));
        Assert.Equal(EINVAL, map.Put(2u, 0UL, 3));
        Assert.Equal(EEXIST, map.Put(0u, 0UL, 1));
        Assert.Equal(0, map.Put(0u, 0UL, 2));
        Assert.Equal(EINVAL, map.Put(0u, 0UL, 4));
        Assert.Equal(EINVAL, map.Remove(0u));
        Assert.Equal(EINVAL, map.HostRemove(0u));
        Assert.Equal(ENOENT, map.HostGet(2u, out ulong _));
        Assert.Equal(ENOTSUPP, map.HostTake(0u, out ulong _));
        Assert.Equal(EINVAL, map.HostGet(0u, out uint _));
    }

    [Fact]
    public void Keys_are_iterated_in_order_and_a_key_beyond_the_end_starts_again()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 8, 3);

        Assert.Equal([0u, 1u, 2u], map.Keys<uint>());
        Assert.Equal(0, map.HostNext<uint>(3, out uint next));
        Assert.Equal(0u, next);
        Assert.Equal(0, map.HostNext<uint>(uint.MaxValue, out next));
        Assert.Equal(0u, next);
    }

    [Fact]
    public void Each_slot_has_its_own_values_and_the_host_sees_all()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.PerCpuArray, 4, 4, 2);

        for (int slot = 0; slot < MapRoom.SlotCount; slot++)
            Assert.Equal(0, map.Put(1u, 10 + slot, slot: slot));
        byte[] all = new byte[map.HostValueSize];
        Assert.Equal(0, map.HostLookup(BitConverter.GetBytes(1u), all));

        Assert.Equal(8 * MapRoom.SlotCount, all.Length);
        for (int slot = 0; slot < MapRoom.SlotCount; slot++)
            Assert.Equal(10 + slot, BitConverter.ToInt32(all, slot * 8));
        uint key = 1;
        Assert.Equal(12, *(int*)map.LookupPerCpu((byte*)&key, 2));
        Assert.True(map.LookupPerCpu((byte*)&key, MapRoom.SlotCount) == null);
    }

    [Fact]
    public void The_host_writes_the_values_of_all_slots()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.PerCpuArray, 4, 4, 2);
        byte[] all = new byte[map.HostValueSize];
        for (int slot = 0; slot < MapRoom.SlotCount; slot++)
            all[slot * 8] = (byte)(slot + 1);

        Assert.Equal(0, map.HostUpdate(BitConverter.GetBytes(0u), all));

        for (int slot = 0; slot < MapRoom.SlotCount; slot++)
            Assert.Equal(slot + 1, *map.Find<int, uint>(0u, slot));
    }

    [Fact]
    public void Initial_data_is_there_and_a_frozen_map_refuses_the_host()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(
            MapRoom.Spec(MapType.Array, 4, 8, 1, MapFlags.ReadOnlyProgram) with { InitialData = new byte[] { 1, 2, 3, 4, 5 }, IsFrozen = true });

        Assert.Equal(0x0504030201UL, *(ulong*)map.DirectValue);
        Assert.Equal(EPERM, map.HostPut(0u, 1UL));
        Assert.Equal(EPERM, map.Put(0u, 1UL));
        Assert.Equal(EPERM, map.Freeze());
        Assert.Equal(0, map.HostGet(0u, out ulong _));
    }

    [Fact]
    public void A_map_that_the_host_may_not_read_or_write_says_so()
    {
        using MapRoom room = new();
        using EmbeddedMap readOnly = room.Map(MapType.Array, 4, 8, 1, MapFlags.ReadOnly);
        using EmbeddedMap writeOnly = room.Map(MapType.Array, 4, 8, 1, MapFlags.WriteOnly);

        Assert.Equal(EPERM, readOnly.HostPut(0u, 1UL));
        Assert.Equal(0, readOnly.Put(0u, 1UL));
        Assert.Equal(EPERM, writeOnly.HostGet(0u, out ulong _));
        Assert.Equal(EPERM, writeOnly.HostNext<uint>(null, out _));
        Assert.Equal(0, writeOnly.HostPut(0u, 1UL));
    }

    [Fact]
    public void A_handle_leads_back_to_its_map()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.Array, 4, 8, 1);

        Assert.Same(map, EmbeddedMap.FromHandle(map.Handle));
        Assert.Equal(MapType.Array, map.Header->Type);
        Assert.Equal(8u, map.Header->Stride);
    }
}
