using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Opcodes;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Bytecode.Tests.Isa;

public sealed class DisassemblerTests
{
    /// <summary>One row per form: the instruction as it is built, its bytes as LLVM's assembler gives them, its text.</summary>
    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach ((Instruction[] instructions, string bytes, string text) in Table())
            rows.Add(Convert.ToHexStringLower(instructions.SelectMany(Bytes).ToArray()), bytes.Replace(" ", ""), text);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_instruction_has_the_bytes_of_the_standard_and_reads_as_in_the_kernel(string built, string bytes, string text)
    {
        Assert.Equal(bytes, built);
        byte[] wire = Convert.FromHexString(bytes);
        Instruction first = Instruction.Read(wire, littleEndian: true);
        Assert.True(IsValid(first.Opcode));
        Assert.Equal(text, Disassembler.Text(first, wire.Length > Instruction.Size ? Instruction.Read(wire.AsSpan(Instruction.Size), littleEndian: true) : default));
    }

    [Fact]
    public void Helpers_go_by_the_numbers_of_the_dialect()
    {
        Assert.Equal("call bpf_ktime_get_ns#5", Disassembler.Text(Asm.Call(5)));
        Assert.Equal("call bpf_tail_call#5", Disassembler.Text(Asm.Call(5), dialect: Dialect.Windows));
        Assert.Equal("call unknown#195896080", Disassembler.Text(Asm.Call(195896080)));
    }

    [Fact]
    public void Names_stand_in_for_numbers_where_they_are_known()
    {
        Instruction[] program = [.. Asm.LoadMap(R1, 2), .. Asm.LoadMapValue(R2, 2, 16), .. Asm.LoadFunction(R3, 2), Asm.CallLocal(1), Asm.CallKernelFunction(7), Asm.Exit()];
        var disassembler = new Disassembler
        {
            MapName = index => index == 2 ? "counters" : null,
            FunctionName = slot => slot switch { 7 => "each", 8 => "sub", _ => null },
            KernelFunctionName = id => id == 7 ? "bpf_rcu_read_lock" : null,
        };

        string[] text = [.. Slots(program).Select(slot => disassembler.Text(program, slot))];

        string[] expected =
        [
            "r1 = map[counters] ll", "r2 = map[counters][0]+16 ll", "r3 = subprog[each] ll", "call sub", "call bpf_rcu_read_lock#7", "exit",
        ];
        Assert.Equal(expected, text);
    }

    [Fact]
    public void A_relocation_of_the_object_names_what_the_instruction_refers_to()
    {
        Instruction[] program = [.. Asm.LoadImmediate64(R1, 8), Asm.CallLocal(-1)];
        var disassembler = new Disassembler { SymbolAt = slot => slot == 0 ? ".rodata" : "helper_function" };

        Assert.Equal("r1 = .rodata+8 ll", disassembler.Text(program, 0));
        Assert.Equal("call helper_function", disassembler.Text(program, 2));
    }

