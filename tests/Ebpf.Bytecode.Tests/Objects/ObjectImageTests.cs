using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class ObjectImageTests
{
    [Fact]
    public void The_sample_map_has_three_programs_and_eight_maps_in_the_order_of_its_source()
    {
        ObjectImage image = TestObjects.Sample("map");

        Assert.Equal(["test_LRU_map", "test_PUSH_POP_map", "test_maps"], image.Programs.Select(p => p.Name));
        Assert.Equal(
            ["HASH_map", "PERCPU_HASH_map", "ARRAY_map", "PERCPU_ARRAY_map", "LRU_HASH_map", "LRU_PERCPU_HASH_map", "QUEUE_map", "STACK_map"],
            image.Maps.Select(m => m.Name));
        Assert.All(image.Maps, m => Assert.Equal((4u, 10u), (m.ValueSize, m.MaxEntries)));
        Assert.Equal("map", image.Name);
    }

    [Fact]
    public void Functions_of_text_are_subprograms_and_not_programs()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        Assert.Equal(["first", "second", "calls_nothing"], image.Programs.Select(p => p.Name));
        Assert.Contains("global_unused", image.Subprograms.Select(p => p.Name));
        Assert.All(image.Subprograms, p => Assert.Equal(".text", p.SectionName));
    }
}
