using System.Buffers.Binary;

namespace Ebpf.Tests.RingBuffers;

public sealed class RingBufferTests
{
    [Fact]
    public void Records_are_read_in_order_without_discarded_ones()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load();
        var reader = new RingBufferReader(live.Maps["events"]);

        live.Programs["reserve"].Run();
        live.Programs["discard"].Run();
        live.Programs["output"].Run();

        var kinds = new List<int>();
        foreach (ReadOnlySpan<byte> record in reader.Lease())
        {
            Assert.Equal(16, record.Length);
            kinds.Add(BinaryPrimitives.ReadInt32LittleEndian(record));
        }

        Assert.Equal([1, 3], kinds);
        Assert.Null(reader.TryRead());
        Assert.Equal(0u, live.Programs["query_available"].Run().ReturnValue);
    }

    [Fact]
    public void Room_is_given_back_when_the_batch_is_disposed_and_not_before()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load();
        var reader = new RingBufferReader(live.Maps["events"]);
        live.Programs["output"].Run(new RunOptions { Repeat = 3 });

        RingBufferBatch batch = reader.Lease();
        Assert.True(batch.MoveNext());
        Assert.True(batch.MoveNext());
        Assert.Equal(3u * 24, live.Programs["query_available"].Run().ReturnValue);
        Assert.Throws<InvalidOperationException>(() => reader.Lease());

        batch.Dispose();
        batch.Dispose();
        Assert.Equal(24u, live.Programs["query_available"].Run().ReturnValue);
    }

    [Fact]
    public void Records_that_find_no_room_are_counted_as_lost()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load();
        var reader = new RingBufferReader(live.Maps["events"]);

        live.Programs["reserve"].Run(new RunOptions { Repeat = 4096 / 24 + 5 });

        ulong lost = live.Variables["lost"].Get<ulong>();
        Assert.True(lost >= 5);
        Assert.Equal(lost, reader.Lost);
    }

    [Fact]
    public async Task All_records_of_a_producer_that_keeps_running_arrive_in_order()
    {
        const int count = 2000;
        using LoadedObject live = TestData.Open("ringbuf").Load();
        var reader = new RingBufferReader(live.Maps["events"]);
        BpfProgram output = live.Programs["output"];
        Task producer = Task.Run(() =>
        {
            for (int sent = 0; sent < count;)
            {
                sent += output.Run().ReturnValue == 0 ? 1 : 0;
            }
        });

        ulong last = 0;
        int received = 0;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await foreach (byte[] record in reader.ReadAllAsync(timeout.Token))
        {
            ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(8));
            Assert.True(received == 0 || sequence > last);
            last = sequence;
            if (++received == count)
            {
                break;
            }
        }

        await producer;
        Assert.Equal(count, received);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load();
        var reader = new RingBufferReader(live.Maps["events"]);
        using var cancel = new CancellationTokenSource();
        await using IAsyncEnumerator<byte[]> records = reader.ReadAllAsync(cancel.Token).GetAsyncEnumerator();
        ValueTask<bool> waiting = records.MoveNextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public void Other_maps_are_no_ring_buffers()
    {
        using LoadedObject live = TestData.OpenSample("map").Load();

        Assert.Throws<ArgumentException>(() => new RingBufferReader(live.Maps["HASH_map"]));
    }
}
