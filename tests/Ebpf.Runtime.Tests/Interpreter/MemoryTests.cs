using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Interpreter;

public sealed class MemoryTests
{
    private static readonly byte[] s_memory = [0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08];

    [Theory]
    [InlineData(1, 0, 0x81UL)]
    [InlineData(2, 0, 0x9281UL)]
    [InlineData(4, 0, 0xb4a39281UL)]
    [InlineData(8, 0, 0xf8e7d6c5b4a39281UL)]
    [InlineData(1, 15, 0x08UL)]
    [InlineData(8, 3, 0x030201f8e7d6c5b4UL)]
    public void A_load_clears_what_it_does_not_fill(int bytes, short offset, ulong expected) =>
        Assert.Equal(expected, EngineRoom.Value(s_memory, Mov64(R0, -1), Load(Width(bytes), R0, R1, offset), Exit()));

    [Theory]
    [InlineData(1, 0xffffffffffffff81UL)]
    [InlineData(2, 0xffffffffffff9281UL)]
    [InlineData(4, 0xffffffffb4a39281UL)]
    public void A_signed_load_extends_the_sign(int bytes, ulong expected) =>
        Assert.Equal(expected, EngineRoom.Value(s_memory, LoadSigned(Width(bytes), R0, R1, 0), Exit()));

    [Theory]
    [InlineData(1, 0xffffffffffffff44UL)]
    [InlineData(2, 0xffffffffffff3344UL)]
    [InlineData(4, 0xffffffff11223344UL)]
    [InlineData(8, 0xffffffff11223344UL)]
    public void A_store_of_an_immediate_writes_only_its_width(int bytes, ulong expected)
    {
        expected = bytes == 8 ? 0x11223344 : expected;
        Assert.Equal(expected, EngineRoom.Value(StoreImmediate(Size.DW, R10, -8, -1), StoreImmediate(Width(bytes), R10, -8, 0x11223344), Load(Size.DW, R0, R10, -8), Exit()));
    }

    [Theory]
    [InlineData(1, 0xffffffffffffff88UL)]
    [InlineData(2, 0xffffffffffff7788UL)]
    [InlineData(4, 0xffffffff55667788UL)]
    [InlineData(8, 0x1122334455667788UL)]
    public void A_store_of_a_register_writes_only_its_width(int bytes, ulong expected) => Assert.Equal(
        expected,
        EngineRoom.Value([.. LoadImmediate64(R2, 0x1122334455667788), StoreImmediate(Size.DW, R10, -8, -1), Store(Width(bytes), R10, -8, R2), Load(Size.DW, R0, R10, -8), Exit()]));

    [Fact]
    public void The_stack_starts_with_zeros_in_every_run()
    {
        using var room = new EngineRoom();
        EmbeddedProgram program = room.Program(EngineRoom.Spec(
            ProgramType.Unspec, Load(Size.DW, R0, R10, -512), StoreImmediate(Size.DW, R10, -512, 7), Load(Size.DW, R2, R10, -8), Add64(R0, R2), StoreImmediate(Size.DW, R10, -8, 5), Exit()));

        Assert.Equal(0UL, program.Run(new RunRequest { Repeat = 3 }).ReturnValue);
        Assert.Equal(0UL, program.Run(new RunRequest()).ReturnValue);
    }

