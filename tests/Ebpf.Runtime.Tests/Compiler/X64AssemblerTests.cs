using Ebpf.Runtime.Compiler.X64;
using Iced.Intel;
using Decoder = Iced.Intel.Decoder;
using Place = Ebpf.Runtime.Compiler.X64.Memory;
using OurAssembler = Ebpf.Runtime.Compiler.X64.Assembler;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>Every form that the assembler has, over all registers, read back by a disassembler that is not ours.</summary>
public sealed class X64AssemblerTests
{
    private static readonly Gpr[] s_registers = [.. Enumerable.Range(0, 16).Select(i => (Gpr)i)];

    [Fact]
    public void Operations_on_registers_are_what_they_say() => ForPairs((a, b) =>
    {
        Check($"mov {R8(a)},{R8(b)}", asm => asm.Move(8, a, b));
        Check($"mov {R4(a)},{R4(b)}", asm => asm.Move(4, a, b));
        Check($"add {R8(a)},{R8(b)}", asm => asm.Alu(Alu.Add, 8, a, b));
        Check($"xor {R4(a)},{R4(b)}", asm => asm.Alu(Alu.Xor, 4, a, b));
        Check($"cmp {R8(a)},{R8(b)}", asm => asm.Alu(Alu.Compare, 8, a, b));
        Check($"test {R4(a)},{R4(b)}", asm => asm.Test(4, a, b));
        Check($"imul {R8(a)},{R8(b)}", asm => asm.Multiply(8, a, b));
        Check($"imul {R4(a)},{R4(b)},7", asm => asm.Multiply(4, a, b, 7));
        Check($"imul {R8(a)},{R8(b)},12345h", asm => asm.Multiply(8, a, b, 0x12345));
        Check($"movzx {R4(a)},{R1(b)}", asm => asm.ZeroExtend(1, a, b));
        Check($"movzx {R4(a)},{R2(b)}", asm => asm.ZeroExtend(2, a, b));
        Check($"movsx {R8(a)},{R1(b)}", asm => asm.SignExtend(1, 8, a, b));
        Check($"movsx {R4(a)},{R2(b)}", asm => asm.SignExtend(2, 4, a, b));
        Check($"movsxd {R8(a)},{R4(b)}", asm => asm.SignExtend(4, 8, a, b));
        Check($"rorx {R8(a)},{R8(b)},0Dh", asm => asm.RotateX(8, a, b, 13));
        Check($"rorx {R4(a)},{R4(b)},3", asm => asm.RotateX(4, a, b, 3));
        Check($"shlx {R8(a)},{R8(b)},{R8(Gpr.R9)}", asm => asm.ShiftX(Shift.Left, 8, a, b, Gpr.R9));
        Check($"shrx {R4(a)},{R4(b)},{R4(Gpr.Rcx)}", asm => asm.ShiftX(Shift.Right, 4, a, b, Gpr.Rcx));
        Check($"sarx {R8(a)},{R8(Gpr.Rdi)},{R8(b)}", asm => asm.ShiftX(Shift.RightSigned, 8, a, Gpr.Rdi, b));
        if (a != b)
            Check($"mulx {R8(a)},{R8(b)},{R8(Gpr.R12)}", asm => asm.MultiplyX(a, b, Gpr.R12));
    });

    [Fact]
    public void Operations_on_one_register_are_what_they_say()
    {
        foreach (Gpr a in s_registers)
        {
            Check($"neg {R8(a)}", asm => asm.Negate(8, a));
            Check($"div {R4(a)}", asm => asm.Divide(4, a, signed: false));
            Check($"idiv {R8(a)}", asm => asm.Divide(8, a, signed: true));
            Check($"bswap {R8(a)}", asm => asm.ByteSwap(8, a));
            Check($"bswap {R4(a)}", asm => asm.ByteSwap(4, a));
            Check($"rol {R2(a)},8", asm => asm.ByteSwap16(a));
            Check($"shl {R8(a)},5", asm => asm.Shift(Shift.Left, 8, a, 5));
            Check($"sar {R4(a)},1", asm => asm.Shift(Shift.RightSigned, 4, a, 1));
            Check($"rol {R4(a)},7", asm => asm.Shift(Shift.RotateLeft, 4, a, 7));
            Check($"shr {R8(a)},cl", asm => asm.ShiftByCl(Shift.Right, 8, a));
            Check($"push {R8(a)}", asm => asm.Push(a));
            Check($"pop {R8(a)}", asm => asm.Pop(a));
            Check($"call {R8(a)}", asm => asm.Call(a));
            Check($"jmp {R8(a)}", asm => asm.Jump(a));
            Check($"and {R8(a)},7Fh", asm => asm.Alu(Alu.And, 8, a, 127));
            Check($"sub {R4(a)},12345678h", asm => asm.Alu(Alu.Sub, 4, a, 0x12345678));
            Check($"test {R8(a)},0FFFFFFFF80000000h", asm => asm.Test(8, a, int.MinValue));
            Check($"xor {R4(a)},{R4(a)}", asm => asm.Constant(a, 0));
            Check($"mov {R4(a)},87654321h", asm => asm.Constant(a, 0x87654321));
            Check($"mov {R8(a)},0FFFFFFFFFFFFFFFEh", asm => asm.Constant(a, -2));
            Check($"mov {R8(a)},123456789ABCDEFh", asm => asm.Constant(a, 0x123456789abcdef));
        }
    }

