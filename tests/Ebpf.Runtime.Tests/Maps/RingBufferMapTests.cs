using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class RingBufferMapTests
{
    [Fact]
    public void Records_are_read_in_the_order_of_their_reservation_once_they_are_submitted()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        byte* first = map.Reserve(8, 0);
        byte* second = map.Reserve(8, 0);
        *(ulong*)first = 1;
        *(ulong*)second = 2;

        RingBufferMap.Submit(second, 0);
        Assert.Empty(Drain(map));
        RingBufferMap.Submit(first, 0);
        Assert.Equal([1, 2], Drain(map));
    }

    [Fact]
    public void A_discarded_record_is_skipped_and_its_room_given_back()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);

        RingBufferMap.Discard(map.Reserve(100, 0), 0);
        Assert.Equal(112UL, map.AvailableBytes);
        Output(map, 7);
        Assert.Equal([7], Drain(map));
        Assert.Equal(0UL, map.AvailableBytes);
    }

    [Fact]
    public void Headers_and_positions_are_those_of_Linux()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);

        byte* record = map.Reserve(5, 0);
        Assert.Equal(5u | 0x80000000, *(uint*)(record - 8));
        Assert.Equal(3u, *(uint*)(record - 4));
        Assert.Equal(16UL, map.ProducerPosition);
        RingBufferMap.Submit(record, 0);
        Assert.Equal(5u, *(uint*)(record - 8));
        record = map.Reserve(8, 0);
        RingBufferMap.Discard(record, 0);
        Assert.Equal(8u | 0x40000000, *(uint*)(record - 8));
        Assert.Equal((nint)map.Header->Data + 16 + 8, (nint)record);
    }

    [Fact]
    public void A_full_buffer_answers_null_or_EAGAIN_until_something_is_consumed()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        int count = 0;
        while (Output(map, (ulong)count) == 0)
            count++;

        // Of 4096 bytes, 4095 may be used: 255 records of 16.
        Assert.Equal(255, count);
        Assert.Equal(EAGAIN, Output(map, 0));
        Assert.True(map.Reserve(8, 0) == null);
        Assert.Equal(Enumerable.Range(0, 255).Select(i => (ulong)i), Drain(map));
        Assert.Equal(0, Output(map, 1));
    }

    [Fact]
    public void A_record_that_is_not_finished_blocks_the_room_behind_a_whole_turn()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        Output(map, 1);
        byte* open = map.Reserve(8, 0);
        for (int i = 0; i < 252; i++)
            Assert.Equal(0, Output(map, 2));
        Assert.Equal([1], Drain(map));

        Assert.Equal(0, Output(map, 2));
        Assert.Equal(0, Output(map, 2));
        Assert.Equal(EAGAIN, Output(map, 2));
        RingBufferMap.Submit(open, 0);
        Assert.Equal(255, Drain(map).Count);
    }

    [Fact]
    public void A_record_that_wraps_is_contiguous_and_untouched_by_its_neighbours()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        byte[] sent = new byte[1000];
        for (int i = 0; i < 100; i++)
        {
            sent.AsSpan().Fill((byte)i);
            int length = 700 + i * 3;
            fixed (byte* data = sent)
            {
                Assert.Equal(0, map.Output(data, (ulong)length, 0));
                Assert.Equal(0, map.Output(data, 8, 0));
            }

            Assert.True(map.TryRead(out RingBufferLease lease));
            Assert.Equal(length, lease.Record.Length);
            Assert.False(lease.Record.ContainsAnyExcept((byte)i));
            lease.Dispose();
            Assert.Single(Drain(map));
        }
    }

    [Fact]
    public void Misuse_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        ulong data = 0;

        Assert.True(map.Reserve(8, 1) == null);
        Assert.True(map.Reserve(4089, 0) == null);
        Assert.True(map.Reserve(4088, 0) == null);
        Assert.True(map.Reserve(4080, 0) != null);
        Assert.True(map.Reserve(1UL << 40, 0) == null);
        Assert.Equal(EINVAL, map.Output((byte*)&data, 8, 4));
        Assert.Equal(EAGAIN, map.Output((byte*)&data, 1UL << 33, 0));
        Assert.Equal(ENOTSUPP, map.HostLookup(default, default));
        Assert.Equal(ENOTSUPP, map.HostUpdate(default, default));
        Assert.Equal(ENOTSUPP, map.HostDelete(default));
        Assert.Equal(ENOTSUPP, map.HostNextKey(default, default));
        Assert.Equal(ENOTSUPP, map.HostLookupAndDelete(default, default));
        Assert.Equal(EINVAL, map.HostGet(0u, out ulong _));
        Assert.True(map.Find<byte, uint>(0) == null);
    }

    [Fact]
    public void Query_tells_bytes_size_and_positions()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 8192);
        Output(map, 1);
        Output(map, 2);
        map.TryRead(out RingBufferLease lease);
        lease.Dispose();

        Assert.Equal([16UL, 8192UL, 16UL, 32UL, 0UL], new ulong[] { 0, 1, 2, 3, 9 }.Select(map.Query));
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(1UL, 0)]
    [InlineData(2UL, 3)]
    public void A_consumer_that_has_caught_up_is_woken_by_the_first_record_unless_flags_say_otherwise(ulong flags, int expected)
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        int wakeUps = 0;
        map.Woken += () => wakeUps++;

        for (int i = 0; i < 3; i++)
            Output(map, 1, flags);

        Assert.Equal(expected, wakeUps);
    }

    [Fact]
    public void Only_one_record_is_leased_at_a_time()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        Output(map, 1);
        Output(map, 2);
        Assert.True(map.TryRead(out RingBufferLease lease));

        Assert.Throws<InvalidOperationException>(() => map.TryRead(out _));
        lease.Dispose();
        Assert.Equal([2], Drain(map));
    }

    [Fact]
    public void A_lease_keeps_the_memory_of_a_disposed_map()
    {
        using MapRoom room = new();
        RingBufferMap map = Ring(room, 4096);
        Output(map, 42);
        map.TryRead(out RingBufferLease lease);

        map.Dispose();
        Assert.True(room.Heap.LiveBytes > room.BytesWithoutMaps);
        Assert.Equal(42UL, BitConverter.ToUInt64(lease.Record));
        lease.Dispose();
        Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
        Assert.Throws<ObjectDisposedException>(() => map.TryRead(out _));
    }

    [Fact]
    public void Waiting_ends_at_once_where_there_are_records_and_after_its_time_where_there_are_none()
    {
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);

        Assert.False(map.Wait(TimeSpan.Zero));
        Assert.False(map.Wait(TimeSpan.FromMilliseconds(1)));
        byte* record = map.Reserve(8, 0);
        Assert.True(map.Wait(Timeout.InfiniteTimeSpan));
        RingBufferMap.Submit(record, 0);
        using CancellationTokenSource source = new();
        source.Cancel();
        Drain(map);
        Assert.Throws<OperationCanceledException>(() => map.Wait(Timeout.InfiniteTimeSpan, source.Token));
    }

    [Fact]
    public void Nothing_is_lost_between_producers_and_a_waiting_consumer()
    {
        const int Producers = 3, PerProducer = 30_000;
        using MapRoom room = new();
        using RingBufferMap map = Ring(room, 4096);
        int[] next = new int[Producers];

        Threads.Run(Producers + 1, thread =>
        {
            if (thread < Producers)
            {
                for (int i = 0; i < PerProducer; i++)
                {
                    using ExecutionSlot slot = room.Slots.Enter();
                    byte* record;
                    while ((record = map.Reserve(16, 0)) == null)
                        Thread.Yield();
                    ((ulong*)record)[0] = (ulong)thread;
                    ((ulong*)record)[1] = (ulong)i;
                    if (i % 7 == 3)
                        RingBufferMap.Discard(record, 0);
                    else
                        RingBufferMap.Submit(record, 0);
                }

                return;
            }

            while (next.Sum() < Producers * PerProducer)
            {
                while (map.TryRead(out RingBufferLease lease))
                {
                    int producer = (int)BitConverter.ToUInt64(lease.Record), i = (int)BitConverter.ToUInt64(lease.Record[8..]);
                    lease.Dispose();
                    if (next[producer] % 7 == 3)
                        next[producer]++;
                    Assert.Equal(next[producer], i);
                    next[producer]++;
                }

                // The last of a producer's records may be a discarded one, which nobody sees.
                for (int i = 0; i < Producers; i++)
                {
                    if (next[i] == PerProducer - 1 && next[i] % 7 == 3)
                        next[i]++;
                }

                if (next.Sum() < Producers * PerProducer)
                    Assert.True(map.Wait(TimeSpan.FromSeconds(60)));
            }
        });
    }

    private static RingBufferMap Ring(MapRoom room, uint bytes) => (RingBufferMap)room.Map(MapType.RingBuf, 0, 0, bytes);

    private static int Output(RingBufferMap map, ulong value, ulong flags = 0) => map.Output((byte*)&value, 8, flags);

    private static List<ulong> Drain(RingBufferMap map)
    {
        List<ulong> values = [];
        while (map.TryRead(out RingBufferLease lease))
        {
            values.Add(BitConverter.ToUInt64(lease.Record));
            lease.Dispose();
        }

        return values;
    }
}
