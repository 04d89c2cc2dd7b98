using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Links;

namespace Ebpf.Tests.Platforms.Linux;

/// <summary>What stands in SEC(), as libbpf's attach functions read it.</summary>
public sealed class SectionTargetTests : IDisposable
{
    private readonly LoadedObject _live = TestData.Open("sections").Only("p_kprobe").Load();

    [Theory]
    [InlineData("kprobe/do_unlinkat", typeof(KprobeRequest), "kprobe/do_unlinkat")]
    [InlineData("kprobe/do_unlinkat+0x10", typeof(KprobeRequest), "kprobe/do_unlinkat+16")]
    [InlineData("kprobe/do_unlinkat+010", typeof(KprobeRequest), "kprobe/do_unlinkat+8")]
    [InlineData("kretprobe/x.constprop.0", typeof(KprobeRequest), "kretprobe/x.constprop.0")]
    [InlineData("ksyscall/openat", typeof(SystemCallRequest), "ksyscall/openat")]
    [InlineData("kretsyscall/openat", typeof(SystemCallRequest), "kretsyscall/openat")]
    [InlineData("kprobe.multi/tcp_*", typeof(KprobeMultiRequest), "kprobe.multi/tcp_*")]
    [InlineData("kretprobe.multi/tcp_?", typeof(KprobeMultiRequest), "kretprobe.multi/tcp_?")]
    [InlineData("kprobe.session/tcp_*", typeof(KprobeMultiRequest), "kprobe.session/tcp_*")]
    [InlineData("uprobe//bin/bash:readline", typeof(UprobeRequest), "uprobe//bin/bash:readline")]
    [InlineData("uprobe.s/libc.so.6:malloc+4", typeof(UprobeRequest), "uprobe/libc.so.6:malloc+4")]
    [InlineData("uprobe/app:operator+", typeof(UprobeRequest), "uprobe/app:operator+")]
    [InlineData("uretprobe/app:f", typeof(UprobeRequest), "uretprobe/app:f")]
    [InlineData("uretprobe.multi/app:f*", typeof(UprobeMultiRequest), "uretprobe.multi/app:f*")]
    [InlineData("uprobe.session/app:f*", typeof(UprobeMultiRequest), "uprobe.session/app:f*")]
    [InlineData("tp/sched/sched_switch", typeof(TracepointRequest), "tp/sched/sched_switch")]
    [InlineData("tracepoint.s/sched/sched_switch", typeof(TracepointRequest), "tp/sched/sched_switch")]
    [InlineData("raw_tp.w/bpf_test", typeof(RawTracepointRequest), "raw_tp/bpf_test")]
    [InlineData("raw_tracepoint/sys_enter", typeof(RawTracepointRequest), "raw_tp/sys_enter")]
    [InlineData("fentry/tcp_connect", typeof(TargetRequest), "fentry/tcp_connect")]
    [InlineData("lsm.s/file_open", typeof(TargetRequest), "lsm.s/file_open")]
    [InlineData("iter/task", typeof(IteratorRequest), "iter/task")]
    public void A_section_says_where(string section, Type request, string hook)
    {
        AttachRequest parsed = SectionTarget.Parse(new HookRequest(section, _live.Programs["p_kprobe"]));

        Assert.IsType(request, parsed);
        Assert.Equal(hook, parsed.Hook);
    }

    [Theory]
    [InlineData("kprobe", Errno.EOPNOTSUPP)]
    [InlineData("kprobe/", Errno.EOPNOTSUPP)]
    [InlineData("xdp", Errno.EOPNOTSUPP)]
    [InlineData("cgroup_skb/egress", Errno.EOPNOTSUPP)]
    [InlineData("lsm_cgroup/socket_bind", Errno.EOPNOTSUPP)]
    [InlineData("nonsense", Errno.EOPNOTSUPP)]
    [InlineData("kprobe/a b", Errno.EINVAL)]
    [InlineData("kprobe/f+", Errno.EINVAL)]
    [InlineData("kprobe/f+-4", Errno.EINVAL)]
    [InlineData("kprobe/f+0x10000000000000000", Errno.EINVAL)]
    [InlineData("kretprobe/f+4", Errno.EINVAL)]
    [InlineData("kprobe.multi/a-b", Errno.EINVAL)]
    [InlineData("uprobe/app", Errno.EINVAL)]
    [InlineData("uprobe/:f", Errno.EINVAL)]
    [InlineData("uretprobe/app:f+4", Errno.EINVAL)]
    [InlineData("tp/sched", Errno.EINVAL)]
    [InlineData("tp/sched/", Errno.EINVAL)]
    [InlineData("usdt/app:provider", Errno.EINVAL)]
    [InlineData("usdt/app:provider:name:more", Errno.EINVAL)]
    [InlineData("usdt/app:provider:name", Errno.ESRCH)]
    public void A_section_that_does_not_say_where_is_named(string section, Errno errno)
    {
        BpfException e = Assert.Throws<BpfException>(() => SectionTarget.Parse(new HookRequest(section, _live.Programs["p_kprobe"])));

        Assert.Equal(errno, e.Errno);
    }

    public void Dispose() => _live.Dispose();
}
