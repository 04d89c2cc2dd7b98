using System.Buffers.Binary;

namespace Ebpf.Tests.RingBuffers;

/// <summary>Several ring buffers, perf buffers, typed records and waiting, on the embedded platform; Ebpf.Kernel.Tests does the same in the kernel.</summary>
public sealed class SeveralBuffersTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    [Fact]
    public void Waiting_for_several_names_the_one_that_has_records()
    {
        using LoadedObject live = TestData.Open("buffers").Load();
        RingBufferReader[] readers = [new(live.Maps["small"]), new(live.Maps["large"])];

        Assert.Equal(-1, RingBufferReader.WaitAny(readers, TimeSpan.Zero));
        live.Programs["put_large"].Run(Input(20));

        Assert.Equal(1, RingBufferReader.WaitAny(readers, s_long));
        Assert.Equal(8 + 32u, readers[1].AvailableBytes);
        Assert.Equal(28, readers[1].TryRead()!.Length);
        Assert.Equal(0u, readers[1].AvailableBytes);
    }

    [Fact]
    public async Task Records_of_several_arrive_in_one_stream_each_in_its_own_order()
    {
        const int each = 40;
        using LoadedObject live = TestData.Open("buffers").Load();
        RingBufferReader[] readers = [new(live.Maps["small"]), new(live.Maps["large"])];
        using var stop = new CancellationTokenSource(s_long);
        Task producer = Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                live.Programs["put_small"].Run(Input(0));
                live.Programs["put_large"].Run(Input(200));
            }
        });

        Dictionary<RingBufferReader, List<ulong>> numbers = readers.ToDictionary(static r => r, static _ => new List<ulong>());
        await foreach ((RingBufferReader reader, byte[] record) in RingBufferReader.ReadAllAsync(readers, stop.Token))
        {
            numbers[reader].Add(BinaryPrimitives.ReadUInt64LittleEndian(record));
            if (numbers.Values.All(static n => n.Count == each))
            {
                break;
            }
        }

        await producer;
        Assert.All(numbers.Values, static n => Assert.Equal(n.Order(), n));
        Assert.Equal(2 * each, numbers.Values.SelectMany(static n => n).Distinct().Count());
    }

    [Fact]
    public async Task Typed_records_are_read_as_values_and_short_ones_are_an_error()
    {
        using LoadedObject live = TestData.Open("buffers").Load();
        var reader = new RingBufferReader(live.Maps["small"]);
        live.Programs["put_small"].Run(Input(8));
        live.Programs["put_small"].Run(Input(0));
        using var stop = new CancellationTokenSource(s_long);

        await using IAsyncEnumerator<(ulong Number, ulong Bytes)> records = reader.ReadAllAsync<(ulong, ulong)>(stop.Token).GetAsyncEnumerator();
        Assert.True(await records.MoveNextAsync());
        Assert.Equal((0UL, 0UL), records.Current);
        var e = await Assert.ThrowsAsync<BpfException>(async () => await records.MoveNextAsync());
        Assert.Contains("8 bytes", e.Message);
    }

    [Fact]
    public void Perf_buffers_give_each_CPUs_records_and_count_what_is_lost()
    {
        using LoadedObject live = TestData.Open("buffers").Load();
        using var reader = new PerfBufferReader(live.Maps["events"], Environment.SystemPageSize);
        int runs = 20;

        for (int i = 0; i < runs; i++)
        {
            live.Programs["put_event"].Run(Input(500) with { Cpu = 0 });
        }

        Assert.True(reader.Wait(s_long));
        var numbers = new List<ulong>();
        foreach (ReadOnlySpan<byte> record in reader.Lease(0))
        {
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(record));
        }

        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(static n => (ulong)n), numbers);
        Assert.Equal((ulong)(runs - numbers.Count), reader.Lost);
        Assert.Equal(reader.Lost, live.Variables["lost"].Get<ulong>());
        Assert.True(reader.Lost > 0);
        Assert.Null(reader.TryRead());
    }

    [Fact]
    public void Nobody_gets_what_is_put_out_after_the_buffers_are_closed()
    {
        using LoadedObject live = TestData.Open("buffers").Load();
        var reader = new PerfBufferReader(live.Maps["events"]);
        Assert.Equal(0u, live.Programs["put_event"].Run(Input(4) with { Cpu = 0 }).ReturnValue);

        reader.Dispose();

        Assert.Equal(2u, live.Programs["put_event"].Run(Input(4) with { Cpu = 0 }).ReturnValue);
    }

    [Fact]
    public void Other_maps_are_no_perf_buffers_and_no_user_ring_buffers()
    {
        using LoadedObject live = TestData.Open("buffers").Load();

        Assert.Throws<ArgumentException>(() => new PerfBufferReader(live.Maps["small"]));
        Assert.Throws<ArgumentException>(() => new UserRingBufferWriter(live.Maps["small"]));
    }

    /// <summary>A packet whose third word says how long the record is to be, beside its number.</summary>
    private static RunOptions Input(uint length)
    {
        byte[] packet = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), length);
        return new RunOptions { Data = packet };
    }
}
