namespace Ebpf.Tests.Loading;

/// <summary>DESIGN §5, rule by rule, on the embedded platform.</summary>
public sealed class AutoloadTests
{
    [Fact]
    public void The_assertion_sequence_of_eBPF_for_Windows_own_autoload_test_holds()
    {
        BpfObject obj = TestData.Open("tail_call_same_section");
        BpfProgramSpec caller = obj.Programs["caller"];
        BpfProgramSpec callee = obj.Programs["callee"];
        Assert.True(caller.AutoLoad);
        Assert.True(callee.AutoLoad);

        caller.AutoLoad = false;
        Assert.False(caller.AutoLoad);
        Assert.True(callee.AutoLoad);

        using LoadedObject live = obj.Load();
        Assert.False(live.Programs.Contains("caller"));
        Assert.Null(live.Report["caller"].Fd);
        Assert.True(live.Programs.Contains("callee"));
        Assert.True(!OperatingSystem.IsLinux() || live.Programs["callee"].Fd > 2);

        // There it is an error to change the flag now. Here the open object is data, and what is loaded does not depend on it any more.
        caller.AutoLoad = true;
        callee.AutoLoad = false;
        Assert.False(live.Programs.Contains("caller"));
        Assert.True(live.Programs.Contains("callee"));
        Assert.False(live.Report["caller"].AutoLoad);
    }

    [Fact]
    public void Only_the_selected_program_of_the_map_sample_is_loaded_and_returns_zero()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load();