    public static TheoryData<string, int, ulong, ulong> Atomics => new()
    {
        // what, operation, memory afterwards, source register afterwards (0x0f0f... stays where nothing is fetched)
        { "add", Opcodes.AtomicAdd, 0x0123456789abcdef + 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f },
        { "or", Opcodes.AtomicOr, 0x0123456789abcdef | 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f },
        { "and", Opcodes.AtomicAnd, 0x0123456789abcdef & 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f },
        { "xor", Opcodes.AtomicXor, 0x0123456789abcdef ^ 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f },
        { "fetch and add", Opcodes.AtomicAdd | Opcodes.AtomicFetch, 0x0123456789abcdef + 0x0f0f0f0f0f0f0f0f, 0x0123456789abcdef },
        { "fetch and or", Opcodes.AtomicOr | Opcodes.AtomicFetch, 0x0123456789abcdef | 0x0f0f0f0f0f0f0f0f, 0x0123456789abcdef },
        { "fetch and and", Opcodes.AtomicAnd | Opcodes.AtomicFetch, 0x0123456789abcdef & 0x0f0f0f0f0f0f0f0f, 0x0123456789abcdef },
        { "fetch and xor", Opcodes.AtomicXor | Opcodes.AtomicFetch, 0x0123456789abcdef ^ 0x0f0f0f0f0f0f0f0f, 0x0123456789abcdef },
        { "exchange", Opcodes.AtomicExchange, 0x0f0f0f0f0f0f0f0f, 0x0123456789abcdef },
    };

    [Theory]
    [MemberData(nameof(Atomics))]
    public void An_atomic_changes_memory_and_fetches_what_was_there(string what, int operation, ulong memory, ulong source)
    {
        Instruction[] start = [.. LoadImmediate64(R2, 0x0123456789abcdef), Store(Size.DW, R10, -8, R2), .. LoadImmediate64(R3, 0x0f0f0f0f0f0f0f0f)];

        Assert.Equal((what, memory), (what, EngineRoom.Value([.. start, Atomic(Size.DW, operation, R10, -8, R3), Load(Size.DW, R0, R10, -8), Exit()])));
        Assert.Equal((what, source), (what, EngineRoom.Value([.. start, Atomic(Size.DW, operation, R10, -8, R3), Mov64(R0, R3), Exit()])));

        // On 32 bits the upper half of memory stays, and of a fetched register becomes zero.
        bool fetches = (operation & Opcodes.AtomicFetch) != 0;
        uint low = (uint)memory;
        Assert.Equal((what, 0x0123456700000000UL | low), (what, EngineRoom.Value([.. start, Atomic(Size.W, operation, R10, -8, R3), Load(Size.DW, R0, R10, -8), Exit()])));
        Assert.Equal((what, fetches ? (uint)source : source), (what, EngineRoom.Value([.. start, Atomic(Size.W, operation, R10, -8, R3), Mov64(R0, R3), Exit()])));
    }

    [Theory]
    [InlineData(5, 9UL, 5UL)]
    [InlineData(6, 5UL, 5UL)]
    public void Compare_and_exchange_stores_only_where_r0_was_there(int expectation, ulong memory, ulong found)
    {
        Instruction[] code = [StoreImmediate(Size.DW, R10, -8, 5), Mov64(R0, expectation), Mov64(R3, 9)];

        Assert.Equal(found, EngineRoom.Value([.. code, CompareExchange(Size.DW, R10, -8, R3), Exit()]));
        Assert.Equal(memory, EngineRoom.Value([.. code, CompareExchange(Size.DW, R10, -8, R3), Load(Size.DW, R0, R10, -8), Exit()]));
        Assert.Equal(found, EngineRoom.Value([.. code, CompareExchange(Size.W, R10, -8, R3), Exit()]));
        Assert.Equal(memory, EngineRoom.Value([.. code, CompareExchange(Size.W, R10, -8, R3), Load(Size.DW, R0, R10, -8), Exit()]));
    }

    [Theory]
    [InlineData(1, 0x88UL)]
    [InlineData(2, 0x7788UL)]
    [InlineData(4, 0x55667788UL)]
    [InlineData(8, 0x1122334455667788UL)]
    public void Release_and_acquire_move_any_width(int bytes, ulong expected) => Assert.Equal(
        expected,
        EngineRoom.Value([.. LoadImmediate64(R2, 0x1122334455667788), StoreRelease(Width(bytes), R10, -8, R2), Mov64(R0, -1), LoadAcquire(Width(bytes), R0, R10, -8), Exit()]));

    private static Size Width(int bytes) => bytes switch { 1 => Size.B, 2 => Size.H, 4 => Size.W, _ => Size.DW };
}
