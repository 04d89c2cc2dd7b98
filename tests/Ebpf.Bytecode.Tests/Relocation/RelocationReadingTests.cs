using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Tests.Objects;

namespace Ebpf.Bytecode.Tests.Relocation;

/// <summary>References and symbols that no compiler makes. The error numbers are those that libbpf 1.8 gives to the same objects.</summary>
public class RelocationReadingTests
{
    [Theory]
    [InlineData("an addition refers to data", Errno.LIBBPF_RELOC)]
    [InlineData("a call that is not marked as one", Errno.LIBBPF_RELOC)]
    [InlineData("a call of data", Errno.LIBBPF_RELOC)]
    [InlineData("a call into the middle of an instruction", Errno.LIBBPF_RELOC)]
    [InlineData("a load of a common symbol", Errno.LIBBPF_FORMAT, Errno.LIBBPF_RELOC)]
    [InlineData("a load of an absolute symbol", Errno.LIBBPF_FORMAT, Errno.LIBBPF_RELOC)]
    [InlineData("a load of nothing", Errno.LIBBPF_RELOC)]
    [InlineData("a load of a section that is no data", Errno.LIBBPF_RELOC)]
    [InlineData("a load of empty data", Errno.LIBBPF_RELOC)]
    [InlineData("a relocation between instructions", Errno.LIBBPF_FORMAT)]
    [InlineData("a relocation beyond the section", Errno.LIBBPF_FORMAT)]
    [InlineData("a relocation with a symbol that does not exist", Errno.LIBBPF_FORMAT)]
    [InlineData("a function beyond its section", Errno.LIBBPF_FORMAT)]
    [InlineData("a function of half an instruction", Errno.EINVAL)]
    [InlineData("a function between instructions", Errno.EINVAL)]
    [InlineData("a kernel version of 8 bytes", Errno.LIBBPF_FORMAT)]
    public void What_makes_no_sense_is_refused_also_in_a_program_that_is_off(string what, Errno errno, Errno? byDefault = null)
    {
        ObjectBuilder builder = Build(what);

        Assert.Equal(errno, Assert.Throws<BpfException>(() => builder.Read(ObjectStrictness.Libbpf)).Errno);
        Assert.Equal(byDefault ?? errno, Assert.Throws<BpfException>(() => builder.Read()).Errno);
    }

    [Theory]
    [InlineData("a relocation of code without a function")]
    [InlineData("a relocation of data")]
    [InlineData("an absolute symbol that nobody refers to")]
    [InlineData("a hidden function")]
    public void What_does_no_harm_opens(string what)
    {
        Assert.Single(Build(what).Read(ObjectStrictness.Libbpf).Programs);
        Assert.Single(Build(what).Read().Programs);
    }

    [Fact]
    public void A_refusal_names_function_section_and_instruction()
    {
        BpfException refusal = Assert.Throws<BpfException>(() => Build("a call of data").Read());

        Assert.Equal("p", refusal.Program);
        Assert.Contains("'p' in section 'xdp', instruction 1", refusal.Message);
        Assert.Contains("'number'", refusal.Message);
    }

    [Fact]
    public void A_hidden_function_is_not_global()
    {
        Assert.False(Assert.Single(Build("a hidden function").Read().Subprograms).IsGlobal);
    }

    [Fact]
    public void A_static_map_of_a_legacy_section_is_found_by_its_place()
    {
        var builder = new ObjectBuilder();
        int maps = builder.Add("maps", ElfSectionType.ProgramBits, ElfSectionFlags.Alloc, [.. new uint[] { 1, 4, 8, 16, 0, 2, 8, 4, 32, 0 }.SelectMany(BitConverter.GetBytes)]);
        builder.Symbol("first", maps, 0, 20, ElfSymbolType.Object, ElfBinding.Local);
        builder.Symbol("second", maps, 20, 20, ElfSymbolType.Object, ElfBinding.Local);
        int section = builder.Symbol("", maps, 0, 0, ElfSymbolType.Section, ElfBinding.Local);
        int code = builder.Code("xdp", [.. Asm.LoadImmediate64(Register.R1, 20), Asm.Mov64(Register.R0, 0), Asm.Exit()]);
        builder.Symbol("p", code, 0, 32);
        builder.Relocate(code, 0, section);

        ObjectImage image = builder.Read();

        Assert.Equal(["first", "second"], image.Maps.Select(m => m.Name));
        Assert.Equal(new RelocationEntry(0, RelocationKind.Map, 1, 0), Assert.Single(Assert.Single(image.Programs).Relocations));
    }

