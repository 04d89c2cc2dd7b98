using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Contexts;

public sealed class SocketBufferTests
{
    private const short Length = 0, PacketType = 4, Mark = 8, Protocol = 16, VlanTci = 24, IfIndex = 40, ControlBlock = 48, Data = 76, DataEnd = 80, Family = 88, RemoteIp4 = 92, LocalIp4 = 96, WireLength = 160;

    /// <summary>An Ethernet, IPv4 and UDP header with 8 bytes behind them.</summary>
    private static readonly byte[] s_packet =
    [
        0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x08, 0x00,
        0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        0x12, 0x34, 0, 53, 0, 16, 0, 0,
        1, 2, 3, 4, 5, 6, 7, 8,
    ];

    private static RunOutcome Run(ProgramType type, RunRequest request, params ReadOnlySpan<Instruction> code)
    {
        using var room = new EngineRoom();
        return room.RunBoth(type, request, code);
    }

    private static ulong Field(ProgramType type, short offset) => Run(type, new RunRequest { Data = s_packet }, Load(Size.W, R0, R1, offset), Exit()).ReturnValue;

    [Fact]
    public void A_tc_program_sees_the_ethernet_header()
    {
        Assert.Equal(50UL, Field(ProgramType.SchedCls, Length));
        Assert.Equal(50UL, Field(ProgramType.SchedCls, WireLength));
        Assert.Equal(0x08UL, Field(ProgramType.SchedCls, Protocol));
        Assert.Equal(0UL, Field(ProgramType.SchedCls, PacketType));
        Assert.Equal(1UL, Field(ProgramType.SchedCls, IfIndex));
        Assert.Equal(0x45UL, Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, Load(Size.W, R2, R1, Data), Load(Size.B, R0, R2, 14), Exit()).ReturnValue);
    }

    [Fact]
    public void A_cgroup_program_sees_the_packet_behind_the_ethernet_header()
    {
        Assert.Equal(36UL, Field(ProgramType.CgroupSkb, Length));
        Assert.Equal(2UL, Field(ProgramType.CgroupSkb, Family));
        Assert.Equal(BitConverter.ToUInt32([10, 0, 0, 1]), Field(ProgramType.CgroupSkb, LocalIp4));
        Assert.Equal(BitConverter.ToUInt32([10, 0, 0, 2]), Field(ProgramType.CgroupSkb, RemoteIp4));
        RunOutcome outcome = Run(ProgramType.CgroupSkb, new RunRequest { Data = s_packet }, Load(Size.W, R2, R1, Data), Load(Size.B, R0, R2, 0), Exit());
        Assert.Equal(0x45UL, outcome.ReturnValue);
        Assert.Equal((byte[])[.. new byte[14], .. s_packet[14..]], outcome.Data);
    }

    [Fact]
    public void The_protocol_of_an_empty_packet_is_802_2() =>
        Assert.Equal(0x0400UL, Run(ProgramType.SchedCls, new RunRequest(), Load(Size.W, R0, R1, Protocol), Exit()).ReturnValue);

    [Theory]
    [InlineData(0xff, 1UL)]
    [InlineData(0x01, 2UL)]
    [InlineData(0x02, 3UL)]
    public void The_destination_address_tells_whom_a_packet_is_for(byte first, ulong expected)
    {
        byte[] packet = [.. s_packet];
        packet.AsSpan(0, 6).Fill(first == 0xff ? (byte)0xff : (byte)0);
        packet[0] = first;

        Assert.Equal(expected, Run(ProgramType.SchedCls, new RunRequest { Data = packet }, Load(Size.W, R0, R1, PacketType), Exit()).ReturnValue);
    }

    [Fact]
    public void A_given_context_sets_mark_and_control_block_and_gets_back_what_the_program_writes()
    {
        byte[] context = new byte[192];
        context[Mark] = 5;
        context[ControlBlock + 4] = 9;

        RunOutcome outcome = Run(
            ProgramType.SchedCls, new RunRequest { Data = s_packet, Context = context },
            Load(Size.W, R2, R1, Mark), Load(Size.W, R0, R1, ControlBlock + 4), Add64(R0, R2), Store(Size.W, R1, Mark, R0), StoreImmediate(Size.DW, R1, ControlBlock + 8, 77), Exit());

        Assert.Equal(14UL, outcome.ReturnValue);
        Assert.Equal(14, outcome.Context[Mark]);
        Assert.Equal(77, outcome.Context[ControlBlock + 8]);
        Assert.Equal(0, outcome.Context[Protocol]);
    }

    [Fact]
    public void A_context_with_what_the_run_decides_is_invalid()
    {
        byte[] context = new byte[192];
        context[Protocol] = 8;
        using var room = new EngineRoom();

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => room.Run(ProgramType.SchedCls, new RunRequest { Context = context }, Mov64(R0, 0), Exit())).Errno);
    }

    [Theory]
    [InlineData(9, 17UL)]
    [InlineData(35, 8UL)]
    public void A_legacy_load_reads_a_byte_behind_the_ethernet_header(int offset, ulong expected) =>
        Assert.Equal(expected, Run(ProgramType.SocketFilter, new RunRequest { Data = s_packet }, Mov64(R6, R1), LoadAbsolute(Size.B, offset), Exit()).ReturnValue);

    [Fact]
    public void A_legacy_load_reads_in_network_order_with_a_register_added()
    {
        RunRequest request = new() { Data = s_packet };

        Assert.Equal(0x0a000001UL, Run(ProgramType.SocketFilter, request, Mov64(R6, R1), LoadAbsolute(Size.W, 12), Exit()).ReturnValue);
        Assert.Equal(0x1234UL, Run(ProgramType.SocketFilter, request, Mov64(R6, R1), Mov64(R7, 18), LoadIndirect(Size.H, R7, 2), Exit()).ReturnValue);
    }

    [Fact]
    public void A_legacy_load_reaches_the_headers_by_negative_offsets()
    {
        RunRequest request = new() { Data = s_packet };

        Assert.Equal(0x0800UL, Run(ProgramType.SocketFilter, request, Mov64(R6, R1), LoadAbsolute(Size.H, -0x200000 + 12), Exit()).ReturnValue);
        Assert.Equal(0x45UL, Run(ProgramType.SocketFilter, request, Mov64(R6, R1), LoadAbsolute(Size.B, -0x100000), Exit()).ReturnValue);
    }

    [Fact]
    public void A_legacy_load_beyond_the_packet_ends_the_program_with_0() =>
        Assert.Equal(0UL, Run(ProgramType.SocketFilter, new RunRequest { Data = s_packet }, Mov64(R6, R1), Mov64(R0, 5), LoadAbsolute(Size.W, 33), Mov64(R0, 7), Exit()).ReturnValue);

    [Fact]
    public void Bytes_are_loaded_and_stored()
    {
        Instruction[] code =
        [
            Mov64(R6, R1), Mov64(R2, 26), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Call(HelperId.SkbLoadBytes),
            Mov64(R1, R6), Mov64(R2, 30), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Mov64(R5, 0), Call(HelperId.SkbStoreBytes), Exit(),
        ];

        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, code);

        Assert.Equal(0UL, outcome.ReturnValue);
        Assert.Equal(new byte[] { 10, 0, 0, 1, 10, 0, 0, 1 }, outcome.Data[26..34]);
    }

    [Fact]
    public void A_load_beyond_the_packet_gives_zeros_and_a_bad_address()
    {
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, -1), Mov64(R2, 47), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 4), Call(HelperId.SkbLoadBytes),
            Load(Size.W, R1, R10, -8), JumpIf(Opcodes.Jeq, R1, 0, 1), Mov64(R0, 1), Exit(),
        ];

        Assert.Equal(-14L, (long)Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, code).ReturnValue);
    }

    [Fact]
    public void Checksums_follow_what_they_cover()
    {
        // The source address changes from 10.0.0.1 to 192.168.0.1: the header's sum is repaired by difference.
        byte[] packet = [.. s_packet];
        ushort before = InternetChecksum(packet.AsSpan(14, 20));
        packet[24] = (byte)(before >> 8);
        packet[25] = (byte)before;
        int from = BitConverter.ToInt32([10, 0, 0, 1]), to = BitConverter.ToInt32([192, 168, 0, 1]);
        Instruction[] code =
        [
            Mov64(R6, R1), Mov64(R2, 24), Mov32(R3, from), Mov32(R4, to), Mov64(R5, 4), Call(HelperId.L3CsumReplace), Mov64(R7, R0),
            StoreImmediate(Size.W, R10, -4, to), Mov64(R1, R6), Mov64(R2, 26), Mov64(R3, R10), Add64(R3, -4), Mov64(R4, 4), Mov64(R5, 0), Call(HelperId.SkbStoreBytes),
            Or64(R0, R7), Exit(),
        ];

        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = packet }, code);

        Assert.Equal(0UL, outcome.ReturnValue);
        Assert.Equal(0, InternetChecksum(outcome.Data.AsSpan(14, 20)));
    }

    [Fact]
    public void A_vlan_tag_goes_beside_the_packet_and_a_second_one_into_it()
    {
        Instruction[] code =
        [
            Mov64(R6, R1), Mov64(R2, 0x0081), Mov64(R3, 100), Call(HelperId.SkbVlanPush),
            Mov64(R1, R6), Mov64(R2, 0xa888), Mov64(R3, 200), Call(HelperId.SkbVlanPush),
            Load(Size.W, R0, R6, VlanTci), Exit(),
        ];

        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, code);

        Assert.Equal(200UL, outcome.ReturnValue);
        Assert.Equal((byte[])[.. s_packet[..12], 0x81, 0, 0, 100, .. s_packet[12..]], outcome.Data);
    }

    [Fact]
    public void Popping_takes_a_tag_out_of_the_packet()
    {
        byte[] tagged = [.. s_packet[..12], 0x81, 0, 0, 100, .. s_packet[12..]];
        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = tagged }, Mov64(R6, R1), Call(HelperId.SkbVlanPop), Load(Size.W, R0, R6, Protocol), Exit());

        Assert.Equal(0x08UL, outcome.ReturnValue);
        Assert.Equal(s_packet, outcome.Data);
    }

    [Fact]
    public void Room_for_a_header_is_made_behind_the_ethernet_header_and_taken_away_again()
    {
        Instruction[] grow = [Mov64(R6, R1), Mov64(R2, 8), Mov64(R3, 1), Mov64(R4, 0), Call(HelperId.SkbAdjustRoom), Exit()];
        RunOutcome grown = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, grow);
        Assert.Equal((byte[])[.. s_packet[..14], .. new byte[8], .. s_packet[14..]], grown.Data);

        Instruction[] shrink = [Mov64(R6, R1), Mov64(R2, -8), Mov64(R3, 0), Mov64(R4, 0), Call(HelperId.SkbAdjustRoom), Exit()];
        RunOutcome shrunk = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, shrink);
        Assert.Equal((byte[])[.. s_packet[..34], .. s_packet[42..]], shrunk.Data);
    }

    [Fact]
    public void The_tail_is_cut_and_grown()
    {
        RunOutcome cut = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, Mov64(R2, 20), Mov64(R3, 0), Call(HelperId.SkbChangeTail), Exit());
        RunOutcome grown = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, Mov64(R2, 1000), Mov64(R3, 0), Call(HelperId.SkbChangeTail), Exit());

        Assert.Equal(s_packet[..20], cut.Data);
        Assert.Equal((byte[])[.. s_packet, .. new byte[950]], grown.Data);
    }

    [Fact]
    public void The_head_grows_by_zeros()
    {
        Instruction[] code = [Mov64(R6, R1), Mov64(R2, 100), Mov64(R3, 0), Call(HelperId.SkbChangeHead), Load(Size.W, R2, R6, Data), Load(Size.W, R0, R6, DataEnd), Sub64(R0, R2), Exit()];

        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, code);

        Assert.Equal(150UL, outcome.ReturnValue);
        Assert.Equal((byte[])[.. new byte[100], .. s_packet], outcome.Data);
    }

    [Fact]
    public void The_hash_of_a_flow_is_the_same_in_both_directions()
    {
        byte[] reply = [.. s_packet];
        s_packet.AsSpan(26, 4).CopyTo(reply.AsSpan(30));
        s_packet.AsSpan(30, 4).CopyTo(reply.AsSpan(26));
        s_packet.AsSpan(34, 2).CopyTo(reply.AsSpan(36));
        s_packet.AsSpan(36, 2).CopyTo(reply.AsSpan(34));

        ulong there = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, Call(HelperId.GetHashRecalc), Exit()).ReturnValue;
        ulong back = Run(ProgramType.SchedCls, new RunRequest { Data = reply }, Call(HelperId.GetHashRecalc), Exit()).ReturnValue;

        Assert.NotEqual(0UL, there);
        Assert.Equal(there, back);
    }

    [Fact]
    public void A_copy_that_is_sent_elsewhere_is_reported()
    {
        RunOutcome outcome = Run(ProgramType.SchedCls, new RunRequest { Data = s_packet }, Mov64(R2, 3), Mov64(R3, 1), Call(HelperId.CloneRedirect), Exit());

        Assert.Equal(0UL, outcome.ReturnValue);
        Assert.Equal([new Redirection(null, 3, 3, 1, true)], outcome.Redirections);
    }

    private static ushort InternetChecksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
            sum += (uint)((bytes[i] << 8) | bytes[i + 1]);
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
