using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class TextHelperTests
{
    [Fact]
    public void Lines_beyond_what_a_run_keeps_are_lost()
    {
        using var room = new EngineRoom();
        room.Map(new MapSpec { Name = ".rodata", Type = MapType.Array, KeySize = 4, ValueSize = 2, MaxEntries = 1, Flags = MapFlags.ReadOnlyProgram, InitialData = "x\0"u8.ToArray(), IsFrozen = true });
        Instruction[] print = [.. LoadMapValue(R1, 0, 0), Mov64(R2, 2), Call(HelperId.TracePrintk), Add64(R6, -1)];
        Instruction[] code = [Mov64(R6, Run.MostKept + 100), .. print, JumpIf(Opcodes.Jne, R6, 0, (short)(-print.Length - 1)), Exit()];

        RunOutcome outcome = room.Run(ProgramType.Xdp, new RunRequest(), code);

        Assert.Null(outcome.Fault);
        Assert.Equal(Run.MostKept, outcome.Printk.Count);
        Assert.Equal(1u, outcome.ReturnValue);
    }

    /// <summary>Prints with the arguments -5 (R3), 0x1234 (R4) and the format's own address (R5).</summary>
    private static RunOutcome Print(string format)
    {
        using var room = new EngineRoom();
        byte[] text = Encoding.ASCII.GetBytes(format + "\0");
        room.Map(new MapSpec { Name = ".rodata", Type = MapType.Array, KeySize = 4, ValueSize = (uint)text.Length, MaxEntries = 1, Flags = MapFlags.ReadOnlyProgram, InitialData = text, IsFrozen = true });
        Instruction[] code = [.. LoadMapValue(R1, 0, 0), Mov64(R2, text.Length), Mov64(R3, -5), Mov64(R4, 0x1234), Mov64(R5, R1), Call(HelperId.TracePrintk), Exit()];
        RunOutcome outcome = room.Run(ProgramType.Xdp, new RunRequest(), code);
        Assert.Null(outcome.Fault);
        return outcome;
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("100%%", "100%")]
    [InlineData("%d", "-5")]
    [InlineData("%ld %lld", "-5 4660")]
    [InlineData("%u", "4294967291")]
    [InlineData("%lu", "18446744073709551611")]
    [InlineData("%x", "fffffffb")]
    [InlineData("%lX", "FFFFFFFFFFFFFFFB")]
    [InlineData("%d|%6d|", "-5|  4660|")]
    [InlineData("%d|%06d|", "-5|004660|")]
    [InlineData("%05d|%-6d|", "-0005|4660  |")]
    [InlineData("%d|%+d|", "-5|+4660|")]
    [InlineData("%d|% d|", "-5| 4660|")]
    [InlineData("%d %d %s", "-5 4660 %d %d %s")]
    [InlineData("%d%c", "-54")]
    [InlineData("%px", "fffffffffffffffb")]
    [InlineData("%s", "")]
    [InlineData("%20pI4|", "0.0.0.0|")]
    public void Text_is_formatted_as_the_kernel_does(string format, string expected)
    {
        RunOutcome outcome = Print(format);

        Assert.Equal([expected], outcome.Printk);
        Assert.Equal((ulong)expected.Length, outcome.ReturnValue);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("%f")]
    [InlineData("%hd")]
    [InlineData("%d %d %d %d")]
    [InlineData("%sx")]
    [InlineData("%pz")]
    [InlineData("bell\a")]
    public void What_the_kernel_does_not_print_is_invalid(string format)
    {
        RunOutcome outcome = Print(format);

        Assert.Equal(-22L, (long)outcome.ReturnValue);
        Assert.Empty(outcome.Printk);
    }

    [Fact]
    public void A_line_is_printed_without_its_line_feed() => Assert.Equal(["x"], Print("x\n").Printk);

    [Fact]
    public void Snprintf_cuts_and_tells_what_it_wanted()
    {
        using var room = new EngineRoom();
        byte[] text = "%d and %d\0"u8.ToArray();
        EmbeddedMap buffer = room.Map(MapType.Array, 4, 8, 1);
        room.Map(new MapSpec { Name = ".rodata", Type = MapType.Array, KeySize = 4, ValueSize = (uint)text.Length, MaxEntries = 1, Flags = MapFlags.ReadOnlyProgram, InitialData = text, IsFrozen = true });
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -16, 1234), StoreImmediate(Size.DW, R10, -8, 56), .. LoadMapValue(R1, 0, 0), Mov64(R2, 8), .. LoadMapValue(R3, 1, 0),
            Mov64(R4, R10), Add64(R4, -16), Mov64(R5, 16), Call(HelperId.Snprintf), Exit(),
        ];

        Assert.Equal(12UL, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        byte[] value = new byte[8];
        buffer.HostLookup(new byte[4], value);
        Assert.Equal("1234 an\0"u8.ToArray(), value);
    }

    [Theory]
    [InlineData("123", 0, 3, 123)]
    [InlineData(" \t-42 rest", 0, 5, -42)]
    [InlineData("0x1F", 0, 4, 31)]
    [InlineData("0x1F", 16, 4, 31)]
    [InlineData("1f", 16, 2, 31)]
    [InlineData("017", 0, 3, 15)]
    [InlineData("0xg", 0, 1, 0)]
    [InlineData("-9223372036854775808", 10, 20, long.MinValue)]
    [InlineData("9223372036854775808", 10, -34, 0)]
    [InlineData("99999999999999999999", 10, -34, 0)]
    [InlineData("x", 10, -22, 0)]
    [InlineData("-", 10, -22, 0)]
    [InlineData("12", 7, -22, 0)]
    public void Numbers_are_read_as_the_kernel_does(string text, int @base, long result, long value)
    {
        using var room = new EngineRoom();
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        EmbeddedMap output = room.Map(MapType.Array, 4, 8, 1);
        room.Map(new MapSpec { Name = "text", Type = MapType.Array, KeySize = 4, ValueSize = (uint)bytes.Length, MaxEntries = 1, InitialData = bytes });
        Instruction[] code = [.. LoadMapValue(R1, 1, 0), Mov64(R2, bytes.Length), Mov64(R3, @base), .. LoadMapValue(R4, 0, 0), Call(HelperId.Strtol), Exit()];

        Assert.Equal(result, (long)room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        byte[] read = new byte[8];
        output.HostLookup(new byte[4], read);
        Assert.Equal(value, BitConverter.ToInt64(read));
    }

    [Theory]
    [InlineData("abc", 3, 0)]
    [InlineData("abd", 3, 1)]
    [InlineData("abb", 3, -1)]
    [InlineData("abx", 2, 0)]
    [InlineData("ab\0", 3, -1)]
    public void Strings_are_compared_up_to_a_length(string first, int size, long expected)
    {
        using var room = new EngineRoom();
        room.Map(new MapSpec { Name = "a", Type = MapType.Array, KeySize = 4, ValueSize = 3, MaxEntries = 1, InitialData = Encoding.ASCII.GetBytes(first) });
        room.Map(new MapSpec { Name = "b", Type = MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1, InitialData = "abc\0"u8.ToArray() });
        Instruction[] code = [.. LoadMapValue(R1, 0, 0), Mov64(R2, size), .. LoadMapValue(R3, 1, 0), Call(HelperId.Strncmp), Exit()];

        Assert.Equal(expected, (long)room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
    }
}
