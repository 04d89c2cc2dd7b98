namespace Ebpf.Tests.Loading;

public sealed class LoadProgramTests
{
    [Fact]
    public void A_program_that_was_off_is_loaded_later_with_the_maps_that_it_needs()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_LRU_map").Load(new LoadOptions { UnusedMaps = UnusedMaps.Skip });
        BpfMap lru = live.Maps["LRU_HASH_map"];
        BpfProgram first = live.Programs["test_LRU_map"];

        BpfProgram late = live.LoadProgram("test_PUSH_POP_map");

        Assert.Equal(0u, late.Run().ReturnValue);
        Assert.Equal(["LRU_HASH_map", "LRU_PERCPU_HASH_map", "QUEUE_map", "STACK_map"], live.Maps.Names);
        Assert.Same(lru, live.Maps["LRU_HASH_map"]);
        Assert.Same(first, live.Programs["test_LRU_map"]);
        Assert.True(live.Report["test_PUSH_POP_map"].IsLoaded);
        Assert.Equal(2, live.Report.Loaded);
    }

    [Fact]
    public void Loading_one_that_is_loaded_answers_it()
    {
        using LoadedObject live = TestData.OpenSample("map").Load();

        Assert.Same(live.Programs["test_maps"], live.LoadProgram("test_maps"));
    }

    [Fact]
    public void It_uses_the_maps_that_are_there()
    {
        using LoadedObject live = TestData.Open("tail_call_same_section").Only("callee").Load();
        live.Maps["programs"].Update(BpfMap.Key(9), live.Programs["callee"]);

        BpfProgram caller = live.LoadProgram("caller");

        Assert.Equal(42u, caller.Run().ReturnValue);
        Assert.Equal(2u, live.Maps["canary"].As<uint, uint>()[0]);
    }

    [Fact]
    public void If_it_fails_nothing_changes()
    {
        using var platform = new TestPlatform();
        using LoadedObject live = TestData.OpenSample("broken").Only("good").Load(platform.Platform, new LoadOptions { UnusedMaps = UnusedMaps.Skip });
        long bytes = platform.Heap.LiveBytes;
        int handles = platform.LiveHandles;

        Assert.Throws<VerifierException>(() => live.LoadProgram("no_bounds_check"));
        Assert.Throws<BpfException>(() => live.LoadProgram("in_unknown_section"));
        BpfException e = Assert.Throws<BpfException>(() => live.LoadProgram("god"));

        Assert.Contains("did you mean 'good'", e.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, platform.Heap.LiveBytes);
        Assert.Equal(handles, platform.LiveHandles);
        Assert.Equal(["good"], live.Programs.Names);
        Assert.Equal(2u, live.Programs["good"].Run().ReturnValue);
    }

    [Fact]
    public void What_is_edited_after_the_load_does_not_reach_it()
    {
        BpfObject obj = TestData.Open("globals").Only("reads_constants");
        using LoadedObject live = obj.Load(new LoadOptions { UnusedMaps = UnusedMaps.Skip });

        obj.Variables["answer"].Set(1000);
        live.LoadProgram("reads");

        Assert.Equal(42, live.Variables["answer"].Get<int>());
    }

    [Fact]
    public void Loads_and_attachments_from_many_threads_end_in_one_consistent_object()
    {
        using var platform = new TestPlatform();
        using LoadedObject live = TestData.Open("several_programs").Only().Load(platform.Platform);
        string[] names = ["xdp_first", "xdp_second", "xdp_third", "tc_first", "tc_second", "socket_first"];

        Parallel.For(0, 60, i =>
        {
            BpfProgram program = live.LoadProgram(names[i % names.Length]);
            using BpfLink link = program.Attach("somewhere");
            program.Run();
        });

        Assert.Equal(names, live.Programs.Names);
        Assert.Equal(names.Order(StringComparer.Ordinal), platform.Verified.Order(StringComparer.Ordinal));
        Assert.Empty(live.Links);
    }
}
