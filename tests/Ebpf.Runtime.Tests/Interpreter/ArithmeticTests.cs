using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Interpreter;

public sealed class ArithmeticTests
{
    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0x100000000,
        0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xffffffff00000000, 0xffffffff80000000, 0xfffffffffffffffe, 0xffffffffffffffff,
    ];

    /// <summary>Each operation, as the instruction set document defines it on whole numbers.</summary>
    private static readonly Dictionary<string, (byte Operation, short Offset, Func<ulong, ulong, ulong> Wide, Func<uint, uint, uint> Narrow)> s_operations = new()
    {
        ["add"] = (Opcodes.Add, 0, (x, y) => x + y, (x, y) => x + y),
        ["sub"] = (Opcodes.Sub, 0, (x, y) => x - y, (x, y) => x - y),
        ["mul"] = (Opcodes.Mul, 0, (x, y) => (ulong)((UInt128)x * y), (x, y) => (uint)((ulong)x * y)),
        ["div"] = (Opcodes.Div, 0, (x, y) => y == 0 ? 0 : x / y, (x, y) => y == 0 ? 0 : x / y),
        ["mod"] = (Opcodes.Mod, 0, (x, y) => y == 0 ? x : x % y, (x, y) => y == 0 ? x : x % y),
        ["sdiv"] = (Opcodes.Div, 1, (x, y) => y == 0 ? 0 : (ulong)((Int128)(long)x / (long)y), (x, y) => y == 0 ? 0 : (uint)((long)(int)x / (int)y)),
        ["smod"] = (Opcodes.Mod, 1, (x, y) => y == 0 ? x : (ulong)((Int128)(long)x % (long)y), (x, y) => y == 0 ? x : (uint)((long)(int)x % (int)y)),
        ["or"] = (Opcodes.Or, 0, (x, y) => x | y, (x, y) => x | y),
        ["and"] = (Opcodes.And, 0, (x, y) => x & y, (x, y) => x & y),
        ["xor"] = (Opcodes.Xor, 0, (x, y) => x ^ y, (x, y) => x ^ y),
        ["lsh"] = (Opcodes.Lsh, 0, (x, y) => (ulong)((UInt128)x << (int)(y % 64)), (x, y) => (uint)((ulong)x << (int)(y % 32))),
        ["rsh"] = (Opcodes.Rsh, 0, (x, y) => (ulong)((UInt128)x >> (int)(y % 64)), (x, y) => (uint)((ulong)x >> (int)(y % 32))),
        ["arsh"] = (Opcodes.Arsh, 0, (x, y) => (ulong)((Int128)(long)x >> (int)(y % 64)), (x, y) => (uint)((long)(int)x >> (int)(y % 32))),
        ["mov"] = (Opcodes.Mov, 0, (_, y) => y, (_, y) => y),
    };

    public static TheoryData<string> Operations => [.. s_operations.Keys];

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_on_registers_gives_what_the_standard_says_at_every_edge(string name)
    {
        (byte operation, short offset, Func<ulong, ulong, ulong> wide, Func<uint, uint, uint> narrow) = s_operations[name];
        using var table = new BinaryTable(
            Alu64(operation, R6, R7) with { Offset = offset },
            Alu32(operation, R8, R7) with { Offset = offset });

        foreach (ulong x in s_edges)
        {
            foreach (ulong y in s_edges)
            {
                (ulong actualWide, ulong actualNarrow) = table.Compute(x, y);
                Assert.Equal((x, y, wide(x, y)), (x, y, actualWide));
                Assert.Equal((x, y, (ulong)narrow((uint)x, (uint)y)), (x, y, actualNarrow));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_with_an_immediate_extends_its_sign_to_64_bits(string name)
    {
        (byte operation, short offset, Func<ulong, ulong, ulong> wide, Func<uint, uint, uint> narrow) = s_operations[name];
        foreach (int immediate in (int[])[0, 1, 2, 5, 31, 32, 63, 64, 255, int.MaxValue, -1, -2, -32, -33, int.MinValue])
        {
            using var table = new BinaryTable(
                Alu64(operation, R6, immediate) with { Offset = offset },
                Alu32(operation, R8, immediate) with { Offset = offset });
            foreach (ulong x in s_edges)
            {
                (ulong actualWide, ulong actualNarrow) = table.Compute(x, 0);
                Assert.Equal((x, immediate, wide(x, (ulong)immediate)), (x, immediate, actualWide));
                Assert.Equal((x, immediate, (ulong)narrow((uint)x, (uint)immediate)), (x, immediate, actualNarrow));
            }
        }
    }

    [Fact]
    public void Negation_wraps_and_clears_the_upper_half_on_32_bits()
    {
        using var table = new BinaryTable(Neg64(R6), Neg32(R8));
        foreach (ulong x in s_edges)
            Assert.Equal((x, 0 - x, (ulong)(0 - (uint)x)), (x, table.Compute(x, 0).Wide, table.Compute(x, 0).Narrow));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    public void A_sign_extending_move_takes_the_low_bits(short bits)
    {
        using var table = new BinaryTable(MovSx64(R6, R7, bits), bits == 32 ? Mov32(R8, R7) : MovSx32(R8, R7, bits));
        foreach (ulong y in s_edges)
        {
            long extended = (long)(y << (64 - bits)) >> (64 - bits);
            Assert.Equal((y, (ulong)extended, (ulong)(uint)extended), (y, table.Compute(0, y).Wide, table.Compute(0, y).Narrow));
        }
    }

    [Theory]
    [InlineData(16, 0x0000_0000_0000_2301UL)]
    [InlineData(32, 0x0000_0000_6745_2301UL)]
    [InlineData(64, 0xefcd_ab89_6745_2301UL)]
    public void Byte_swaps_reverse_and_cut(int bits, ulong swapped)
    {
        Instruction[] load = LoadImmediate64(R0, bits == 64 ? 0x0123456789abcdef : bits == 32 ? 0xffffffff_01234567 : 0xffffffff_ffff0123);

        Assert.Equal(swapped, EngineRoom.Value([.. load, ByteSwap(R0, bits), Exit()]));
        Assert.Equal(swapped, EngineRoom.Value([.. load, BitConverter.IsLittleEndian ? ToBigEndian(R0, bits) : ToLittleEndian(R0, bits), Exit()]));
    }

    [Theory]
    [InlineData(16, 0xcdefUL)]
    [InlineData(32, 0x89abcdefUL)]
    [InlineData(64, 0x0123456789abcdefUL)]
    public void A_conversion_to_the_byte_order_of_the_host_only_cuts(int bits, ulong cut)
    {
        Instruction[] load = LoadImmediate64(R0, 0x0123456789abcdef);

        Assert.Equal(cut, EngineRoom.Value([.. load, BitConverter.IsLittleEndian ? ToLittleEndian(R0, bits) : ToBigEndian(R0, bits), Exit()]));
    }

    [Fact]
    public void A_wide_immediate_is_loaded_whole() =>
        Assert.Equal(0xfedcba9876543210, EngineRoom.Value([.. LoadImmediate64(R0, 0xfedcba9876543210), Exit()]));

    /// <summary>One 64-bit and one 32-bit operation on x (R6, R8) and y (R7), run many times in all engines.</summary>
    private sealed class BinaryTable : IDisposable
    {
        private readonly EngineRoom _room = new();
        private readonly EmbeddedProgram _checking;
        private readonly EmbeddedProgram[] _others;

        public BinaryTable(Instruction wide, Instruction narrow)
        {
            Bytecode.Specs.ProgramSpec spec = EngineRoom.Spec(
                ProgramType.Unspec,
                Load(Size.DW, R6, R1, 0), Load(Size.DW, R7, R1, 8), Mov64(R8, R6),
                wide, narrow,
                Store(Size.DW, R1, 0, R6), Store(Size.DW, R1, 8, R8),
                Mov64(R0, 0), Exit());
            _checking = _room.Program(spec);
            _others = [.. EngineRoom.Engines.Select(engine => _room.Program(spec, checks: false, new ProgramOptions { Engine = engine }))];
        }

        public (ulong Wide, ulong Narrow) Compute(ulong x, ulong y)
        {
            byte[] memory = [.. BitConverter.GetBytes(x), .. BitConverter.GetBytes(y)];
            RunOutcome checking = _checking.Run(new RunRequest { Data = memory });
            Assert.Null(checking.Fault);
            foreach (EmbeddedProgram other in _others)
                Assert.Equal(checking.Data, other.Run(new RunRequest { Data = memory }).Data);
            return (BitConverter.ToUInt64(checking.Data), BitConverter.ToUInt64(checking.Data, 8));
        }

        public void Dispose() => _room.Dispose();
    }
}
