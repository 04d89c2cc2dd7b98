using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Values that belong to objects, call stacks, and samples from the host.</summary>
public unsafe class StorageMapTests
{
    private static MapSpec LocalStorage(MapType type) => MapRoom.Spec(type, 4, 8, 0, MapFlags.NoPrealloc) with { KeyType = 1, ValueType = 1 };

    [Theory]
    [InlineData(MapType.SkStorage)]
    [InlineData(MapType.InodeStorage)]
    [InlineData(MapType.TaskStorage)]
    [InlineData(MapType.CgrpStorage)]
    public void Local_storage_is_made_for_an_object_when_a_program_asks_for_it(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(LocalStorage(type));
        LocalStorageMap storage = (LocalStorageMap)map;
        ulong initial = 41;

        Assert.True(storage.Get(7, (byte*)&initial, 0) == null);
        Assert.True(storage.Get(7, (byte*)&initial, 2) == null);
        ulong* value = (ulong*)storage.Get(7, (byte*)&initial, LocalStorageMap.CreateFlag);
        Assert.Equal(41UL, *value);
        ++*value;
        Assert.True(value == storage.Get(7, null, LocalStorageMap.CreateFlag));
        Assert.Equal(0UL, *(ulong*)storage.Get(8, null, LocalStorageMap.CreateFlag));
        Assert.Equal(0, map.HostGet(7u, out ulong seen));
        Assert.Equal(42UL, seen);
        Assert.Equal(ENOENT, map.HostGet(9u, out ulong _));
        Assert.Equal(EEXIST, map.HostPut(7u, 1UL, 1));
        Assert.Equal(ENOENT, map.HostPut(9u, 1UL, 2));
        Assert.Equal(ENOTSUPP, map.HostNext<uint>(null, out _));
        Assert.Equal(0, storage.Remove(7));
        Assert.Equal(ENOENT, storage.Remove(7));
        Assert.Equal(ENOENT, map.HostRemove(7u));
    }

    [Theory]
    [InlineData(MapType.CgroupStorage)]
    [InlineData(MapType.PerCpuCgroupStorage)]
    public void Cgroup_storage_is_there_for_each_cgroup_and_the_host_may_change_it(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 8, 8, 0);
        CgroupStorageMap storage = (CgroupStorageMap)map;
        byte[] values = new byte[map.HostValueSize];
        ulong cgroup = 5;
        ReadOnlySpan<byte> key = MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref cgroup));

        Assert.Equal(ENOENT, map.HostLookup(key, values));
        Assert.Equal(ENOENT, map.HostUpdate(key, values));
        *(ulong*)storage.Get(5, AttachType.CgroupInetEgress, 0) = 3;
        Assert.Equal(0, map.HostLookup(key, values));
        Assert.Equal(3, values[0]);
        values[0] = 9;
        Assert.Equal(EINVAL, map.HostUpdate(key, values, 1));
        Assert.Equal(0, map.HostUpdate(key, values, 2));
        Assert.Equal(9UL, *(ulong*)storage.Get(5, AttachType.CgroupInetEgress, 0));
        Assert.Equal(EINVAL, map.HostDelete(key));
        Assert.Equal([5UL], map.Keys<ulong>());
    }

    [Fact]
    public void A_long_key_tells_attach_types_apart()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.CgroupStorage, 16, 8, 0);
        CgroupStorageMap storage = (CgroupStorageMap)map;

        Assert.True(storage.Get(5, AttachType.CgroupInetEgress, 0) != storage.Get(5, AttachType.CgroupInetIngress, 0));
    }

    [Fact]
    public void A_call_stack_is_kept_under_a_number_that_it_always_gets()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.StackTrace, 4, 24, 1);
        StackTraceMap stacks = (StackTraceMap)map;
        byte[] bytes = new byte[24];

        int id = stacks.Store([1, 2, 3, 4], 0);
        Assert.Equal(id, stacks.Store([1, 2, 3], 0));
        Assert.Equal(EEXIST, stacks.Store([9], 0));
        Assert.Equal(0, map.HostGet(id, out (ulong, ulong, ulong) stack));
        Assert.Equal((1UL, 2UL, 3UL), stack);
        Assert.Equal(id, stacks.Store([9], 1 << 10));
        Assert.Equal(0, map.HostGet(id, out stack));
        Assert.Equal((9UL, 0UL, 0UL), stack);
        Assert.Equal([id], map.Keys<int>());
        Assert.Equal(EINVAL, map.HostUpdate(new byte[4], bytes));
        Assert.Equal(0, map.HostTake(id, out stack));
        Assert.Equal(ENOENT, map.HostRemove(id));
        Assert.Equal(ENOENT, map.HostRemove(100));
    }

    [Fact]
    public void Samples_from_the_host_come_in_order_and_give_their_room_back()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.UserRingBuf, 0, 0, 4096);
        UserRingBufferMap ring = (UserRingBufferMap)map;

        Assert.Equal(E2BIG, Write(ring, new byte[4096]));
        for (byte i = 0; i < 100; i++)
        {
            byte[] sample = new byte[1000 + i];
            sample[^1] = i;
            for (int times = 0; times < 3; times++)
                Assert.Equal(0, Write(ring, sample));
            Assert.Equal(ENOSPC, Write(ring, new byte[1100]));
            Assert.True(ring.TryBegin());
            Assert.False(ring.TryBegin());
            for (int times = 0; times < 3; times++)
            {
                Assert.Equal(0, ring.Peek(out byte* read, out uint size));
                Assert.True(sample.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(read, (int)size)));
                ring.Consume(size);
            }

            Assert.Equal(ENODATA, ring.Peek(out _, out _));
            ring.End();
        }
    }

    [Fact]
    public void Samples_that_a_host_wrote_wrongly_are_refused_as_in_the_kernel()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.UserRingBuf, 0, 0, 4096);
        UserRingBufferMap ring = (UserRingBufferMap)map;
        uint* header = (uint*)map.Header->Data;

        ring.ProducerPosition = 9;
        Assert.Equal(EINVAL, ring.Peek(out _, out _));
        ring.ProducerPosition = 16;
        *header = 16;
        Assert.Equal(EINVAL, ring.Peek(out _, out _));
        *header = 8 | RingBufferRecords.Busy;
        Assert.Equal(ENODATA, ring.Peek(out _, out _));
        ring.ProducerPosition = 1 << 20;
        *header = 5000;
        Assert.Equal(E2BIG, ring.Peek(out _, out _));
        *header = 8 | RingBufferRecords.Discarded;
        Assert.Equal(EAGAIN, ring.Peek(out _, out _));
        Assert.Equal(16UL, ring.ConsumerPosition);
    }

    private static int Write(UserRingBufferMap ring, ReadOnlySpan<byte> sample)
    {
        int error = ring.HostReserve((uint)sample.Length, out byte* to);
        if (error == 0)
        {
            sample.CopyTo(new Span<byte>(to, sample.Length));
            UserRingBufferMap.HostCommit(to, (uint)sample.Length, isDiscarded: false);
        }

        return error;
    }
}
