using System.Net;
using Ebpf.Kernel.Tests.Machine;

namespace Ebpf.Kernel.Tests.Links;

/// <summary>Control groups, with a process in them.</summary>
public class CgroupTests
{
    private const uint Egress = 5, Connect = 6, Create = 7;

    [Fact]
    public void A_link_counts_what_processes_in_the_group_send()
    {
        using var group = new ControlGroup();
        using var place = new NetworkNamespace();
        using LoadedObject live = LinkObjects.Load("network", "cgroup_out", "count_create");
        BpfLink link = live.Programs["cgroup_out"].AttachCgroup(group.Path);
        using BpfLink create = live.Programs["count_create"].AttachCgroup(group.Path);

        Assert.True(place.Run(() => group.Send(IPAddress.Loopback, 9)));
        Assert.True(Count(live, Egress) > 0);
        Assert.True(Count(live, Create) > 0);
        var info = Assert.IsType<CgroupLinkInfo>(link.ReadInfo());
        Assert.Equal(AttachType.CgroupInetEgress, info.AttachType);
        Assert.NotEqual(0ul, info.CgroupId);

        link.Dispose();
        ulong seen = Count(live, Egress);
        place.Run(() => group.Send(IPAddress.Loopback, 9));
        Assert.Equal(seen, Count(live, Egress));
    }

    [Fact]
    public void A_link_refuses_connections_and_is_given_another_program()
    {
        using var group = new ControlGroup();
        using var place = new NetworkNamespace();
        using LoadedObject live = LinkObjects.Load("network", "refuse_connect", "cgroup_out", "cgroup_out_none");
        using (BpfLink refuse = live.Programs["refuse_connect"].AttachCgroup(group.Path))
        {
            Assert.False(place.Run(() => group.Send(IPAddress.Loopback, 9)));
            Assert.True(Count(live, Connect) > 0);
        }

        using BpfLink link = live.Programs["cgroup_out"].AttachCgroup(group.Path);
        Assert.True(place.Run(() => group.Send(IPAddress.Loopback, 9)));
        link.Update(live.Programs["cgroup_out_none"]);
        Assert.False(place.Run(() => group.Send(IPAddress.Loopback, 9)));
    }

    [Fact]
    public void Without_a_link_a_program_stays_until_it_is_detached_and_keeps_the_rules_of_its_flags()
    {
        using var group = new ControlGroup();
        using LoadedObject live = LinkObjects.Load("network", "cgroup_out", "cgroup_out_none");
        BpfProgram first = live.Programs["cgroup_out"], second = live.Programs["cgroup_out_none"];
        CgroupAttachment attachment = CgroupAttachment.Attach(group.Path, first, CgroupAttachFlags.AllowMultiple);
        Assert.Throws<BpfException>(() => CgroupAttachment.Attach(group.Path, second, CgroupAttachFlags.AllowOverride));
        Assert.Single(CgroupAttachment.Query(group.Path, AttachType.CgroupInetEgress));

        CgroupAttachment replaced = CgroupAttachment.Attach(group.Path, second, CgroupAttachFlags.AllowMultiple, replaces: first);
        Assert.Single(CgroupAttachment.Query(group.Path, AttachType.CgroupInetEgress));
        Assert.Throws<BpfException>(attachment.Detach);
        replaced.Detach();

        Assert.Empty(CgroupAttachment.Query(group.Path, AttachType.CgroupInetEgress));
    }

    [Fact]
    public void A_group_that_is_not_there_is_named()
    {
        Kernel.Require();
        using LoadedObject live = LinkObjects.Load("network", "cgroup_out");

        BpfException e = Assert.Throws<BpfException>(() => live.Programs["cgroup_out"].AttachCgroup("/sys/fs/cgroup/there-is-no-such-group"));

        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Contains("there-is-no-such-group", e.Message, StringComparison.Ordinal);
        Assert.Empty(live.Links);
    }

    private static ulong Count(LoadedObject live, uint slot) => live.Maps["hits"].As<uint, ulong>()[slot];
}