    [Fact]
    public void Addresses_are_what_they_say() => ForPairs((a, b) =>
    {
        foreach (int displacement in (int[])[0, 8, -128, 127, 128, -129, 0x12345])
        {
            string suffix = displacement switch { 0 => "", > 0 => $"+{Hex(displacement)}", _ => $"-{Hex(-displacement)}" };
            Check($"mov {R8(b)},[{R8(a)}{suffix}]", asm => asm.Load(8, b, new Place(a, displacement)));
            Check($"mov [{R8(a)}{suffix}],{R1(b)}", asm => asm.Store(1, new Place(a, displacement), b));
            if (b == Gpr.Rsp)
                continue;
            Check($"movzx {R4(a)},word ptr [{R8(a)}+{R8(b)}*4{suffix}]", asm => asm.Load(2, a, new Place(a, displacement, b, 2)));
            Check($"lea {R8(b)},[{R8(a)}+{R8(b)}*8{suffix}]", asm => asm.Lea(8, b, new Place(a, displacement, b, 3)));
        }

        if (b != Gpr.Rsp)
            Check($"lea {R8(a)},[{R8(b)}*4]", asm => asm.Lea(8, a, new Place(Gpr.None, 0, b, 2)));
    });

    [Fact]
    public void Operations_on_memory_are_what_they_say() => ForPairs((a, b) =>
    {
        var memory = new Place(a, 16);
        string address = $"[{R8(a)}+10h]";
        Check($"movzx {R4(b)},byte ptr {address}", asm => asm.Load(1, b, memory));
        Check($"movsx {R8(b)},word ptr {address}", asm => asm.LoadSigned(2, b, memory));
        Check($"movsxd {R8(b)},{address}", asm => asm.LoadSigned(4, b, memory));
        Check($"mov {address},{R2(b)}", asm => asm.Store(2, memory, b));
        Check($"mov byte ptr {address},80h", asm => asm.Store(1, memory, 0x80));
        Check($"mov word ptr {address},1234h", asm => asm.Store(2, memory, 0x1234));
        Check($"mov qword ptr {address},0FFFFFFFFFFFFFFFFh", asm => asm.Store(8, memory, -1));
        Check($"lock xadd {address},{R8(b)}", asm => { asm.Lock(); asm.ExchangeAdd(8, memory, b); });
        Check($"lock cmpxchg {address},{R4(b)}", asm => { asm.Lock(); asm.CompareExchange(4, memory, b); });
        Check($"xchg {R8(b)},{address}", asm => asm.Exchange(8, memory, b));
        Check($"add {address},{R1(b)}", asm => asm.AluTo(Alu.Add, 1, memory, b));
        Check($"lock or {address},{R8(b)}", asm => { asm.Lock(); asm.AluTo(Alu.Or, 8, memory, b); });
        Check($"cmp {R8(b)},{address}", asm => asm.Alu(Alu.Compare, 8, b, memory));
        Check($"sub qword ptr {address},3E8h", asm => asm.Alu(Alu.Sub, 8, memory, 1000));
        Check($"call qword ptr {address}", asm => asm.Call(memory));
    });

    [Fact]
    public void Padding_is_instructions()
    {
        for (int start = 0; start < 16; start++)
        {
            var asm = new OurAssembler();
            for (int i = 0; i < start; i++)
                asm.Return();
            asm.Align(16);
            Assert.Equal(0, asm.Length % 16);
            Assert.All(Decode(asm.Code[start..]), static i => Assert.Equal(Mnemonic.Nop, i.Mnemonic));
        }
    }

    private static void ForPairs(Action<Gpr, Gpr> check)
    {
        foreach (Gpr a in s_registers)
        {
            foreach (Gpr b in s_registers)
                check(a, b);
        }
    }

    private static void Check(string expected, Action<OurAssembler> emit)
    {
        var asm = new OurAssembler();
        emit(asm);
        List<Instruction> instructions = Decode(asm.Code);
        var output = new StringOutput();
        FormatterOptions options = FormatterOptions.CreateMasm();
        options.MemorySizeOptions = MemorySizeOptions.Minimal;
        options.UsePseudoOps = false;
        new MasmFormatter(options).Format(Assert.Single(instructions), output);
        Assert.Equal(expected, output.ToStringAndReset());
    }

    internal static List<Instruction> Decode(ReadOnlySpan<byte> code)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code.ToArray()));
        List<Instruction> instructions = [];
        while (decoder.IP < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            Assert.False(instruction.IsInvalid, $"at {instruction.IP}: {Convert.ToHexString(code[(int)instruction.IP..])}");
            instructions.Add(instruction);
        }

        return instructions;
    }

    private static string Hex(int value)
    {
        string digits = value.ToString("X", System.Globalization.CultureInfo.InvariantCulture);
        return value < 10 ? digits : $"{(char.IsAsciiLetter(digits[0]) ? "0" : "")}{digits}h";
    }

    private static string R8(Gpr register) => register.ToString().ToLowerInvariant();

    private static string R4(Gpr register) => register >= Gpr.R8 ? $"r{(int)register}d" : $"e{R8(register)[1..]}";

    private static string R2(Gpr register) => register >= Gpr.R8 ? $"r{(int)register}w" : R8(register)[1..];

    private static string R1(Gpr register) => register switch
    {
        >= Gpr.R8 => $"r{(int)register}b",
        >= Gpr.Rsp => $"{R8(register)[1..]}l",
        _ => $"{R8(register)[1]}l",
    };
}
