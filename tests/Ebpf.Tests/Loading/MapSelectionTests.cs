namespace Ebpf.Tests.Loading;

public sealed class MapSelectionTests
{
    private static readonly LoadOptions s_skip = new() { UnusedMaps = UnusedMaps.Skip };

    [Fact]
    public void Maps_do_not_follow_programs_unless_asked()
    {
        BpfObject obj = TestData.OpenSample("map").Only("test_LRU_map");

        using LoadedObject all = obj.Load();
        using LoadedObject used = obj.Load(s_skip);

        Assert.Equal(8, all.Maps.Count);
        Assert.Equal(["LRU_HASH_map", "LRU_PERCPU_HASH_map"], used.Maps.Names);
        Assert.Equal(6, used.Report.SkippedMaps);
        Assert.False(used.Report.Maps["HASH_map"].IsCreated);
        Assert.Equal(0, used.Report.Maps["HASH_map"].MemoryBytes);
        Assert.Equal(0u, used.Programs["test_LRU_map"].Run().ReturnValue);
    }

    [Fact]
    public void Maps_that_a_subprogram_uses_are_used()
    {
        using LoadedObject live = TestData.Open("subprograms").Only("second").Load(s_skip);

        Assert.Equal(["subprogr.bss"], live.Maps.Names);
    }

    [Fact]
    public void Maps_that_another_holds_from_the_start_or_as_inner_map_are_used()
    {
        using LoadedObject live = TestData.Open("map_in_map").Only("missing").Load(s_skip);

        Assert.Equal(["first", "second", "array_of_maps", "hash_of_maps"], live.Maps.Names);
    }

    [Fact]
    public void Edited_and_pinned_maps_stay()
    {
        using var platform = new TestPlatform();
        BpfObject obj = TestData.OpenSample("map").Only("test_LRU_map");
        obj.Maps["ARRAY_map"].MaxEntries = 20;
        obj.Maps["HASH_map"].PinPath = "/here/HASH_map";

        using LoadedObject live = obj.Load(platform.Platform, s_skip);

        Assert.Equal(["HASH_map", "ARRAY_map", "LRU_HASH_map", "LRU_PERCPU_HASH_map"], live.Maps.Names.Order(StringComparer.Ordinal).OrderBy(n => Array.IndexOf([.. obj.Maps.Names], n)));
        Assert.Equal(20u, live.Maps["ARRAY_map"].MaxEntries);
    }

