using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class PerfEventArrayMapTests
{
    [Fact]
    public void A_record_goes_to_the_buffer_of_the_runs_cpu()
    {
        using MapRoom room = new();
        using PerfEventArrayMap map = Map(room);
        PerfBuffer zero = map.Open(0, 4096), one = map.Open(1, 4096);

        Assert.Equal(0, Output(map, 42, PerfEventArrayMap.CurrentCpu, cpu: 1));
        Assert.Equal(0, Output(map, 43, flags: 1, cpu: 1));

        Assert.False(zero.Ring.TryRead(out _));
        Assert.True(one.Ring.TryRead(out RingBufferLease lease));
        Assert.Equal(42UL, BitConverter.ToUInt64(lease.Record));
        lease.Dispose();
        Assert.True(one.Ring.TryRead(out lease));
        Assert.Equal(43UL, BitConverter.ToUInt64(lease.Record));
        lease.Dispose();
    }

    [Fact]
    public void Misuse_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using PerfEventArrayMap map = Map(room);
        map.Open(0, 4096);

        Assert.Equal(EINVAL, Output(map, 0, 1UL << 40, 0));
        Assert.Equal(E2BIG, Output(map, 0, 2, 0));
        Assert.Equal(ENOENT, Output(map, 0, 1, 1));
        Assert.Equal(EOPNOTSUPP, Output(map, 0, 0, 1));
        Assert.Equal(EBADF, map.HostPut(0u, 0u));
        Assert.Equal(E2BIG, map.HostPut(2u, 0u));
        Assert.Equal(EINVAL, map.HostPut(0u, 0u, 1));
        Assert.Equal(ENOTSUPP, map.HostGet(0u, out uint _));
        Assert.Equal(ENOENT, map.HostRemove(1u));
        Assert.Equal(E2BIG, map.HostRemove(2u));
        Assert.Equal(0, map.HostRemove(0u));
        Assert.Equal(ENOENT, map.HostRemove(0u));
        Assert.Equal([0u, 1u], map.Keys<uint>());
        Assert.Equal(Errno.E2BIG, Assert.Throws<BpfException>(() => map.Open(2, 4096)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => map.Open(0, 5000)).Errno);
    }

    [Fact]
    public void What_finds_no_room_is_counted_as_lost()
    {
        using MapRoom room = new();
        using PerfEventArrayMap map = Map(room);
        PerfBuffer buffer = map.Open(0, 4096);
        for (int i = 0; i < 255; i++)
            Assert.Equal(0, Output(map, 0, 0, 0));

        Assert.Equal(ENOSPC, Output(map, 0, 0, 0));
        Assert.Equal(1, buffer.Lost);
    }

    [Fact]
    public void The_memory_of_buffers_belongs_to_the_map()
    {
        using MapRoom room = new();
        using PerfEventArrayMap map = Map(room);
        map.Open(0, 4096);
        map.Open(0, 8192);

        Assert.Equal(room.Heap.LiveBytes - room.BytesWithoutMaps, map.MemoryBytes);
    }

    private static PerfEventArrayMap Map(MapRoom room) => (PerfEventArrayMap)room.Map(MapType.PerfEventArray, 4, 4, 2);

    private static int Output(PerfEventArrayMap map, ulong value, ulong flags, int cpu) => map.Output((byte*)&value, 8, flags, cpu);
}
