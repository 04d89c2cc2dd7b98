using System.Buffers.Binary;

namespace Ebpf.Tests.Programs;

/// <summary>An object in eBPF for Windows' dialect runs with that system's numbers and results, on every OS.</summary>
public sealed class WindowsDialectTests
{
    [Fact]
    public void Its_dialect_is_seen_from_the_object()
    {
        BpfObject obj = TestData.Open("windows_maps");

        Assert.Equal(Dialect.Windows, obj.Dialect);
        Assert.Equal(MapType.Queue, obj.Maps["queue"].Type);
        Assert.Equal(ProgramType.Sample, obj.Programs["takes_out"].Type);
    }

    [Theory]
    [InlineData("takes_out", 5)]
    [InlineData("queue_results", -36)]
    [InlineData("array_delete", 0)]
    public void Helpers_answer_as_they_do_there(string program, int expected)
    {
        using LoadedObject live = TestData.Open("windows_maps").Only(program).Load();

        Assert.Equal(expected, (int)live.Programs[program].Run().ReturnValue);
    }

    [Fact]
    public void Pointers_in_a_context_have_64_bits()
    {
        using LoadedObject live = TestData.Open("windows_maps").Only("length").Load();
        byte[] packet = new byte[64];
        packet[13] = 3;

        Assert.Equal(67u, live.Programs["length"].Run(new RunOptions { Data = packet }).ReturnValue);
    }

    [Fact]
    public void A_context_can_be_given()
    {
        using LoadedObject live = TestData.Open("windows_maps").Only("bind_policy").Load();
        byte[] key = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(key, 0);

        Assert.Equal(0u, live.Programs["bind_policy"].Run().ReturnValue);
        live.Maps["lru_hash"].Update(key, [1, 0, 0, 0]);
        Assert.Equal(1u, live.Programs["bind_policy"].Run().ReturnValue);
    }
}
