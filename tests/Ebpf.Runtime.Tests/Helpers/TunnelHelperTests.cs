using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class TunnelHelperTests
{
    /// <summary>The first half holds what is set, the second what is got.</summary>
    private static EmbeddedMap Keys(EngineRoom room)
    {
        byte[] key = new byte[128];
        for (int i = 0; i < 44; i++)
            key[i] = i is >= 22 and < 28 ? (byte)0 : (byte)(i + 1);
        return room.Map(new MapSpec { Name = "keys", Type = MapType.Array, KeySize = 4, ValueSize = 128, MaxEntries = 1, InitialData = key });
    }

    [Fact]
    public void A_packet_arrives_without_a_tunnel()
    {
        using var room = new EngineRoom();
        EmbeddedMap keys = Keys(room);

        RunOutcome outcome = room.Run(ProgramType.SchedCls, new RunRequest(), [.. LoadMapValue(R2, 0, 0), Mov64(R3, 44), Mov64(R4, 0), Call(HelperId.SkbGetTunnelKey), Exit()]);

        Assert.Equal(-22L, (long)outcome.ReturnValue);
        Assert.Equal(new byte[44], Value(keys)[..44]);
    }

    [Fact]
    public void A_tunnel_that_was_set_is_seen_from_its_other_end()
    {
        using var room = new EngineRoom();
        EmbeddedMap keys = Keys(room);
        Instruction[] code =
        [
            Mov64(R6, R1), .. LoadMapValue(R2, 0, 0), Mov64(R3, 44), Mov64(R4, 0), Call(HelperId.SkbSetTunnelKey), Mov64(R7, R0),
            Mov64(R1, R6), .. LoadMapValue(R2, 0, 64), Mov64(R3, 44), Mov64(R4, 0), Call(HelperId.SkbGetTunnelKey), Or64(R0, R7), Exit(),
        ];

        Assert.Equal(0UL, room.Run(ProgramType.SchedCls, new RunRequest(), code).ReturnValue);
        byte[] got = Value(keys)[64..];
        Assert.Equal([1, 2, 3, 4], got[..4]);
        Assert.Equal([29, 30, 31, 32], got[4..8]);
        Assert.Equal([21, 22], got[20..22]);
        Assert.Equal([5, 6, 7, 8], got[28..32]);
    }

    [Theory]
    [InlineData(44, 32, -22)]
    [InlineData(43, 0, -22)]
    [InlineData(28, 1, 0)]
    public void A_key_has_known_sizes_and_flags(int size, int flags, long expected)
    {
        using var room = new EngineRoom();
        Keys(room);

        Assert.Equal(expected, (long)room.Run(ProgramType.SchedCls, new RunRequest(), [.. LoadMapValue(R2, 0, 0), Mov64(R3, size), Mov64(R4, flags), Call(HelperId.SkbSetTunnelKey), Exit()]).ReturnValue);
    }

    [Fact]
    public void There_is_no_socket_and_no_route()
    {
        using var room = new EngineRoom();
        Keys(room);
        Instruction[] socket = [.. LoadMapValue(R2, 0, 0), Mov64(R3, 12), Mov64(R4, -1), Mov64(R5, 0), Call(HelperId.SkLookupTcp), Exit()];
        Instruction[] route = [.. LoadMapValue(R2, 0, 0), Mov64(R3, 64), Mov64(R4, 0), Call(HelperId.FibLookup), Exit()];

        Assert.Equal(0UL, room.Run(ProgramType.SchedCls, new RunRequest(), socket).ReturnValue);
        Assert.Equal(4UL, room.Run(ProgramType.SchedCls, new RunRequest(), route).ReturnValue);
    }

    private static byte[] Value(EmbeddedMap map)
    {
        byte[] value = new byte[128];
        Assert.Equal(0, map.HostLookup(new byte[4], value));
        return value;
    }
}
