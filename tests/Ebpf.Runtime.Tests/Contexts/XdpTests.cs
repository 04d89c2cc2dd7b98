using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Contexts;

public sealed class XdpTests
{
    private const short Data = 0, DataEnd = 4, DataMeta = 8, IngressIfIndex = 12;

    private static readonly byte[] s_packet = [.. Enumerable.Range(1, 60).Select(i => (byte)i)];

    private static RunOutcome Run(RunRequest request, params ReadOnlySpan<Instruction> code)
    {
        using var room = new EngineRoom();
        return room.RunBoth(ProgramType.Xdp, request, code);
    }

    [Fact]
    public void Without_data_the_packet_is_64_zero_bytes()
    {
        RunOutcome outcome = Run(new RunRequest(), Load(Size.W, R2, R1, Data), Load(Size.W, R0, R1, DataEnd), Sub64(R0, R2), Exit());

        Assert.Equal(64UL, outcome.ReturnValue);
        Assert.Equal(new byte[64], outcome.Data);
    }

    [Fact]
    public void Pointers_in_the_context_are_whole_and_lead_to_the_packet()
    {
        RunOutcome outcome = Run(new RunRequest { Data = s_packet }, Load(Size.W, R2, R1, Data), Load(Size.B, R0, R2, 59), StoreImmediate(Size.B, R2, 0, 0xaa), Exit());

        Assert.Equal(60UL, outcome.ReturnValue);
        Assert.Equal((byte[])[0xaa, .. s_packet[1..]], outcome.Data);
    }

    [Fact]
    public void The_packet_comes_in_on_the_loopback_interface() =>
        Assert.Equal(1UL, Run(new RunRequest(), Load(Size.W, R0, R1, IngressIfIndex), Exit()).ReturnValue);

    [Fact]
    public void Each_repetition_starts_with_the_packet_that_was_given()
    {
        RunOutcome outcome = Run(
            new RunRequest { Data = s_packet, Repeat = 5 }, Load(Size.W, R2, R1, Data), Load(Size.B, R0, R2, 0), Add64(R0, 1), Store(Size.B, R2, 0, R0), Exit());

        Assert.Equal(2UL, outcome.ReturnValue);
        Assert.Equal(2, outcome.Data[0]);
    }

    [Fact]
    public void The_head_moves_into_the_headroom_and_back()
    {
        Instruction[] code =
        [
            Mov64(R6, R1), Mov64(R2, -4), Call(HelperId.XdpAdjustHead),
            Load(Size.W, R2, R6, Data), StoreImmediate(Size.W, R2, 0, 0x01020304), Load(Size.W, R0, R6, DataEnd), Sub64(R0, R2), Exit(),
        ];

        RunOutcome outcome = Run(new RunRequest { Data = s_packet }, code);

        Assert.Equal(64UL, outcome.ReturnValue);
        Assert.Equal((byte[])[4, 3, 2, 1, .. s_packet], outcome.Data);
    }

    [Theory]
    [InlineData(-216, 0)]
    [InlineData(-217, -22)]
    [InlineData(46, 0)]
    [InlineData(47, -22)]
    public void The_head_stays_within_headroom_and_an_ethernet_header_of_the_end(int delta, long expected) =>
        Assert.Equal((ulong)expected, Run(new RunRequest { Data = s_packet }, Mov64(R2, delta), Call(HelperId.XdpAdjustHead), Exit()).ReturnValue);

    [Theory]
    [InlineData(-46, 0, 14)]
    [InlineData(-47, -22, 60)]
    [InlineData(10, 0, 70)]
    [InlineData(3460, 0, 3520)]
    [InlineData(3461, -22, 60)]
    public void The_tail_is_cut_or_filled_with_zeros(int delta, long expected, int length)
    {
        RunOutcome outcome = Run(new RunRequest { Data = s_packet }, Mov64(R2, delta), Call(HelperId.XdpAdjustTail), Exit());

        Assert.Equal((ulong)expected, outcome.ReturnValue);
        byte[] padded = [.. s_packet, .. new byte[length]];
        Assert.Equal(padded[..length], outcome.Data);
    }

    [Theory]
    [InlineData(-8, 0)]
    [InlineData(-6, -13)]
    [InlineData(-252, -22)]
    [InlineData(-216, 0)]
    [InlineData(4, -22)]
    public void Metadata_grows_in_words_within_the_headroom(int delta, long expected) =>
        Assert.Equal((ulong)expected, Run(new RunRequest { Data = s_packet }, Mov64(R2, delta), Call(HelperId.XdpAdjustMeta), Exit()).ReturnValue);

    [Fact]
    public void A_given_context_says_how_much_of_the_data_is_metadata()
    {
        byte[] context = new byte[24];
        BitConverter.TryWriteBytes(context, 8);
        BitConverter.TryWriteBytes(context.AsSpan(4), 60);

        RunOutcome outcome = Run(
            new RunRequest { Data = s_packet, Context = context },
            Load(Size.W, R2, R1, DataMeta), Load(Size.B, R0, R2, 0), Load(Size.W, R3, R1, Data), Load(Size.B, R3, R3, 0), Lsh64(R3, 8), Or64(R0, R3), Exit());

        Assert.Equal(0x0901UL, outcome.ReturnValue);
        Assert.Equal(context, outcome.Context);
        Assert.Equal(s_packet, outcome.Data);
    }

