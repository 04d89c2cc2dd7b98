using System.Diagnostics;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.RingBuffers;

public sealed class RingBufferTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    public RingBufferTests() => Kernel.Require();

    [Fact]
    public void Records_are_read_in_order_without_discarded_ones()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["events"]);
        live.Programs["reserve"].Run();
        live.Programs["discard"].Run();
        live.Programs["output"].Run();

        var kinds = new List<int>();
        foreach (ReadOnlySpan<byte> record in reader.Lease())
        {
            Assert.Equal(16, record.Length);
            kinds.Add(BitConverter.ToInt32(record));
        }

        Assert.Equal([1, 3], kinds);
        Assert.Null(reader.TryRead());
        Assert.Equal(0u, reader.AvailableBytes);
        Assert.Equal(0u, live.Programs["query_available"].Run().ReturnValue);
    }

    [Fact]
    public void Room_is_given_back_when_the_batch_is_disposed_and_not_before()
    {
        using LoadedObject live = TestData.Open("ringbuf").Load(Platform.Linux);
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
        Assert.Equal(24u, reader.AvailableBytes);
    }

    [Fact]
    public void Records_are_whole_wherever_they_wrap_around_the_end()
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_small").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        BpfProgram put = live.Programs["put_small"];
        ulong expected = 0;

        // Many laps of 4096 bytes, in steps that share no factor with it.
        for (int i = 0; i < 600; i++)
        {
            int length = (i * 37) % 509;
            Assert.Equal(0u, put.Run(BufferInput.Of(length)).ReturnValue);
            int seen = 0;
            foreach (ReadOnlySpan<byte> record in reader.Lease())
            {
                Assert.Equal(BufferInput.NumberSize + length, record.Length);
                Assert.Equal(expected++, BufferInput.Number(record, record.Length));
                seen++;
            }

            Assert.Equal(1, seen);
        }
    }

    [Fact]
    public void A_full_buffer_refuses_and_takes_records_again_after_it_was_read()
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_small").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        BpfProgram put = live.Programs["put_small"];

        int fit = 0;
        while (put.Run(BufferInput.Of(500)).ReturnValue == 0)
        {
            fit++;
        }

        // 8 for the header, 8 for the number, 500 rounded up.
        Assert.Equal(4096 / 520, fit);
        Assert.Equal(1ul, live.Variables["lost"].Get<ulong>());
        Assert.Null(reader.Lost);
        Assert.NotNull(reader.TryRead());
        Assert.Equal(0u, put.Run(BufferInput.Of(500)).ReturnValue);
        Assert.Equal(2u, put.Run(BufferInput.Of(500)).ReturnValue);
    }

    [Fact]
    public async Task All_records_of_a_producer_that_keeps_running_arrive_in_order()
    {
        const int count = 3000;
        using LoadedObject live = TestData.Open("buffers").Only("put_small").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        BpfProgram put = live.Programs["put_small"];
        Task producer = Task.Run(() =>
        {
            for (int sent = 0; sent < count;)
            {
                sent += put.Run(BufferInput.Of(sent % 100)).ReturnValue == 0 ? 1 : 0;
            }
        });

        var numbers = new List<ulong>();
        using var stop = new CancellationTokenSource(s_long);
        await foreach (byte[] record in reader.ReadAllAsync(stop.Token))
        {
            numbers.Add(BufferInput.Number(record, record.Length));
            if (numbers.Count == count)
            {
                break;
            }
        }

        await producer;
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(count, numbers.Distinct().Count());
    }

    [Fact]
    public async Task Records_of_several_maps_arrive_in_one_stream()
    {
        const int each = 200;
        using LoadedObject live = TestData.Open("buffers").Load(Platform.Linux);
        RingBufferReader[] readers = [new(live.Maps["small"]), new(live.Maps["large"])];
        using var stop = new CancellationTokenSource(s_long);
        Task producer = Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                while (live.Programs["put_small"].Run(BufferInput.Of(i)).ReturnValue != 0)
                {
                    Thread.Yield();
                }

                live.Programs["put_large"].Run(BufferInput.Of(i));
            }
        });

        Dictionary<RingBufferReader, int> counts = readers.ToDictionary(static r => r, static _ => 0);
        await foreach ((RingBufferReader reader, byte[] record) in RingBufferReader.ReadAllAsync(readers, stop.Token))
        {
            BufferInput.Number(record, record.Length);
            counts[reader]++;
            if (counts.Values.All(static n => n == each))
            {
                break;
            }
        }

        await producer;
    }

    [Fact]
    public async Task Waiting_ends_with_a_record_with_time_or_with_cancellation()
    {
        using LoadedObject live = TestData.Open("buffers").Load(Platform.Linux);
        RingBufferReader[] readers = [new(live.Maps["small"]), new(live.Maps["large"])];
        Assert.False(readers[0].Wait(TimeSpan.Zero));
        Assert.False(readers[0].Wait(TimeSpan.FromMilliseconds(20)));
        Assert.Equal(-1, RingBufferReader.WaitAny(readers, TimeSpan.FromMilliseconds(20)));

        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => readers[0].Wait(Timeout.InfiniteTimeSpan, cancel.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => RingBufferReader.WaitAny(readers, s_long, cancel.Token));

        var late = Task.Run(() =>
        {
            Thread.Sleep(50);
            live.Programs["put_large"].Run(BufferInput.Of(1));
        });
        Assert.Equal(1, RingBufferReader.WaitAny(readers, s_long));
        await late;
        Assert.True(readers[1].Wait(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_waiting_reader_is_woken_at_once_and_finds_quiet_records_soon()
    {
        using LoadedObject live = TestData.Open("buffers").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        using var stop = new CancellationTokenSource(s_long);
        await using IAsyncEnumerator<byte[]> records = reader.ReadAllAsync(stop.Token).GetAsyncEnumerator();

        foreach (string program in (string[])["put_small", "put_quietly", "put_small"])
        {
            ValueTask<bool> next = records.MoveNextAsync();
            await Task.Delay(30);
            Assert.False(next.IsCompleted);
            live.Programs[program].Run(BufferInput.Of(4));
            Assert.True(await next);
        }
    }

    [Fact]
    public void A_batch_stays_readable_when_the_object_is_disposed_meanwhile()
    {
        LoadedObject live = TestData.Open("buffers").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        live.Programs["put_small"].Run(BufferInput.Of(10));
        RingBufferBatch batch = reader.Lease();
        Assert.True(batch.MoveNext());

        live.Dispose();

        Assert.Equal(0ul, BufferInput.Number(batch.Current, batch.Current.Length));
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.TryRead());
    }

    [Fact]
    public async Task Waking_up_takes_no_time_worth_mentioning()
    {
        using LoadedObject live = TestData.Open("buffers").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        BpfProgram put = live.Programs["put_small"];
        var shortest = TimeSpan.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            var producer = Task.Run(() =>
            {
                Thread.Sleep(20);
                long sent = Stopwatch.GetTimestamp();
                put.Run(BufferInput.Of(4));
                return sent;
            });
            Assert.True(reader.Wait(s_long));
            long woken = Stopwatch.GetTimestamp();
            TimeSpan taken = Stopwatch.GetElapsedTime(await producer, woken);
            shortest = taken < shortest ? taken : shortest;
            Assert.NotNull(reader.TryRead());
        }

        // The fall-back for records without a wake-up would take up to 100 ms.
        Assert.True(shortest < TimeSpan.FromMilliseconds(50), $"{shortest}");
    }
}