        Assert.Equal(["test_maps"], live.Programs.Names);
        Assert.Equal(0u, live.Programs["test_maps"].Run().ReturnValue);
        Assert.Equal(0u, live.Programs["test_maps"].Run().ReturnValue);
        Assert.Equal(1, live.Report.Loaded);
        Assert.Equal(2, live.Report.Skipped);
    }

    [Theory]
    [InlineData("test_LRU_map")]
    [InlineData("test_PUSH_POP_map")]
    [InlineData("test_maps")]
    public void Each_program_of_the_map_sample_can_be_the_only_one(string name)
    {
        using LoadedObject live = TestData.OpenSample("map").Only(name).Load();

        Assert.Equal([name], live.Programs.Names);
        Assert.Equal(0u, live.Programs[name].Run().ReturnValue);
    }

    [Fact]
    public void With_every_program_off_maps_are_created_and_the_verifier_is_never_asked()
    {
        using var platform = new TestPlatform();

        using LoadedObject live = TestData.Open("autoload_all_off").Load(platform.Platform);

        Assert.Empty(live.Programs);
        Assert.Empty(platform.Verified);
        Assert.True(live.Maps.Contains("values"));
        Assert.Equal(0, live.Report.VerifiedInstructions);
    }

    [Theory]
    [InlineData("no_bounds_check")]
    [InlineData("calls_unknown_helper")]
    [InlineData("in_unknown_section")]
    public void A_program_that_cannot_load_does_not_matter_while_it_is_off_and_fails_the_whole_load_while_it_is_on(string bad)
    {
        using var platform = new TestPlatform();
        long before = platform.Heap.LiveBytes;
        BpfObject obj = TestData.OpenSample("broken").Only("good", bad);

        BpfException e = Assert.ThrowsAny<BpfException>(() => obj.Load(platform.Platform));

        Assert.Equal(bad, e.Program);
        Assert.Equal(0, platform.LiveHandles);
        Assert.Equal(before, platform.Heap.LiveBytes);

        obj.Programs[bad].AutoLoad = false;
        using LoadedObject live = obj.Load(platform.Platform);
        Assert.Equal(["good"], live.Programs.Names);
        Assert.Equal(2u, live.Programs["good"].Run().ReturnValue);
        Assert.Equal(0, live.Report[bad].VerifiedInstructions);
    }

    [Fact]
    public void A_refusal_names_rule_instruction_and_source_line()
    {
        BpfObject obj = TestData.OpenSample("broken").Only("no_bounds_check");

        VerifierException e = Assert.Throws<VerifierException>(() => obj.Load());

        Assert.Equal(Errno.EACCES, e.Errno);
        Assert.Equal("no_bounds_check", e.Program);
        Assert.Equal("packet-access", e.Rule);
        Assert.EndsWith("broken.bpf.c", e.SourceLine!.Value.FileName, StringComparison.Ordinal);
        Assert.Contains("data[0]", e.SourceLine.Value.Text, StringComparison.Ordinal);
        Assert.NotEmpty(e.Reason);
        Assert.NotEmpty(e.Log);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void An_unknown_section_fails_only_when_its_program_is_loaded_and_a_type_can_be_given()
    {
        BpfObject obj = TestData.OpenSample("broken").Only("in_unknown_section");

        BpfException e = Assert.Throws<BpfException>(() => obj.Load());
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains("nowhere/at_all", e.Message, StringComparison.Ordinal);

        obj.Programs["in_unknown_section"].Type = ProgramType.SocketFilter;
        using LoadedObject live = obj.Load();
        Assert.Equal(0u, live.Programs["in_unknown_section"].Run().ReturnValue);
    }

    [Fact]
    public void A_skipped_program_costs_no_call_of_the_platform_and_no_memory()
    {
        using var one = new TestPlatform();
        using var all = new TestPlatform();

        using LoadedObject skipping = TestData.Open("several_programs").Only("tc_second").Load(one.Platform);
        using LoadedObject loading = TestData.Open("several_programs").Load(all.Platform);

        Assert.Equal(["tc_second"], one.Verified);
        Assert.Equal(1, one.Calls);
        Assert.Equal(6, all.Calls);
        Assert.True(one.Heap.LiveBlocks < all.Heap.LiveBlocks);
    }

    [Fact]
    public void Subprograms_that_only_skipped_programs_call_are_neither_loaded_nor_verified()
    {
        BpfObject obj = TestData.Open("subprograms").Only("second");

        using LoadedObject live = obj.Load();

        Assert.Equal(["second", "only_second", "only_second_leaf", "mix"], live.Programs["second"].Functions);
    }

    [Fact]
    public void A_strong_extern_that_is_not_there_fails_the_load_even_if_only_a_skipped_program_uses_it()
    {
        BpfObject obj = TestData.Open("autoload_extern");
        Assert.False(obj.Programs["skipped"].AutoLoad);

        BpfException e = Assert.Throws<BpfException>(() => obj.Load());

        Assert.Equal(Errno.ESRCH, e.Errno);
        Assert.Contains("no_such_kernel_symbol", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_skipped_program_whose_code_is_called_wrongly_is_not_linked()
    {
        BpfObject obj = TestData.Open("calls_sibling");
        string caller = obj.Programs.First(p => p.Name.Contains("call", StringComparison.Ordinal)).Name;

        obj.Programs[caller].AutoLoad = false;
        using LoadedObject live = obj.Load();

        Assert.DoesNotContain(caller, live.Programs.Names);
    }

    [Fact]
    public void A_failed_load_can_be_tried_again()
    {
        BpfObject obj = TestData.OpenSample("broken").Only("good", "no_bounds_check");
        Assert.Throws<VerifierException>(() => obj.Load());

        obj.Programs["no_bounds_check"].AutoLoad = false;

        using LoadedObject live = obj.Load();
        Assert.Equal(["good"], live.Programs.Names);
    }

    [Fact]
    public void One_open_object_loads_several_times_and_the_loads_know_nothing_of_each_other()
    {
        BpfObject obj = TestData.Open("globals").Only("writes");

        using LoadedObject first = obj.Load();
        obj.Variables["counter"].Set(100UL);
        using LoadedObject second = obj.Load();

        Assert.Equal(1u, first.Programs["writes"].Run().ReturnValue);
        Assert.Equal(101u, second.Programs["writes"].Run().ReturnValue);
        Assert.Equal(2u, first.Programs["writes"].Run().ReturnValue);
        Assert.Equal(2UL, first.Variables["counter"].Get<ulong>());
        Assert.Equal(101UL, second.Variables["counter"].Get<ulong>());
    }

    [Fact]
    public void A_name_that_is_off_says_how_it_is_loaded_now()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load();

        BpfException e = Assert.Throws<BpfException>(() => live.Programs["test_LRU_map"]);

        Assert.Contains("LoadProgram(\"test_LRU_map\")", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_programs_loads()
    {
        using LoadedObject live = TestData.Open("maps_only").Load();

        Assert.Empty(live.Programs);
        Assert.Equal(["one", "two"], live.Maps.Names);
    }
}