    [Fact]
    public void A_context_that_does_not_fit_the_data_is_invalid()
    {
        byte[] context = new byte[24];
        context[4] = 61;
        using var room = new EngineRoom();

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => room.Run(ProgramType.Xdp, new RunRequest { Data = s_packet, Context = context }, Mov64(R0, 0), Exit())).Errno);
    }

    [Fact]
    public void A_packet_shorter_than_an_ethernet_header_is_invalid()
    {
        using var room = new EngineRoom();

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => room.Run(ProgramType.Xdp, new RunRequest { Data = s_packet[..13] }, Mov64(R0, 0), Exit())).Errno);
    }

    [Fact]
    public void Reading_beyond_the_end_of_the_packet_is_stopped()
    {
        using var room = new EngineRoom();

        Fault? fault = room.Run(ProgramType.Xdp, new RunRequest { Data = s_packet }, Load(Size.W, R2, R1, Data), Load(Size.W, R0, R2, 57), Exit()).Fault;

        Assert.Equal(1, fault!.Instruction);
        Assert.Contains("over the end of the packet", fault.Reason);
    }

    [Fact]
    public void Half_a_pointer_cannot_be_loaded()
    {
        using var room = new EngineRoom();

        Assert.Equal(0, room.Run(ProgramType.Xdp, new RunRequest(), Load(Size.H, R0, R1, Data), Exit()).Fault!.Instruction);
    }

    [Fact]
    public void The_context_is_written_only_where_the_type_allows_it()
    {
        using var room = new EngineRoom();

        Assert.Contains("does not allow", room.Run(ProgramType.Xdp, new RunRequest(), StoreImmediate(Size.W, R1, IngressIfIndex, 1), Exit()).Fault!.Reason);
    }

    [Fact]
    public void Bytes_are_loaded_from_the_packet_and_stored_in_it()
    {
        Instruction[] code =
        [
            Mov64(R6, R1), Mov64(R2, 2), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Call(HelperId.XdpLoadBytes),
            Mov64(R1, R6), Mov64(R2, 56), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Call(HelperId.XdpStoreBytes), Exit(),
        ];

        RunOutcome outcome = Run(new RunRequest { Data = s_packet }, code);

        Assert.Equal(0UL, outcome.ReturnValue);
        Assert.Equal((byte[])[.. s_packet[..56], 3, 4, 5, 6], outcome.Data);
    }

    [Fact]
    public void Loading_bytes_beyond_the_packet_is_invalid() => Assert.Equal(
        -22L, (long)Run(new RunRequest { Data = s_packet }, Mov64(R2, 57), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Call(HelperId.XdpLoadBytes), Exit()).ReturnValue);

    [Theory]
    [InlineData(MapType.DevMap, 1u, 0u, 4u)]
    [InlineData(MapType.DevMapHash, 1u, 0u, 4u)]
    [InlineData(MapType.CpuMap, 1u, 0u, 4u)]
    [InlineData(MapType.XskMap, 1u, 2u, 4u)]
    [InlineData(MapType.DevMap, 0u, 0u, 0u)]
    [InlineData(MapType.DevMap, 0u, 2u, 2u)]
    [InlineData(MapType.DevMap, 0u, 8u, 4u)]
    [InlineData(MapType.CpuMap, 1u, 8u, 0u)]
    [InlineData(MapType.XskMap, 0u, 3u, 3u)]
    public void Redirecting_through_a_map_tells_the_host_what_the_map_has_there(MapType type, uint key, uint flags, uint verdict)
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(type, 4, 4, 4);
        byte[] index = [1, 0, 0, 0], target = [7, 0, 0, 0];
        Assert.Equal(0, map.HostUpdate(index, target));

        RunOutcome outcome = room.Run(ProgramType.Xdp, new RunRequest(), [.. LoadMap(R1, 0), Mov64(R2, (int)key), Mov64(R3, (int)flags), Call(HelperId.RedirectMap), Exit()]);

        Assert.Equal(verdict, outcome.ReturnValue);
        Assert.Equal(verdict == 4 ? [new Redirection(map.Spec.Name, key, flags == 8 ? 0 : 7UL, flags, false)] : [], outcome.Redirections);
    }

    [Fact]
    public void Redirecting_gives_the_verdict_and_is_reported_where_the_program_returns_it()
    {
        RunOutcome redirected = Run(new RunRequest(), Mov64(R1, 7), Mov64(R2, 0), Call(HelperId.Redirect), Exit());
        RunOutcome passed = Run(new RunRequest(), Mov64(R1, 7), Mov64(R2, 0), Call(HelperId.Redirect), Mov64(R0, 2), Exit());

        Assert.Equal(4UL, redirected.ReturnValue);
        Assert.Equal([new Redirection(null, 7, 7, 0, false)], redirected.Redirections);
        Assert.Empty(passed.Redirections);
    }

    [Fact]
    public void Pointers_of_eBPF_for_Windows_are_64_bits_wide_in_the_context()
    {
        using var room = new EngineRoom();
        Bytecode.Specs.ProgramSpec spec = EngineRoom.Spec(ProgramType.Xdp, Load(Size.DW, R2, R1, 0), Load(Size.DW, R3, R1, 8), Load(Size.B, R0, R2, 5), Sub64(R3, R2), Add64(R0, R3), Exit());

        RunOutcome outcome = room.Program(spec with { Dialect = Dialect.Windows }).Run(new RunRequest { Data = s_packet });

        Assert.Null(outcome.Fault);
        Assert.Equal(6UL + 60, outcome.ReturnValue);
    }

    [Fact]
    public void A_packet_longer_than_a_page_is_in_one_piece()
    {
        byte[] packet = new byte[9000];
        packet[8999] = 7;

        RunOutcome outcome = Run(new RunRequest { Data = packet }, Load(Size.W, R2, R1, Data), Load(Size.B, R0, R2, 8999), Exit());

        Assert.Equal(7UL, outcome.ReturnValue);
    }
}
