using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Tests.Relocation;

public class CallGraphTests
{
    [Fact]
    public void A_program_reaches_the_maps_that_it_and_its_subprograms_refer_to()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        Assert.Equal([".bss"], Maps(image, "first").Select(m => image.Maps.Single(x => x.Name == m).SectionName));
        Assert.Empty(Maps(image, "calls_nothing"));
    }

    [Fact]
    public void A_program_reaches_no_map_that_only_others_use()
    {
        ObjectImage image = TestObjects.Sample("map");

        Assert.Equal(["QUEUE_map", "STACK_map"], Maps(image, "test_PUSH_POP_map"));
        Assert.Equal(["LRU_HASH_map", "LRU_PERCPU_HASH_map"], Maps(image, "test_LRU_map"));
        Assert.Equal(8, Maps(image, "test_maps").Count());
    }

    [Fact]
    public void Maps_that_a_map_of_maps_holds_from_the_start_are_reached_through_it()
    {
        ObjectImage image = TestObjects.Read("map_in_map");

        Assert.Equal(["first", "second", "array_of_maps"], Maps(image, "through_array"));
        Assert.Equal(["first", "second", "array_of_maps", "hash_of_maps"], Maps(image, "through_hash"));
        Assert.Equal(["template_only"], Maps(image, "uses_template"));
    }

    [Fact]
    public void Configuration_values_are_a_map_too()
    {
        Assert.Equal(["kconfig.kconfig"], Maps(TestObjects.Read("kconfig"), "reads"));
    }

    [Fact]
    public void Maps_behind_function_addresses_are_reached()
    {
        ObjectImage image = TestObjects.Read("callbacks");

        Assert.Equal(["loop", "add_index"], new CallGraph(image).Functions(TestLinker.Program(image, "loop")).Select(f => f.Name));
    }

    private static IEnumerable<string> Maps(ObjectImage image, string program) =>
        new CallGraph(image).Maps(TestLinker.Program(image, program)).Select(i => image.Maps[i].Name);
}