    [Fact]
    public void Every_opcode_byte_has_a_text_and_only_the_valid_ones_read_as_instructions()
    {
        for (int opcode = 0; opcode <= byte.MaxValue; opcode++)
        {
            string text = Disassembler.Text(new Instruction((byte)opcode, R1, R2, 0, 0));

            Assert.Equal(!IsValid((byte)opcode), text.StartsWith("invalid", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_wide_load_without_its_second_slot_is_invalid()
    {
        Instruction[] program = [Asm.LoadImmediate64(R1, 5)[0]];

        Assert.StartsWith("invalid 0x18", new Disassembler().Text(program, 0));
    }

    private static IEnumerable<(Instruction[] Instructions, string Bytes, string Text)> Table()
    {
        foreach ((Instruction instruction, string bytes, string text) in Singles())
            yield return ([instruction], bytes, text);

        yield return (Asm.LoadImmediate64(R1, 0x1122334455667788), "18 01 0000 88776655 00 00 0000 44332211", "r1 = 0x1122334455667788 ll");
        yield return (Asm.Wide(R1, PseudoLoad.MapFd, 5, 0), "18 11 0000 05000000 00 00 0000 00000000", "r1 = map[fd:5] ll");
        yield return (Asm.Wide(R1, PseudoLoad.MapValue, 5, 8), "18 21 0000 05000000 00 00 0000 08000000", "r1 = map[fd:5][0]+8 ll");
        yield return (Asm.Wide(R1, PseudoLoad.BtfId, 77, 0), "18 31 0000 4d000000 00 00 0000 00000000", "r1 = ksym[77] ll");
        yield return (Asm.LoadFunction(R2, 9), "18 42 0000 09000000 00 00 0000 00000000", "r2 = subprog[+9] ll");
        yield return (Asm.LoadMap(R1, 3), "18 51 0000 03000000 00 00 0000 00000000", "r1 = map[#3] ll");
        yield return (Asm.LoadMapValue(R1, 3, 24), "18 61 0000 03000000 00 00 0000 18000000", "r1 = map[#3][0]+24 ll");
    }

    private static IEnumerable<(Instruction Instruction, string Bytes, string Text)> Singles() =>
    [
        // Arithmetic on 64 bits.
        (Asm.Add64(R1, 5), "07 01 0000 05000000", "r1 += 5"),
        (Asm.Add64(R1, R2), "0f 21 0000 00000000", "r1 += r2"),
        (Asm.Sub64(R1, -1), "17 01 0000 ffffffff", "r1 -= -1"),
        (Asm.Sub64(R1, R10), "1f a1 0000 00000000", "r1 -= r10"),
        (Asm.Mul64(R3, 7), "27 03 0000 07000000", "r3 *= 7"),
        (Asm.Div64(R3, R4), "3f 43 0000 00000000", "r3 /= r4"),
        (Asm.SDiv64(R3, R4), "3f 43 0100 00000000", "r3 s/= r4"),
        (Asm.Or64(R5, R6), "4f 65 0000 00000000", "r5 |= r6"),
        (Asm.And64(R5, 15), "57 05 0000 0f000000", "r5 &= 15"),
        (Asm.Lsh64(R5, 32), "67 05 0000 20000000", "r5 <<= 32"),
        (Asm.Rsh64(R5, R1), "7f 15 0000 00000000", "r5 >>= r1"),
        (Asm.Neg64(R7), "87 07 0000 00000000", "r7 = -r7"),
        (Asm.Mod64(R8, 10), "97 08 0000 0a000000", "r8 %= 10"),
        (Asm.SMod64(R8, 10), "97 08 0100 0a000000", "r8 s%= 10"),
        (Asm.Xor64(R9, R9), "af 99 0000 00000000", "r9 ^= r9"),
        (Asm.Mov64(R0, 0), "b7 00 0000 00000000", "r0 = 0"),
        (Asm.Mov64(R6, R1), "bf 16 0000 00000000", "r6 = r1"),
        (Asm.Arsh64(R1, 63), "c7 01 0000 3f000000", "r1 s>>= 63"),
        (Asm.MovSx64(R1, R2, 8), "bf 21 0800 00000000", "r1 = (s8)r2"),
        (Asm.MovSx64(R1, R2, 32), "bf 21 2000 00000000", "r1 = (s32)r2"),
        (new Instruction(0xbf, R1, R2, 1, 1), "bf 21 0100 01000000", "r1 = addr_space_cast(r2, 0, 1)"),

        // Arithmetic on 32 bits.
        (Asm.Add32(R1, 5), "04 01 0000 05000000", "w1 += 5"),
        (Asm.Sub32(R1, R2), "1c 21 0000 00000000", "w1 -= w2"),
        (Asm.SDiv32(R1, 3), "34 01 0100 03000000", "w1 s/= 3"),
        (Asm.Neg32(R1), "84 01 0000 00000000", "w1 = -w1"),
        (Asm.Mov32(R1, -5), "b4 01 0000 fbffffff", "w1 = -5"),
        (Asm.Mov32(R1, R2), "bc 21 0000 00000000", "w1 = w2"),
        (Asm.MovSx32(R1, R2, 16), "bc 21 1000 00000000", "w1 = (s16)w2"),
        (Asm.Arsh32(R1, R2), "cc 21 0000 00000000", "w1 s>>= w2"),

        // Byte order.
        (Asm.ToLittleEndian(R1, 16), "d4 01 0000 10000000", "r1 = le16 r1"),
        (Asm.ToBigEndian(R1, 32), "dc 01 0000 20000000", "r1 = be32 r1"),
        (Asm.ByteSwap(R1, 64), "d7 01 0000 40000000", "r1 = bswap64 r1"),

        // Loads and stores.
        (Asm.Load(Size.B, R1, R2, 0), "71 21 0000 00000000", "r1 = *(u8 *)(r2 + 0)"),
        (Asm.Load(Size.H, R1, R2, 2), "69 21 0200 00000000", "r1 = *(u16 *)(r2 + 2)"),
        (Asm.Load(Size.W, R1, R1, 4), "61 11 0400 00000000", "r1 = *(u32 *)(r1 + 4)"),
        (Asm.Load(Size.DW, R1, R10, -8), "79 a1 f8ff 00000000", "r1 = *(u64 *)(r10 - 8)"),
        (Asm.LoadSigned(Size.B, R1, R2, 0), "91 21 0000 00000000", "r1 = *(s8 *)(r2 + 0)"),
        (Asm.LoadSigned(Size.W, R1, R2, -32768), "81 21 0080 00000000", "r1 = *(s32 *)(r2 - 32768)"),
        (Asm.StoreImmediate(Size.W, R10, -4, -1), "62 0a fcff ffffffff", "*(u32 *)(r10 - 4) = -1"),
        (Asm.Store(Size.DW, R10, -16, R3), "7b 3a f0ff 00000000", "*(u64 *)(r10 - 16) = r3"),

        // Atomics.
        (Asm.Atomic(Size.DW, AtomicAdd, R1, 0, R2), "db 21 0000 00000000", "lock *(u64 *)(r1 + 0) += r2"),
        (Asm.Atomic(Size.W, AtomicXor, R1, 4, R2), "c3 21 0400 a0000000", "lock *(u32 *)(r1 + 4) ^= r2"),
        (Asm.Atomic(Size.DW, AtomicAdd | AtomicFetch, R1, 0, R2), "db 21 0000 01000000", "r2 = atomic64_fetch_add((u64 *)(r1 + 0), r2)"),
        (Asm.Atomic(Size.W, AtomicOr | AtomicFetch, R1, 0, R2), "c3 21 0000 41000000", "r2 = atomic_fetch_or((u32 *)(r1 + 0), r2)"),
        (Asm.Exchange(Size.DW, R1, -8, R2), "db 21 f8ff e1000000", "r2 = atomic64_xchg((u64 *)(r1 - 8), r2)"),
        (Asm.CompareExchange(Size.W, R1, 0, R2), "c3 21 0000 f1000000", "r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)"),
        (Asm.LoadAcquire(Size.H, R1, R2, 0), "cb 21 0000 00010000", "r1 = load_acquire((u16 *)(r2 + 0))"),
        (Asm.StoreRelease(Size.DW, R1, 0, R2), "db 21 0000 10010000", "store_release((u64 *)(r1 + 0), r2)"),

        // Legacy packet loads.
        (Asm.LoadAbsolute(Size.H, 12), "28 00 0000 0c000000", "r0 = *(u16 *)skb[12]"),
        (Asm.LoadIndirect(Size.B, R7, -1), "50 70 0000 ffffffff", "r0 = *(u8 *)skb[r7 - 1]"),

        // Jumps.
        (Asm.Jump(3), "05 00 0300 00000000", "goto +3"),
        (Asm.Jump(-3), "05 00 fdff 00000000", "goto -3"),
        (Asm.JumpLong(100000), "06 00 0000 a0860100", "gotol +100000"),
        (Asm.JumpIf(Jeq, R1, 0, 2), "15 01 0200 00000000", "if r1 == 0 goto +2"),
        (Asm.JumpIf(Jgt, R1, 5, 3), "25 01 0300 05000000", "if r1 > 5 goto +3"),
        (Asm.JumpIf(Jge, R1, R2, 1), "3d 21 0100 00000000", "if r1 >= r2 goto +1"),
        (Asm.JumpIf(Jset, R1, 8, 0), "45 01 0000 08000000", "if r1 & 8 goto +0"),
        (Asm.JumpIf(Jne, R1, R2, -1), "5d 21 ffff 00000000", "if r1 != r2 goto -1"),
        (Asm.JumpIf(Jsgt, R1, -1, 4), "65 01 0400 ffffffff", "if r1 s> -1 goto +4"),
        (Asm.JumpIf(Jsge, R1, R2, 4), "7d 21 0400 00000000", "if r1 s>= r2 goto +4"),
        (Asm.JumpIf(Jlt, R1, 9, 4), "a5 01 0400 09000000", "if r1 < 9 goto +4"),
        (Asm.JumpIf(Jle, R1, R2, 4), "bd 21 0400 00000000", "if r1 <= r2 goto +4"),
        (Asm.JumpIf(Jslt, R1, 9, 4), "c5 01 0400 09000000", "if r1 s< 9 goto +4"),
        (Asm.JumpIf(Jsle, R1, R2, 4), "dd 21 0400 00000000", "if r1 s<= r2 goto +4"),
        (Asm.JumpIf32(Jeq, R1, 1, 2), "16 01 0200 01000000", "if w1 == 1 goto +2"),
        (Asm.JumpIf32(Jslt, R1, R2, 2), "ce 21 0200 00000000", "if w1 s< w2 goto +2"),
        (Asm.MayGoto(-4), "e5 00 fcff 00000000", "may_goto -4"),
        (new Instruction(JumpRegister, R3, R0, 0, 0), "0d 03 0000 00000000", "gotox r3"),

        // Calls.
        (Asm.Call(HelperId.MapLookupElem), "85 00 0000 01000000", "call bpf_map_lookup_elem#1"),
        (Asm.CallLocal(5), "85 10 0000 05000000", "call +5"),
        (Asm.CallKernelFunction(3), "85 20 0000 03000000", "call kfunc#3"),
        (Asm.CallRegister(R3), "8d 03 0000 00000000", "callx r3"),
        (Asm.Exit(), "95 00 0000 00000000", "exit"),
    ];

    private static IEnumerable<int> Slots(Instruction[] program)
    {
        for (int slot = 0; slot < program.Length; slot += program[slot].IsWide ? 2 : 1)
            yield return slot;
    }

    private static byte[] Bytes(Instruction instruction)
    {
        byte[] bytes = new byte[Instruction.Size];
        instruction.Write(bytes, littleEndian: true);
        return bytes;
    }
}
