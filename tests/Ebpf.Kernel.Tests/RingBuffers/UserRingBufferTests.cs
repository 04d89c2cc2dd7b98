using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.RingBuffers;

public sealed class UserRingBufferTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    public UserRingBufferTests() => Kernel.Require();

    [Fact]
    public void Programs_drain_what_was_submitted_and_pass_over_what_was_given_up()
    {
        using LoadedObject live = TestData.Open("user_ringbuf").Load(Platform.Linux);
        var writer = new UserRingBufferWriter(live.Maps["commands"]);

        Assert.True(writer.TryWrite(BitConverter.GetBytes(5u)));
        Assert.True(writer.TryReserve(4, out UserRingBufferRecord given));
        given.Dispose();
        Assert.True(writer.TryReserve(16, out UserRingBufferRecord record));
        BitConverter.TryWriteBytes(record.Data, 37u);
        record.Submit();
        Assert.Throws<InvalidOperationException>(() => Submitted(writer));

        Assert.Equal(3u, live.Programs["drain"].Run().ReturnValue);
        Assert.Equal(42ul, live.Variables["sum"].Get<ulong>());
        Assert.Equal(3ul, live.Variables["count"].Get<ulong>());

        static void Submitted(UserRingBufferWriter writer)
        {
            writer.TryReserve(4, out UserRingBufferRecord twice);
            twice.Data.Clear();
            twice.Submit();
            twice.Submit();
        }
    }

    [Fact]
    public void Records_wrap_around_the_end_and_a_full_buffer_refuses()
    {
        using LoadedObject live = TestData.Open("user_ringbuf").Load(Platform.Linux);
        var writer = new UserRingBufferWriter(live.Maps["commands"]);
        ulong sum = 0, count = 0;

        for (uint lap = 0; lap < 20; lap++)
        {
            byte[] data = new byte[12 + (lap * 20)];
            BitConverter.TryWriteBytes(data, lap);
            while (writer.TryWrite(data))
            {
                sum += lap;
                count++;
            }

            live.Programs["drain"].Run();
        }

        Assert.Equal(count, live.Variables["count"].Get<ulong>());
        Assert.Equal(sum, live.Variables["sum"].Get<ulong>());
        var e = Assert.Throws<BpfException>(() => writer.TryWrite(new byte[5000]));
        Assert.Equal(Errno.E2BIG, e.Errno);
    }

    [Fact]
    public async Task Writing_waits_for_room()
    {
        using LoadedObject live = TestData.Open("user_ringbuf").Load(Platform.Linux);
        var writer = new UserRingBufferWriter(live.Maps["commands"]);
        byte[] data = new byte[1000];
        while (writer.TryWrite(data))
        {
        }

        Assert.False(writer.Write(data, TimeSpan.FromMilliseconds(20)));
        var drained = Task.Run(() =>
        {
            Thread.Sleep(50);
            return live.Programs["drain"].Run().ReturnValue;
        });
        Assert.True(writer.Write(data, s_long));
        Assert.Equal(4u, await drained);
    }
}
