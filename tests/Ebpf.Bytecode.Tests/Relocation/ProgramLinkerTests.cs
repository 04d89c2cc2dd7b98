using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Tests.Relocation;

public class ProgramLinkerTests
{
    [Fact]
    public void A_program_gets_the_subprograms_that_it_reaches_and_no_others()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        Assert.Equal(["first", "only_first", "mix", "global_square", "five"], Names(TestLinker.Link(image, "first")));
        Assert.Equal(["second", "only_second", "only_second_leaf", "mix"], Names(TestLinker.Link(image, "second")));
        Assert.Equal(["calls_nothing"], Names(TestLinker.Link(image, "calls_nothing")));
    }

    [Fact]
    public void Every_call_leads_to_the_start_of_a_function()
    {
        ProgramSpec program = TestLinker.Link(TestObjects.Read("subprograms"), "first");

        int[] starts = [.. program.Functions.Select(f => f.Start)];
        int[] callees = [.. Slots(program).Where(s => s.Instruction.IsLocalCall).Select(s => s.Slot + s.Instruction.Immediate + 1)];
        Assert.NotEmpty(callees);
        Assert.All(callees, callee => Assert.Contains(callee, starts));
    }

    [Fact]
    public void Maps_are_referred_to_by_their_position_in_the_load()
    {
        ObjectImage image = TestObjects.Sample("map");
        LinkTargets reversed = TestLinker.Everything(image) with { Maps = [.. Enumerable.Range(0, image.Maps.Length).Reverse()] };

        ProgramSpec program = new ProgramLinker(image, reversed).Link(image.Programs.Single(p => p.Name == "test_PUSH_POP_map"));

        int queue = image.Maps.ToList().FindIndex(m => m.Name == "QUEUE_map"), stack = image.Maps.ToList().FindIndex(m => m.Name == "STACK_map");
        int[] used = [.. Slots(program).Where(s => s.Instruction.IsWide && s.Instruction.Source == (Register)PseudoLoad.MapIndex).Select(s => s.Instruction.Immediate).Distinct().Order()];
        Assert.Equal(new[] { reversed.Maps[queue], reversed.Maps[stack] }.Order(), used);
    }

    private static IEnumerable<string> Names(ProgramSpec program) => program.Functions.Select(f => f.Name);

    private static IEnumerable<(int Slot, Instruction Instruction)> Slots(ProgramSpec program)
    {
        for (int i = 0; i < program.Instructions.Length; i++)
        {
            yield return (i, program.Instructions[i]);
            if (program.Instructions[i].IsWide)
                i++;
        }
    }
}