    [Fact]
    public void A_map_whose_AutoCreate_is_off_is_not_created_and_its_users_are_refused_by_name()
    {
        BpfObject obj = TestData.OpenSample("map").Only("test_LRU_map");
        obj.Maps["LRU_HASH_map"].AutoCreate = false;

        VerifierException e = Assert.Throws<VerifierException>(() => obj.Load());
        Assert.Equal("missing-map", e.Rule);

        obj.Only("test_PUSH_POP_map");
        using LoadedObject live = obj.Load();
        Assert.DoesNotContain("LRU_HASH_map", live.Maps.Names);
        BpfException missing = Assert.Throws<BpfException>(() => live.Maps["LRU_HASH_map"]);
        Assert.Contains("AutoCreate", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_is_reused_is_the_same_map()
    {
        using LoadedObject first = TestData.OpenSample("map").Only("test_maps").Load();
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        obj.Maps["HASH_map"].Reuse(first.Maps["HASH_map"]);

        using LoadedObject second = obj.Load();
        first.Maps["HASH_map"].As<uint, uint>()[77] = 5;

        Assert.Equal(5u, second.Maps["HASH_map"].As<uint, uint>()[77]);
        Assert.Equal(first.Maps["HASH_map"].Fd, second.Maps["HASH_map"].Fd);
    }

    [Fact]
    public void A_reused_map_outlives_the_object_that_made_it()
    {
        using var platform = new TestPlatform();
        LoadedObject first = TestData.OpenSample("map").Only("test_maps").Load(platform.Platform);
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        obj.Maps["HASH_map"].Reuse(first.Maps["HASH_map"]);
        using LoadedObject second = obj.Load(platform.Platform);

        first.Dispose();

        Assert.Equal(0u, second.Programs["test_maps"].Run().ReturnValue);
    }

    [Fact]
    public void A_map_of_other_sizes_cannot_be_reused()
    {
        using LoadedObject first = TestData.OpenSample("map").Only("test_maps").Load();
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        obj.Maps["HASH_map"].Reuse(first.Maps["ARRAY_map"]);

        BpfException e = Assert.Throws<BpfException>(() => obj.Load());

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains("HASH_map", e.Message, StringComparison.Ordinal);
        Assert.Contains("ARRAY_map", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_is_pinned_by_name_is_found_by_the_next_object_and_lives_until_it_is_unpinned()
    {
        using var platform = new TestPlatform();
        long before = platform.Heap.LiveBytes;

        using (LoadedObject first = TestData.Open("pinning").Load(platform.Platform))
        {
            Assert.Equal(1u, first.Programs["counts"].Run().ReturnValue);
        }

        using (LoadedObject second = TestData.Open("pinning").Load(platform.Platform))
        {
            Assert.Equal(2u, second.Programs["counts"].Run().ReturnValue);
            Assert.Equal(1UL, second.Maps["unpinned"].As<uint, ulong>()[0]);
        }

        Assert.True(platform.Heap.LiveBytes > before);
        Assert.True(platform.Platform.Unpin("/sys/fs/bpf/pinned"));
        Assert.False(platform.Platform.Unpin("/sys/fs/bpf/pinned"));
        Assert.Equal(0, platform.LiveHandles);
    }

    [Fact]
    public void A_live_map_can_be_pinned_once_and_is_found_by_an_object_that_pins_there()
    {
        using var platform = new TestPlatform();
        using LoadedObject first = TestData.Open("maps_only").Load(platform.Platform);
        first.Maps["one"].As<uint, ulong>()[7] = 8;

        first.Maps["one"].Pin("/pins/one");
        Assert.Equal(Errno.EEXIST, Assert.Throws<BpfException>(() => first.Maps["two"].Pin("/pins/one")).Errno);

        BpfObject obj = TestData.Open("maps_only");
        obj.Maps["one"].PinPath = "/pins/one";
        using LoadedObject second = obj.Load(platform.Platform);
        Assert.Equal(8UL, second.Maps["one"].As<uint, ulong>()[7]);

        obj.Maps["one"].MaxEntries = 5;
        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => obj.Load(platform.Platform)).Errno);
        Assert.True(platform.Platform.Unpin("/pins/one"));
    }

    [Fact]
    public void A_statically_filled_slot_that_names_a_skipped_program_fails_the_load_and_names_the_slot()
    {
        using var platform = new TestPlatform();
        BpfObject obj = TestData.Open("prog_array");
        obj.Programs["second"].AutoLoad = false;

        BpfException e = Assert.Throws<BpfException>(() => obj.Load(platform.Platform));

        Assert.Contains("slot 3", e.Message, StringComparison.Ordinal);
        Assert.Contains("'programs'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'second'", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, platform.LiveHandles);
    }

    [Fact]
    public void With_EmptySkippedSlots_the_slot_stays_empty_and_is_filled_when_the_program_is_loaded_later()
    {
        BpfObject obj = TestData.Open("prog_array");
        obj.Programs["second"].AutoLoad = false;

        using LoadedObject live = obj.Load(new LoadOptions { EmptySkippedSlots = true });
        Assert.Equal(10u, live.Programs["entry"].Run().ReturnValue);

        live.LoadProgram("second");
        Assert.Equal(42u, live.Programs["entry"].Run().ReturnValue);
    }

    [Fact]
    public void Slots_that_name_loaded_programs_are_filled()
    {
        using LoadedObject live = TestData.Open("prog_array").Load();

        Assert.Equal(42u, live.Programs["entry"].Run().ReturnValue);
        Assert.Equal(3u, live.Programs["misses"].Run().ReturnValue);
    }

    [Fact]
    public void Maps_of_maps_hold_what_the_file_says()
    {
        using LoadedObject live = TestData.Open("map_in_map").Load();

        Assert.Equal(5u, live.Programs["through_array"].Run().ReturnValue);
        Assert.Equal(3u, live.Programs["missing"].Run().ReturnValue);
        Assert.Equal(9u, live.Programs["through_hash"].Run().ReturnValue);
    }

    [Fact]
    public void The_host_can_give_entries_that_are_there_once_the_object_is_loaded()
    {
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        obj.Maps["HASH_map"].AddEntry([1, 0, 0, 0], [2, 0, 0, 0]);

        using LoadedObject live = obj.Load();

        Assert.Equal(2u, live.Maps["HASH_map"].As<uint, uint>()[1]);
    }

    [Fact]
    public void An_entry_of_the_wrong_size_fails_the_load()
    {
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        obj.Maps["HASH_map"].AddEntry([1], [2]);

        BpfException e = Assert.Throws<BpfException>(() => obj.Load());

        Assert.Contains("HASH_map", e.Message, StringComparison.Ordinal);
    }
}
