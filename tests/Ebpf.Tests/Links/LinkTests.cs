namespace Ebpf.Tests.Links;

public sealed class LinkTests
{
    [Fact]
    public void A_section_without_attach_function_is_not_supported_and_passed_by()
    {
        using LoadedObject live = TestData.Open("several_programs").Load();

        BpfException e = Assert.Throws<BpfException>(() => live.Programs["xdp_first"].Attach());

        Assert.Equal(Errno.EOPNOTSUPP, e.Errno);
        Assert.Empty(live.Attach());
    }

    [Fact]
    public void Programs_that_say_where_are_attached_and_run_when_their_hook_is_raised()
    {
        using LoadedObject live = TestData.Open("sections").Only("p_kprobe", "p_kprobe_bare", "p_tc").Load();

        BpfLink link = Assert.Single(live.Attach());

        Assert.Equal("p_kprobe", link.Program?.Name);
        Assert.Equal("kprobe/do_unlinkat", link.Hook);
        Assert.Equal([link], live.Links);
        Assert.Equal(0u, Assert.Single(live.Raise("kprobe/do_unlinkat")).ReturnValue);
        Assert.Empty(live.Attach());
    }

    [Fact]
    public void Programs_whose_AutoAttach_is_off_are_passed_by()
    {
        BpfObject obj = TestData.Open("sections").Only("p_kprobe");
        obj.Programs["p_kprobe"].AutoAttach = false;

        using LoadedObject live = obj.Load();

        Assert.Empty(live.Attach());
        using BpfLink link = live.Programs["p_kprobe"].Attach();
        Assert.Equal("kprobe/do_unlinkat", link.Hook);
    }

    [Fact]
    public void A_hook_runs_its_programs_in_the_order_in_which_they_were_attached()
    {
        using LoadedObject live = TestData.Open("several_programs").Load();
        live.Programs["xdp_second"].Attach("in");
        using BpfLink first = live.Programs["xdp_first"].Attach("in");
        live.Programs["tc_first"].Attach("out");

        Assert.Equal([12u, 11u], live.Raise("in").Select(r => r.ReturnValue));
        Assert.Equal([21u], live.Raise("out").Select(r => r.ReturnValue));

        first.Dispose();
        Assert.False(first.IsAttached);
        Assert.Equal([12u], live.Raise("in").Select(r => r.ReturnValue));
        Assert.Empty(live.Raise("nowhere"));
    }

    [Fact]
    public void Disposing_the_object_detaches_and_leaves_nothing()
    {
        using var platform = new TestPlatform();
        long before = platform.Heap.LiveBytes;
        LoadedObject live = TestData.Open("several_programs").Load(platform.Platform);
        BpfLink link = live.Programs["xdp_first"].Attach("in");
        Assert.True(!OperatingSystem.IsLinux() || link.Fd > 2);

        live.Dispose();
        link.Dispose();
        live.Dispose();

        Assert.False(link.IsAttached);
        Assert.Equal(0, platform.LiveHandles);
        Assert.Equal(before, platform.Heap.LiveBytes);
        Assert.Throws<ObjectDisposedException>(() => live.Programs["xdp_first"].Run());
        Assert.Throws<ObjectDisposedException>(() => live.Programs["xdp_first"].Attach("in"));
    }
}
