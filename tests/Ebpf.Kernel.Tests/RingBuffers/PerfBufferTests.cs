using Ebpf.Kernel.Tests.Parity;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.RingBuffers;

public sealed class PerfBufferTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    public PerfBufferTests() => Kernel.Require();

    [Fact]
    public void Each_CPU_has_a_buffer_and_records_are_whole_wherever_they_wrap()
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_event").Load(Platform.Linux);
        using var reader = new PerfBufferReader(live.Maps["events"], Environment.SystemPageSize);
        Assert.NotEmpty(reader.Cpus);
        BpfProgram put = live.Programs["put_event"];
        ulong expected = 0;

        for (int i = 0; i < 400; i++)
        {
            int length = (i * 37) % 509;
            Assert.Equal(0u, put.Run(BufferInput.Of(length)).ReturnValue);
            PerfRecord record = reader.TryRead() ?? throw new InvalidOperationException($"record {i} is not there");
            Assert.Contains(record.Cpu, reader.Cpus);
            // The kernel pads to 8 bytes behind a length of 4.
            Assert.InRange(record.Data.Length, BufferInput.NumberSize + length, BufferInput.NumberSize + length + 7);
            Assert.Equal(expected++, BufferInput.Number(record.Data, BufferInput.NumberSize + length));
            Assert.Null(reader.TryRead());
        }

        Assert.Equal(0ul, reader.Lost);
    }

    [Fact]
    public void What_finds_no_room_is_counted() => OneCpu.Run(static () =>
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_event").Load(Platform.Linux);
        using var reader = new PerfBufferReader(live.Maps["events"], Environment.SystemPageSize);
        BpfProgram put = live.Programs["put_event"];
        const int runs = 60;

        for (int i = 0; i < runs; i++)
        {
            put.Run(BufferInput.Of(400));
        }

        int read = ReadAll(reader);
        Assert.InRange(read, 1, runs - 1);
        Assert.Equal((ulong)(runs - read), live.Variables["lost"].Get<ulong>());
        Assert.Equal(0ul, reader.Lost);

        // The kernel tells with the next record of that CPU that finds room.
        put.Run(BufferInput.Of(4));
        Assert.Equal(1, ReadAll(reader));
        Assert.Equal((ulong)(runs - read), reader.Lost);
    });

    [Fact]
    public async Task Records_arrive_as_they_come()
    {
        const int count = 500;
        using LoadedObject live = TestData.Open("buffers").Only("put_event").Load(Platform.Linux);
        using var reader = new PerfBufferReader(live.Maps["events"]);
        Assert.False(reader.Wait(TimeSpan.FromMilliseconds(10)));
        using var stop = new CancellationTokenSource(s_long);
        Task producer = Task.Run(() =>
        {
            for (int i = 0; i < count; i++)
            {
                live.Programs["put_event"].Run(BufferInput.Of(i % 64));
            }
        });

        var numbers = new HashSet<ulong>();
        await foreach (PerfRecord record in reader.ReadAllAsync(stop.Token))
        {
            numbers.Add(BitConverter.ToUInt64(record.Data));
            if (numbers.Count == count)
            {
                break;
            }
        }

        await producer;
        Assert.Equal(0ul, reader.Lost);
    }

    [Fact]
    public void Nobody_gets_what_is_put_out_after_the_buffers_are_closed()
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_event").Load(Platform.Linux);
        var reader = new PerfBufferReader(live.Maps["events"]);
        Assert.Equal(0u, live.Programs["put_event"].Run(BufferInput.Of(4)).ReturnValue);

        reader.Dispose();

        Assert.Equal(2u, live.Programs["put_event"].Run(BufferInput.Of(4)).ReturnValue);
    }

    private static int ReadAll(PerfBufferReader reader)
    {
        int count = 0;
        while (reader.TryRead() is not null)
        {
            count++;
        }

        return count;
    }
}
