using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Interpreter;

public sealed class JumpTests
{
    private static readonly ulong[] s_edges = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, ulong.MaxValue];

    private static readonly Dictionary<string, (byte Operation, Func<ulong, ulong, bool> Wide, Func<uint, uint, bool> Narrow)> s_conditions = new()
    {
        ["jeq"] = (Opcodes.Jeq, (x, y) => x == y, (x, y) => x == y),
        ["jne"] = (Opcodes.Jne, (x, y) => x != y, (x, y) => x != y),
        ["jgt"] = (Opcodes.Jgt, (x, y) => x > y, (x, y) => x > y),
        ["jge"] = (Opcodes.Jge, (x, y) => x >= y, (x, y) => x >= y),
        ["jlt"] = (Opcodes.Jlt, (x, y) => x < y, (x, y) => x < y),
        ["jle"] = (Opcodes.Jle, (x, y) => x <= y, (x, y) => x <= y),
        ["jsgt"] = (Opcodes.Jsgt, (x, y) => (long)x > (long)y, (x, y) => (int)x > (int)y),
        ["jsge"] = (Opcodes.Jsge, (x, y) => (long)x >= (long)y, (x, y) => (int)x >= (int)y),
        ["jslt"] = (Opcodes.Jslt, (x, y) => (long)x < (long)y, (x, y) => (int)x < (int)y),
        ["jsle"] = (Opcodes.Jsle, (x, y) => (long)x <= (long)y, (x, y) => (int)x <= (int)y),
        ["jset"] = (Opcodes.Jset, (x, y) => (x & y) != 0, (x, y) => (x & y) != 0),
    };

    public static TheoryData<string> Conditions => [.. s_conditions.Keys];

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_on_registers_decides_on_64_and_on_32_bits(string name)
    {
        (byte operation, Func<ulong, ulong, bool> wide, Func<uint, uint, bool> narrow) = s_conditions[name];
        using var room = new EngineRoom();
        Bytecode.Specs.ProgramSpec spec = EngineRoom.Spec(
            ProgramType.Unspec,
            Load(Size.DW, R6, R1, 0), Load(Size.DW, R7, R1, 8), Mov64(R0, 3),
            JumpIf(operation, R6, R7, 1), And64(R0, 2),
            JumpIf32(operation, R6, R7, 1), And64(R0, 1),
            Exit());
        EmbeddedProgram checking = room.Program(spec), plain = room.Program(spec, checks: false);

        foreach (ulong x in s_edges)
        {
            foreach (ulong y in s_edges)
            {
                byte[] memory = [.. BitConverter.GetBytes(x), .. BitConverter.GetBytes(y)];
                ulong expected = (wide(x, y) ? 1UL : 0) | (narrow((uint)x, (uint)y) ? 2UL : 0);
                Assert.Equal((x, y, expected), (x, y, checking.Run(new RunRequest { Data = memory }).ReturnValue));
                Assert.Equal((x, y, expected), (x, y, plain.Run(new RunRequest { Data = memory }).ReturnValue));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_with_an_immediate_extends_its_sign_to_64_bits(string name)
    {
        (byte operation, Func<ulong, ulong, bool> wide, Func<uint, uint, bool> narrow) = s_conditions[name];
        foreach (int immediate in (int[])[0, 1, -1, int.MaxValue, int.MinValue])
        {
            foreach (ulong x in s_edges)
            {
                ulong actual = EngineRoom.Value(
                    [.. LoadImmediate64(R6, x), Mov64(R0, 3), JumpIf(operation, R6, immediate, 1), And64(R0, 2), JumpIf32(operation, R6, immediate, 1), And64(R0, 1), Exit()]);
                Assert.Equal((x, immediate, (wide(x, (ulong)immediate) ? 1UL : 0) | (narrow((uint)x, (uint)immediate) ? 2UL : 0)), (x, immediate, actual));
            }
        }
    }

    [Fact]
    public void A_long_jump_takes_its_distance_from_the_immediate() =>
        Assert.Equal(2UL, EngineRoom.Value(Mov64(R0, 1), JumpLong(1), Exit(), Mov64(R0, 2), JumpLong(-3)));

    [Fact]
    public void A_jump_goes_back_as_well_as_forth() =>
        Assert.Equal(10UL, EngineRoom.Value(Mov64(R0, 0), Add64(R0, 1), JumpIf(Opcodes.Jlt, R0, 10, -2), Exit()));

    [Fact]
    public void May_goto_leaves_a_loop_after_eight_million_rounds() =>
        Assert.Equal((ulong)Run.LoopLimit, EngineRoom.Value(Mov64(R0, 0), MayGoto(2), Add64(R0, 1), Jump(-3), Exit()));
}
