using System.Buffers.Binary;
using Ebpf.Bytecode.Elf;
using Ebpf.Fuzz.Mutation;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Tests.Platforms.Linux;

public class UsdtTests
{
    [Theory]
    [InlineData("-4@%esi", UsdtArgumentKind.Register, 4, true, 0, 104, 0, 0)]
    [InlineData("8@%r15", UsdtArgumentKind.Register, 8, false, 0, 0, 0, 0)]
    [InlineData("1@%r9b", UsdtArgumentKind.Register, 1, false, 0, 64, 0, 0)]
    [InlineData("2@$-17", UsdtArgumentKind.Constant, 2, false, -17, 0, 0, 0)]
    [InlineData("-8@-24(%rbp)", UsdtArgumentKind.Memory, 8, true, -24, 32, 0, 0)]
    [InlineData("8@(%rsp)", UsdtArgumentKind.Memory, 8, false, 0, 152, 0, 0)]
    [InlineData("4@8(%rax,%rcx,4)", UsdtArgumentKind.IndexedMemory, 4, false, 8, 80, 88, 2)]
    [InlineData("4@(%rax,%rcx)", UsdtArgumentKind.IndexedMemory, 4, false, 0, 80, 88, 0)]
    public void Arguments_of_x86_64_are_read(string text, object kind, int size, bool isSigned, long value, int register, int index, int scale) =>
        Assert.Equal(
            [new UsdtArgument((UsdtArgumentKind)kind, size, isSigned, value, register, index, scale)],
            UsdtArgument.ParseAll(text, ElfMachine.X64));

    [Theory]
    [InlineData("8@x30", UsdtArgumentKind.Register, 8, false, 0, 240)]
    [InlineData("-4@5", UsdtArgumentKind.Constant, 4, true, 5, 0)]
    [InlineData("8@[sp, 96]", UsdtArgumentKind.Memory, 8, false, 96, 248)]
    [InlineData("1@[x1]", UsdtArgumentKind.Memory, 1, false, 0, 8)]
    public void Arguments_of_AArch64_are_read(string text, object kind, int size, bool isSigned, long value, int register) =>
        Assert.Equal([new UsdtArgument((UsdtArgumentKind)kind, size, isSigned, value, register)], UsdtArgument.ParseAll(text, ElfMachine.Arm64));

    [Theory]
    [InlineData("4@%xmm0", Errno.ENOENT)]
    [InlineData("3@%eax", Errno.EINVAL)]
    [InlineData("4@eax", Errno.EINVAL)]
    [InlineData("4@%eax nonsense", Errno.EINVAL)]
    [InlineData("8@name(%rip)", Errno.EINVAL)]
    [InlineData("99999999999@%eax", Errno.EINVAL)]
    [InlineData("4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1 4@$1", Errno.E2BIG)]
    public void What_is_no_argument_is_refused(string text, Errno errno) =>
        Assert.Equal(errno, Assert.Throws<BpfException>(() => UsdtArgument.ParseAll(text, ElfMachine.X64)).Errno);

    [Fact]
    public void A_tracepoint_without_arguments_has_none() => Assert.Empty(UsdtArgument.ParseAll("  ", ElfMachine.X64));

    [Fact]
    public void An_entry_has_the_layout_that_programs_are_compiled_with()
    {
        Span<byte> spec = stackalloc byte[UsdtSpec.Size];

        UsdtSpec.Write(spec, UsdtArgument.ParseAll("-4@8(%rax,%rcx,4) 1@$200", ElfMachine.X64), cookie: 0x1122334455667788);

        Assert.Equal(208, UsdtSpec.Size);
        Assert.Equal(8, BinaryPrimitives.ReadInt64LittleEndian(spec));
        // SIB, index register in bits 8 to 19, scale in 20 to 23.
        Assert.Equal(3u | (88u << 8) | (2u << 20), BinaryPrimitives.ReadUInt32LittleEndian(spec[8..]));
        Assert.Equal(80, BinaryPrimitives.ReadInt16LittleEndian(spec[12..]));
        Assert.Equal((1, 32), (spec[14], spec[15]));
        Assert.Equal(200, BinaryPrimitives.ReadInt64LittleEndian(spec[16..]));
        Assert.Equal((0, 56), (spec[30], spec[31]));
        Assert.Equal(0x1122334455667788ul, BinaryPrimitives.ReadUInt64LittleEndian(spec[192..]));
        Assert.Equal(2, BinaryPrimitives.ReadInt16LittleEndian(spec[200..]));
    }

    [Fact]
    public void Notes_are_read_with_their_places()
    {
        ElfFile file = ElfFile.Read(ExecutableSeed.Make().Bytes, "library");

        UsdtNote note = Assert.Single(UsdtNote.ReadAll(file));

        Assert.Equal(new UsdtNote("provider", "name", "-4@%esi 8@-24(%rbp)", 0x1004, 0x3000), note);
        Assert.Contains(file.ReadSegments(), segment => segment.IsExecutable && segment.Contains(note.Address));
        Assert.Contains(file.ReadSegments(), segment => !segment.IsExecutable && segment.Contains(note.Semaphore));
        Assert.Equal(2, UsdtArgument.ParseAll(note.Arguments, file.Machine).Length);
    }

    [Fact]
    public void Functions_are_read_with_their_versions()
    {
        ElfFile file = ElfFile.Read(ExecutableSeed.Make().Bytes, "library");

        ElfFunction[] functions = [.. file.ReadFunctions(ElfSectionType.DynamicSymbols)];

        Assert.Equal([("first", ElfBinding.Global), ("second", ElfBinding.Weak)], functions.Select(static f => (f.Name, f.Binding)));
        Assert.Equal(["V_1", "V_2"], functions.Select(f => file.FindVersionName(f.Version)));
        Assert.Equal(8ul, functions[1].FileOffset - functions[0].FileOffset);
        Assert.Equal("second", Assert.Single(file.ReadFunctions(ElfSectionType.DynamicSymbols, "second")).Name);
        Assert.Empty(file.ReadFunctions(ElfSectionType.DynamicSymbols, "sec"));
    }
}
