using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;
using static Ebpf.Bytecode.Tests.TestLinker;

namespace Ebpf.Bytecode.Tests.Relocation;

public class ProgramLinkerTests
{
    // What libbpf puts where CO-RE has no answer.
    private const int NoCoreAnswer = 195896080;

    [Fact]
    public void A_program_gets_the_subprograms_that_it_reaches_and_no_others()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        Assert.Equal(["first", "only_first", "mix", "global_square", "five"], Names(Link(image, "first")));
        Assert.Equal(["second", "only_second", "only_second_leaf", "mix"], Names(Link(image, "second")));
        Assert.Equal(["calls_nothing"], Names(Link(image, "calls_nothing")));
    }

    [Fact]
    public void Every_call_leads_to_the_start_of_a_function_and_functions_lie_end_to_end()
    {
        ObjectImage image = TestObjects.Read("subprograms");
        ProgramSpec program = Link(image, "first");

        int[] starts = [.. program.Functions.Select(f => f.Start)];
        int[] callees = [.. Slots(program).Where(s => s.Instruction.IsLocalCall).Select(s => s.Slot + s.Instruction.Immediate + 1)];
        Assert.Equal(starts[1..].Order(), callees.Distinct().Order());
        int end = 0;
        foreach (FunctionSpec function in program.Functions)
        {
            Assert.Equal(end, function.Start);
            end += image.Functions.Single(f => f.Name == function.Name).Instructions.Length;
        }

        Assert.Equal(end, program.Instructions.Length);
    }

    [Fact]
    public void Only_what_BTF_declares_global_is_verified_by_itself()
    {
        ProgramSpec program = Link(TestObjects.Read("subprograms"), "first");

        Assert.Equal([true, false, false, true, false], program.Functions.Select(f => f.IsGlobal));
        Assert.All(Link(TestObjects.Read("no_btf"), "doubled").Functions.Skip(1), f => Assert.False(f.IsGlobal));
    }

    [Theory]
    [InlineData("calls_sibling", "caller", "callee")]
    [InlineData("calls_other_section", "caller", "callee")]
    [InlineData("static_program", "calls_static", "add_one")]
    public void By_default_functions_outside_of_text_can_be_called(string name, string caller, string callee)
    {
        ProgramSpec program = Link(TestObjects.Read(name), caller);

        Assert.Equal([caller, callee], Names(program));
        (int slot, Instruction call) = Slots(program).Single(s => s.Instruction.IsLocalCall);
        Assert.Equal(program.Functions[1].Start, slot + call.Immediate + 1);
    }

    [Fact]
    public void The_address_of_a_function_is_relative_to_the_load()
    {
        ProgramSpec program = Link(TestObjects.Read("callbacks"), "loop");

        (int slot, Instruction load) = Slots(program).Single(s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.Function);
        Assert.Equal(("add_index", program.Functions[1].Start), (program.Functions[1].Name, slot + load.Immediate + 1));
    }

    [Fact]
    public void Maps_are_referred_to_by_their_position_in_the_load()
    {
        ObjectImage image = TestObjects.Sample("map");
        LinkTargets reversed = Everything(image) with { Maps = [.. Enumerable.Range(0, image.Maps.Length).Reverse()] };

        ProgramSpec program = Link(image, "test_PUSH_POP_map", reversed);

        int queue = image.Maps.ToList().FindIndex(m => m.Name == "QUEUE_map"), stack = image.Maps.ToList().FindIndex(m => m.Name == "STACK_map");
        int[] used = [.. Slots(program).Where(s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.MapIndex).Select(s => s.Instruction.Immediate).Distinct().Order()];
        Assert.Equal(new[] { reversed.Maps[queue], reversed.Maps[stack] }.Order(), used);
    }

    [Fact]
    public void Variables_are_referred_to_by_their_maps_and_their_offsets()
    {
        ObjectImage image = TestObjects.Read("globals");

        ProgramSpec program = Link(image, "custom_sections");

        var used = Slots(program).Where(s => s.Instruction.IsWide).Select(s => (s.Instruction.Source, Map: image.Maps[s.Instruction.Immediate].SectionName, Offset: program.Instructions[s.Slot + 1].Immediate));
        Assert.Equal(
            [((Register)PseudoLoad.MapIndexValue, ".bss.scratch", 0), ((Register)PseudoLoad.MapIndexValue, ".data.settings", 0), ((Register)PseudoLoad.MapIndexValue, ".rodata.tables", 0)],
            used.Order());

        // A static variable is reached through its section, and the instruction has its offset.
        ProgramSpec reads = Link(image, "reads");
        var offsets = Slots(reads).Where(s => s.Instruction.IsWide).Select(s => (s.Instruction.Immediate, (uint)reads.Instructions[s.Slot + 1].Immediate));
        Assert.All(offsets, o => Assert.Contains(image.Variables, v => v.Map == o.Immediate && o.Item2 >= v.Offset && o.Item2 < v.Offset + v.Size));
    }

    [Fact]
    public void A_reference_to_a_map_that_was_not_created_becomes_two_calls_that_no_verifier_accepts()
    {
        ObjectImage image = TestObjects.Sample("map");
        ImmutableArray<int> maps = Everything(image).Maps;
        int queue = image.Maps.ToList().FindIndex(m => m.Name == "QUEUE_map");

        ProgramSpec program = Link(image, "test_PUSH_POP_map", Everything(image) with { Maps = maps.SetItem(queue, LinkTargets.NoMap) });

        int references = TestLinker.Program(image, "test_PUSH_POP_map").Relocations.Count(r => r.Target == queue);
        Assert.Equal(2 * references, program.Instructions.Count(i => i.IsHelperCall && i.Immediate == 2001000000 + queue));
        Assert.DoesNotContain(Slots(program), s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.MapIndex && s.Instruction.Immediate == queue);
    }

    [Fact]
    public void Configuration_values_are_in_their_map_at_their_offsets()
    {
        ObjectImage image = TestObjects.Read("kconfig");

        ProgramSpec program = Link(image, "reads_more");

        uint[] offsets = [.. Slots(program).Where(s => s.Instruction.IsWide).Select(s => (uint)program.Instructions[s.Slot + 1].Immediate).Order()];
        string[] used = ["CONFIG_PAGE_OFFSET", "CONFIG_NR_CPUS", "LINUX_HAS_SYSCALL_WRAPPER", "CONFIG_DEFAULT_HOSTNAME"];
        Assert.Equal(image.Externs.Where(e => used.Contains(e.Name)).Select(e => e.Offset), offsets);
        Assert.All(Slots(program).Where(s => s.Instruction.IsWide), s => Assert.Equal((Register)PseudoLoad.MapIndexValue, s.Instruction.Source));
    }

    [Fact]
    public void Kernel_symbols_get_their_address_or_their_type_and_missing_ones_zero()
    {
        ObjectImage image = TestObjects.Read("ksyms");
        LinkTargets targets = Everything(image) with { Externs = [.. image.Externs.Select(Value)] };

        ProgramSpec addresses = Link(image, "addresses", targets);
        Assert.Contains(Slots(addresses), s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.None && s.Instruction.Immediate == 0x55667788 && addresses.Instructions[s.Slot + 1].Immediate == 0x11223344);
        Assert.Equal(2, Slots(addresses).Count(s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.None && s.Instruction.Immediate == 0 && addresses.Instructions[s.Slot + 1].Immediate == 0));

        ProgramSpec typed = Link(image, "typed", targets);
        (int slot, Instruction load) = Slots(typed).Single(s => s.Instruction.IsWide);
        Assert.Equal(((Register)PseudoLoad.BtfId, 4711, 9), (load.Source, load.Immediate, typed.Instructions[slot + 1].Immediate));

        static ExternValue Value(ExternImage needed) => needed.Name switch
        {
            "bpf_prog_put" => new ExternValue(true, Address: 0x1122334455667788),
            "bpf_prog_active" or "runqueues" => new ExternValue(true, KernelType: 4711, ModuleFd: 9),
            _ => ExternValue.Unresolved,
        };
    }

    [Fact]
    public void Kernel_functions_are_called_by_their_position_in_the_programs_own_list()
    {
        ObjectImage image = TestObjects.Read("kfuncs");

        ProgramSpec program = Link(image, "calls");

        Assert.Equal(["bpf_dynptr_from_xdp", "bpf_dynptr_size"], program.KernelFunctions.Select(k => k.Name));
        Assert.Equal([0, 1], program.Instructions.Where(i => i.IsKernelFunctionCall).Select(i => i.Immediate));
        Assert.All(program.KernelFunctions, k => Assert.Equal(k.Name, image.Types![k.TypeId].Name));
    }

    [Fact]
    public void A_call_of_a_weak_kernel_function_that_is_missing_is_one_that_no_verifier_accepts()
    {
        ObjectImage image = TestObjects.Read("kfuncs");
        int missing = image.Externs.ToList().FindIndex(e => e.Name == "bpf_no_such_kfunc");
        LinkTargets targets = Everything(image) with { Externs = Everything(image).Externs.SetItem(missing, ExternValue.Unresolved) };

        ProgramSpec program = Link(image, "calls_anyway", targets);

        Assert.Empty(program.KernelFunctions);
        Assert.Contains(program.Instructions, i => i.IsHelperCall && i.Immediate == 2002000000 + missing);
    }

    [Fact]
    public void Calls_of_library_functions_become_calls_of_helpers() =>
        Assert.Equal(
            [(int)HelperId.LibraryMemset, (int)HelperId.LibraryMemcpy, (int)HelperId.LibraryMemmove],
            Link(TestObjects.Read("libcalls"), "uses_libcalls").Instructions.Where(i => i.IsHelperCall).Select(i => i.Immediate));

    [Fact]
    public void A_strong_extern_that_is_missing_is_refused_also_where_only_a_skipped_program_needs_it()
    {
        ObjectImage image = TestObjects.Read("autoload_extern");

        BpfException refusal = Assert.Throws<BpfException>(() => ProgramLinker.RequireExterns(image, [ExternValue.Unresolved]));

        Assert.Equal(Errno.ESRCH, refusal.Errno);
        Assert.Contains("no_such_kernel_symbol", refusal.Message);
        ProgramLinker.RequireExterns(image, [ExternValue.Resolved]);
        ObjectImage weak = TestObjects.Read("kfuncs");
        ProgramLinker.RequireExterns(weak, [.. weak.Externs.Select(e => new ExternValue(!e.IsWeak))]);
    }

    [Fact]
    public void A_call_of_nothing_fails_its_own_program_only()
    {
        ObjectImage image = TestObjects.Read("undefined_call");

        BpfException refusal = Assert.Throws<BpfException>(() => Link(image, "calls"));

        Assert.Equal((Errno.LIBBPF_RELOC, "calls"), (refusal.Errno, refusal.Program));
        Assert.Contains("nobody_defines_this", refusal.Message);
        Assert.Equal(["does_not"], Names(Link(image, "does_not")));
    }

    [Fact]
    public void Source_lines_follow_the_functions_to_where_they_are_appended()
    {
        ProgramSpec program = Link(TestObjects.Read("subprograms"), "second");

        Assert.Equal(program.Lines.Select(l => l.Slot).Order(), program.Lines.Select(l => l.Slot));
        Assert.All(program.Functions, f => Assert.Contains(program.Lines, l => l.Slot == f.Start));
        Assert.Equal(["    calls += 10;"], LinesOf("only_second_leaf").Where(t => t.Contains("calls")));
        Assert.Equal(["    calls++;"], LinesOf("mix").Where(t => t.Contains("calls")));

        IEnumerable<string> LinesOf(string function)
        {
            int start = program.Functions.Single(f => f.Name == function).Start;
            int end = program.Functions.Select(f => f.Start).Append(program.Instructions.Length).Where(s => s > start).Min();
            return program.Lines.Where(l => l.Slot >= start && l.Slot < end).Select(l => l.Text).Distinct();
        }
    }

    [Fact]
    public void A_programs_exception_callback_is_appended_though_nothing_calls_it()
    {
        ObjectImage image = TestObjects.Read("exceptions");

        Assert.Equal(["throws", "on_exception"], Names(Link(image, "throws")));
        Assert.Equal(["throws_without_callback"], Names(Link(image, "throws_without_callback")));
    }

    [Fact]
    public void CO_RE_is_done_for_what_a_program_reaches_and_nothing_else()
    {
        ObjectImage image = TestObjects.Read("core_skipped");
        LinkTargets targets = Everything(image) with { Types = Target("core_target_moved") };

        Assert.DoesNotContain(Link(image, "works", targets).Instructions, i => i.Immediate == NoCoreAnswer);
        Assert.Contains(Link(image, "broken", targets).Instructions, i => i.IsHelperCall && i.Immediate == NoCoreAnswer);
        Assert.Contains(Link(image, "broken_below", targets).Instructions, i => i.IsHelperCall && i.Immediate == NoCoreAnswer);
    }

    [Fact]
    public void CO_RE_of_a_shared_subprogram_gives_every_program_the_same()
    {
        ObjectImage image = TestObjects.Read("core_skipped");
        var linker = new ProgramLinker(image, Everything(image) with { Types = Target("core_target_moved") });

        ProgramSpec first = linker.Link(TestLinker.Program(image, "works")), second = linker.Link(TestLinker.Program(image, "works"));

        Assert.Equal(first.Instructions.AsEnumerable(), second.Instructions);
        Assert.NotEqual(image.Programs[0].Instructions.ToArray(), Link(image, "broken_below", Everything(image) with { Types = Target("core_target_moved") }).Instructions);
    }

    [Fact]
    public void Without_types_to_relocate_against_a_program_with_CO_RE_is_refused_and_named()
    {
        BpfException refusal = Assert.Throws<BpfException>(() => Link(TestObjects.Read("core_skipped"), "works"));

        Assert.Equal((Errno.ESRCH, "works"), (refusal.Errno, refusal.Program));
    }

    [Fact]
    public void A_program_that_grows_beyond_the_limit_is_refused()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        BpfException refusal = Assert.Throws<BpfException>(() => Link(image, "first", Everything(image) with { MaxSlots = 20 }));

        Assert.Equal((Errno.E2BIG, "first"), (refusal.Errno, refusal.Program));
    }

    [Fact]
    public void Explicit_addends_are_honoured()
    {
        ObjectImage image = TestObjects.Read("rela");

        ProgramSpec program = Link(image, "count");

        Assert.Equal([(Register)PseudoLoad.MapIndex, (Register)PseudoLoad.MapIndexValue], Slots(program).Where(s => s.Instruction.IsWide).Select(s => s.Instruction.Source));
    }

    private static IEnumerable<string> Names(ProgramSpec program) => program.Functions.Select(f => f.Name);
}