    [Fact]
    public void Numbers_that_mean_something_only_in_a_linked_program_are_refused_in_an_object()
    {
        foreach (Instruction[] slots in new[] { Asm.LoadMap(Register.R1, 0), Asm.LoadMapValue(Register.R1, 0, 0), [Asm.CallKernelFunction(1)] })
        {
            var builder = new ObjectBuilder();
            int code = builder.Code("xdp", [.. slots, Asm.Exit()]);
            builder.Symbol("p", code, 0, (ulong)(slots.Length + 1) * Instruction.Size);
            ObjectImage image = builder.Read();

            Assert.Equal(Errno.LIBBPF_RELOC, Assert.Throws<BpfException>(() => TestLinker.Link(image, "p")).Errno);
        }
    }

    [Fact]
    public void A_call_that_leads_into_a_function_is_refused_when_its_program_is_linked()
    {
        var builder = new ObjectBuilder();
        int text = builder.Code(".text", Asm.Mov64(Register.R0, 1), Asm.Exit());
        builder.Symbol("f", text, 0, 16);
        int code = builder.Code("xdp", Asm.CallLocal(0), Asm.Exit());
        builder.Symbol("p", code, 0, 16);
        builder.Relocate(code, 0, builder.Symbol("", text, 0, 0, ElfSymbolType.Section, ElfBinding.Local), ElfRelocationType.Bpf64_32);

        Assert.Equal(Errno.LIBBPF_RELOC, Assert.Throws<BpfException>(() => TestLinker.Link(builder.Read(), "p")).Errno);
    }

    [Fact]
    public void A_jump_through_a_table_opens_and_is_refused_when_its_program_is_linked()
    {
        var builder = new ObjectBuilder();
        int tables = builder.Data(".jumptables", 16);
        int code = builder.Code("xdp", [.. Asm.LoadImmediate64(Register.R1, 0), Asm.Exit()]);
        builder.Symbol("p", code, 0, 24);
        builder.Relocate(code, 0, builder.Symbol("table", tables, 0, 16, ElfSymbolType.Object, ElfBinding.Local));
        ObjectImage image = builder.Read();

        BpfException refusal = Assert.Throws<BpfException>(() => TestLinker.Link(image, "p"));

        Assert.Equal(Errno.EOPNOTSUPP, refusal.Errno);
        Assert.Contains("-fno-jump-tables", refusal.Message);
    }

    [Fact]
    public void Calls_may_nest_as_deep_as_an_object_is_long()
    {
        const int depth = 20_000;
        var builder = new ObjectBuilder();
        var slots = new List<Instruction>();
        for (int i = 0; i < depth; i++)
            slots.AddRange([Asm.CallLocal(1), Asm.Exit()]);
        slots.AddRange([Asm.Mov64(Register.R0, 0), Asm.Exit()]);
        int text = builder.Code(".text", [.. slots]);
        for (int i = 0; i <= depth; i++)
            builder.Symbol("f", text, (ulong)i * 16, 16, binding: ElfBinding.Local);
        int code = builder.Code("xdp", Asm.CallLocal(-1), Asm.Exit());
        builder.Symbol("p", code, 0, 16);
        builder.Relocate(code, 0, 1, ElfRelocationType.Bpf64_32);

        Assert.Equal(depth + 2, TestLinker.Link(builder.Read(), "p").Functions.Length);
    }

