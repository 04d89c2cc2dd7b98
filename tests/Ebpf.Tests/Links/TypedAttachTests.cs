namespace Ebpf.Tests.Links;

/// <summary>The attach methods on the embedded platform, where a hook is a name.</summary>
public class TypedAttachTests
{
    [Fact]
    public void Every_method_makes_a_hook_that_can_be_raised()
    {
        using LoadedObject live = TestData.Open("several_programs").Load();

        using BpfLink link = live.Programs["xdp_first"].AttachXdp("eth0");

        Assert.Equal("xdp:eth0", link.Hook);
        Assert.Equal(11u, Assert.Single(live.Raise("xdp:eth0")).ReturnValue);
        Assert.Null(link.ReadInfo());
    }

    [Fact]
    public void A_link_is_given_another_program()
    {
        using LoadedObject live = TestData.Open("several_programs").Load();
        BpfProgram first = live.Programs["xdp_first"], second = live.Programs["xdp_second"];
        using BpfLink link = first.Attach("in");

        link.Update(second, expected: first);

        Assert.Equal(12u, Assert.Single(live.Raise("in")).ReturnValue);
        Assert.Equal(Errno.EPERM, Assert.Throws<BpfException>(() => link.Update(second, expected: first)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => link.Update(live.Programs["tc_first"])).Errno);
        Assert.Same(second, link.Program);
    }

    [Fact]
    public void What_takes_a_kernel_says_so()
    {
        using LoadedObject live = TestData.Open("several_programs").Load();
        BpfProgram program = live.Programs["xdp_first"];
        using BpfLink link = program.Attach("in");

        Assert.Throws<BpfNotSupportedException>(() => link.Pin("/sys/fs/bpf/x"));
        Assert.Throws<BpfNotSupportedException>(link.Detach);
        Assert.Throws<BpfNotSupportedException>(link.OpenIterator);
        Assert.Equal("embedded", Assert.Throws<BpfNotSupportedException>(() => XdpAttachment.Attach("lo", program)).PlatformName);
    }

    [Fact]
    public void Functions_are_named_in_one_way()
    {
        using LoadedObject live = TestData.Open("sections").Only("p_kprobe").Load();
        BpfProgram program = live.Programs["p_kprobe"];

        Assert.Throws<ArgumentException>(() => program.AttachKprobeMulti(new KprobeMultiOptions()));
        Assert.Throws<ArgumentException>(() => program.AttachKprobeMulti(new KprobeMultiOptions { Pattern = "a*", Functions = ["b"] }));
        Assert.Throws<ArgumentException>(() => program.AttachKprobeMulti(new KprobeMultiOptions { Pattern = "a*", Cookies = [1] }));
        Assert.Throws<ArgumentException>(() => program.AttachKprobeMulti(new KprobeMultiOptions { Functions = ["a"], IsReturn = true, IsSession = true }));
        Assert.Throws<ArgumentException>(() => program.AttachUprobeMulti("app", new UprobeMultiOptions { Offsets = [1, 2], SemaphoreOffsets = [3] }));
        Assert.Equal(Errno.ESRCH, Assert.Throws<BpfException>(() => program.AttachUsdt("app", "provider", "name")).Errno);
        Assert.Empty(live.Links);
    }
}
