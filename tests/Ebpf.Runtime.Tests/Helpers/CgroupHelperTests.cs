using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

/// <summary>What the host says of the run's cgroup, socket and hook, and what programs change of it.</summary>
public class CgroupHelperTests
{
    [Fact]
    public void The_value_of_a_hook_is_the_requests_until_the_program_sets_another()
    {
        using var room = new EngineRoom();

        RunOutcome outcome = room.Run(ProgramType.CgroupSock, new RunRequest { HookResult = -1 }, Call(HelperId.GetRetval), Mov64(R6, R0), Mov64(R1, -13), Call(HelperId.SetRetval), Mov64(R0, R6), Exit());

        Assert.Equal(-1L, (long)outcome.ReturnValue);
        Assert.Equal(-13, outcome.HookResult);
    }

    [Theory]
    [InlineData("net/ipv4/tcp_mem", 0, 32, 16)]
    [InlineData("net/ipv4/tcp_mem", 1, 32, 7)]
    [InlineData("net/ipv4/tcp_mem", 0, 16, -7)]
    public void The_name_of_a_sysctl_is_whole_or_its_last_part(string name, int flags, int size, long expected)
    {
        using var room = new EngineRoom();

        ulong result = room.Run(
            ProgramType.CgroupSysctl, new RunRequest { Sysctl = new SysctlAccess(name, "1") },
            Mov64(R2, R10), Add64(R2, -32), Mov64(R3, size), Mov64(R4, flags), Call(HelperId.SysctlGetName), Exit()).ReturnValue;

        Assert.Equal(expected, (long)result);
    }

    [Fact]
    public void A_new_value_of_a_sysctl_takes_the_place_of_the_one_that_is_written()
    {
        using var room = new EngineRoom();
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0x3231), Mov64(R2, R10), Add64(R2, -8), Mov64(R3, 2), Call(HelperId.SysctlSetNewValue), Exit(),
        ];

        RunOutcome written = room.Run(ProgramType.CgroupSysctl, new RunRequest { Sysctl = new SysctlAccess("kernel/x", "1", "7") }, code);
        RunOutcome read = room.Run(ProgramType.CgroupSysctl, new RunRequest { Sysctl = new SysctlAccess("kernel/x", "1") }, code);

        Assert.Equal(0UL, written.ReturnValue);
        Assert.Equal("12", written.Sysctl!.New);
        Assert.Equal(-22L, (long)read.ReturnValue);
    }

    [Fact]
    public void Options_of_a_socket_come_from_the_host_and_go_back_to_it()
    {
        using var room = new EngineRoom();
        var request = new RunRequest { SocketOptions = new Dictionary<(int, int), byte[]> { [(1, 8)] = [9, 0, 0, 0] } };
        Instruction[] code =
        [
            Mov64(R6, R1), StoreImmediate(Size.DW, R10, -8, 5), Mov64(R2, 6), Mov64(R3, 1), Mov64(R4, R10), Add64(R4, -8), Mov64(R5, 4), Call(HelperId.SetSockOpt),
            Mov64(R1, R6), Mov64(R2, 1), Mov64(R3, 8), Mov64(R4, R10), Add64(R4, -8), Mov64(R5, 4), Call(HelperId.GetSockOpt),
            Load(Size.W, R0, R10, -8), Exit(),
        ];

        RunOutcome outcome = room.Run(ProgramType.SockOps, request, code);

        Assert.Equal(9UL, outcome.ReturnValue);
        Assert.Equal([5, 0, 0, 0], outcome.SocketOptions[(6, 1)]);
        Assert.Equal(-92L, (long)room.Run(ProgramType.SockOps, new RunRequest(), [.. code[..15], Exit()]).ReturnValue);
    }

    [Theory]
    [InlineData(0, 1UL, 1L)]
    [InlineData(0, 2UL, 0L)]
    [InlineData(1, 1UL, -11L)]
    [InlineData(9, 1UL, -7L)]
    public void A_task_is_in_the_cgroup_that_the_map_has_or_is_not(int index, ulong cgroup, long expected)
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.CgroupArray, 4, 4, 2);
        Assert.Equal(0, map.HostUpdate(new byte[4], new byte[] { 1, 0, 0, 0 }));

        ulong result = room.Run(ProgramType.Kprobe, new RunRequest { CgroupId = cgroup }, [.. LoadMap(R1, 0), Mov64(R2, index), Call(HelperId.CurrentTaskUnderCgroup), Exit()]).ReturnValue;

        Assert.Equal(expected, (long)result);
    }

    [Theory]
    [InlineData(0x01, 1, 0x03)]
    [InlineData(0x02, 1, 0x03)]
    [InlineData(0x03, 1, 0x03)]
    [InlineData(0x00, 0, 0x00)]
    public void Congestion_is_marked_on_packets_whose_sender_knows_marks(byte service, int expected, byte after)
    {
        using var room = new EngineRoom();
        byte[] packet = new byte[64];
        (packet[12], packet[13], packet[14], packet[15]) = (8, 0, 0x45, service);

        RunOutcome outcome = room.Run(ProgramType.SchedCls, new RunRequest { Data = packet }, Call(HelperId.SkbEcnSetCe), Exit());

        Assert.Equal((ulong)expected, outcome.ReturnValue);
        Assert.Equal(after, outcome.Data[15]);
    }

    [Fact]
    public void Bytes_are_put_into_a_message_and_taken_out()
    {
        using var room = new EngineRoom();
        byte[] message = Encoding.ASCII.GetBytes("abcdef");

        RunOutcome pushed = room.Run(ProgramType.SkMsg, new RunRequest { Data = message }, Mov64(R2, 2), Mov64(R3, 3), Mov64(R4, 0), Call(HelperId.MsgPushData), Exit());
        RunOutcome popped = room.Run(ProgramType.SkMsg, new RunRequest { Data = message }, Mov64(R2, 1), Mov64(R3, 2), Mov64(R4, 0), Call(HelperId.MsgPopData), Exit());
        RunOutcome refused = room.Run(ProgramType.SkMsg, new RunRequest { Data = message }, Mov64(R2, 5), Mov64(R3, 2), Mov64(R4, 0), Call(HelperId.MsgPopData), Exit());

        Assert.Equal("ab\0\0\0cdef", Encoding.ASCII.GetString(pushed.Data));
        Assert.Equal("adef", Encoding.ASCII.GetString(popped.Data));
        Assert.Equal(-22L, (long)refused.ReturnValue);
    }

    [Fact]
    public void A_connection_is_given_to_the_socket_that_the_host_named()
    {
        using var room = new EngineRoom();

        RunOutcome outcome = room.Run(ProgramType.SkLookup, new RunRequest { SocketId = 7 }, Mov64(R2, R1), Mov64(R3, 0), Call(HelperId.SkAssign), Exit());

        Assert.Equal(0UL, outcome.ReturnValue);
        Assert.Equal(7u, outcome.AssignedSocket);
    }
}