    [Fact]
    public void Functions_that_overlap_share_their_code()
    {
        // 64 KiB: 1300 functions that each claim the same 4000 instructions.
        var builder = new ObjectBuilder();
        int code = builder.Code("xdp", [.. Enumerable.Repeat(Asm.Exit(), 4000)]);
        for (int i = 0; i < 1300; i++)
            builder.Symbol("p", code, 0, 4000 * Instruction.Size);
        byte[] bytes = builder.Build();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(1300, ObjectImage.Read(bytes, "built.o").Programs.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    internal static ObjectBuilder Build(string what)
    {
        var builder = new ObjectBuilder();
        // The section is off, and is refused all the same.
        Instruction[] load = [.. Asm.LoadImmediate64(Register.R1, 0), Asm.CallLocal(-1), Asm.Exit()];
        int data = builder.Data(".data", 8);
        int number = builder.Symbol("number", data, 0, 4, ElfSymbolType.Object);
        switch (what)
        {
            case "an addition refers to data": Refer([Asm.Add64(Register.R1, 1), Asm.Exit()], 0, number); break;
            case "a call that is not marked as one": Refer([Asm.Mov64(Register.R0, 0), Asm.Call(1), Asm.Exit()], 8, number); break;
            case "a call of data": Refer([Asm.Mov64(Register.R0, 0), Asm.CallLocal(-1), Asm.Exit()], 8, number); break;
            case "a call into the middle of an instruction":
                int text = builder.Code(".text", Asm.Mov64(Register.R0, 1), Asm.Exit());
                Refer([Asm.CallLocal(-1), Asm.Exit()], 0, builder.Symbol("f", text, 4, 0, ElfSymbolType.None, ElfBinding.Local));
                break;
            case "a load of a common symbol": Refer(load, 0, builder.Symbol("common", 0xfff2, 8, 4, ElfSymbolType.Object)); break;
            case "a load of an absolute symbol": Refer(load, 0, builder.Symbol("absolute", 0xfff1, 8, 0, ElfSymbolType.None)); break;
            case "a load of nothing": Refer(load, 0, 0); break;
            case "a load of a section that is no data": Refer(load, 0, builder.Symbol("other", builder.Data("other", 8), 0, 4, ElfSymbolType.Object)); break;
            case "a load of empty data": Refer(load, 0, builder.Symbol("empty", builder.Data(".data.empty", 0), 0, 0, ElfSymbolType.Object)); break;
            case "a relocation between instructions": Refer(load, 4, number); break;
            case "a relocation beyond the section": Refer(load, 64, number); break;
            case "a relocation with a symbol that does not exist": Refer(load, 0, 99); break;
            case "a function beyond its section": builder.Symbol("p", builder.Code("xdp", Asm.Exit()), 0, 16); break;
            case "a function of half an instruction": builder.Symbol("p", builder.Code("xdp", Asm.Exit()), 0, 4); break;
            case "a function between instructions": builder.Symbol("p", builder.Code("xdp", Asm.Exit(), Asm.Exit()), 4, 8); break;
            case "a kernel version of 8 bytes": builder.Data("version", 8); break;
            case "a relocation of code without a function":
                int part = builder.Code("xdp", [.. load, Asm.Exit()]);
                builder.Symbol("p", part, 32, 8);
                builder.Relocate(part, 0, number);
                break;
            case "a relocation of data":
                builder.Relocate(data, 0, number, ElfRelocationType.Abs64);
                builder.Program("p");
                break;
            case "an absolute symbol that nobody refers to":
                builder.Symbol("absolute", 0xfff1, 8, 0, ElfSymbolType.None);
                builder.Program("p");
                break;
            case "a hidden function":
                builder.Symbol("f", builder.Code(".text", Asm.Exit()), 0, 8, visibility: ElfVisibility.Hidden);
                builder.Program("p");
                break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }

        return builder;

        void Refer(Instruction[] slots, ulong offset, int symbol)
        {
            int code = builder.Code("?xdp", slots);
            builder.Symbol("p", code, 0, (ulong)slots.Length * Instruction.Size);
            builder.Relocate(code, offset, symbol);
        }
    }
}
