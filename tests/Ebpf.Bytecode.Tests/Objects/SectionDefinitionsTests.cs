using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class SectionDefinitionsTests
{
    [Theory]
    [InlineData("xdp", ProgramType.Xdp, AttachType.Xdp, null)]
    [InlineData("xdp.frags/cpumap", ProgramType.Xdp, AttachType.XdpCpuMap, null)]
    [InlineData("socket", ProgramType.SocketFilter, AttachType.None, null)]
    [InlineData("kprobe/do_unlinkat", ProgramType.Kprobe, AttachType.None, "do_unlinkat")]
    [InlineData("kprobe", ProgramType.Kprobe, AttachType.None, null)]
    [InlineData("kprobe/", ProgramType.Kprobe, AttachType.None, null)]
    [InlineData("kprobe.multi/tcp_*", ProgramType.Kprobe, AttachType.TraceKprobeMulti, "tcp_*")]
    [InlineData("tp/sched/sched_switch", ProgramType.Tracepoint, AttachType.None, "sched/sched_switch")]
    [InlineData("fentry.s/bpf_map_update", ProgramType.Tracing, AttachType.TraceFentry, "bpf_map_update")]
    [InlineData("tc/ingress", ProgramType.SchedCls, AttachType.TcxIngress, null)]
    [InlineData("cgroup/connect4", ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, null)]
    [InlineData("struct_ops/init", ProgramType.StructOps, AttachType.None, "init")]
    public void A_section_of_Linux_says_type_attach_type_and_target(string section, ProgramType type, AttachType attachType, string? target)
    {
        Assert.True(SectionDefinitions.TryFind(Dialect.Linux, section, out SectionDefinition definition));

        Assert.Equal((type, attachType, target), (definition.Type, definition.AttachType, SectionDefinitions.AttachTarget(definition, section)));
    }

    [Theory]
    [InlineData("xdpfoo")]
    [InlineData("xdp/anything")]
    [InlineData("kprobes/x")]
    [InlineData("tc/tail")]
    [InlineData("")]
    [InlineData("bind")]
    public void A_section_that_libbpf_does_not_know_says_nothing(string section) =>
        Assert.False(SectionDefinitions.TryFind(Dialect.Linux, section, out _));

    [Theory]
    [InlineData("bind", ProgramType.Bind)]
    [InlineData("bind/3", ProgramType.Bind)]
    [InlineData("bind_2", ProgramType.Bind)]
    [InlineData("cgroup/connect_authorization4", ProgramType.CgroupSockAddr)]
    [InlineData("sample_ext/x", ProgramType.Sample)]
    public void On_Windows_the_longest_prefix_counts(string section, ProgramType type)
    {
        Assert.True(SectionDefinitions.TryFind(Dialect.Windows, section, out SectionDefinition definition));

        Assert.Equal(type, definition.Type);
    }

    [Fact]
    public void The_longest_prefix_tells_connect4_from_connect_authorization4()
    {
        SectionDefinitions.TryFind(Dialect.Windows, "cgroup/connect_authorization4", out SectionDefinition longer);
        SectionDefinitions.TryFind(Dialect.Windows, "cgroup/connect4", out SectionDefinition shorter);

        Assert.Equal((AttachType.CgroupInet4ConnectAuthorization, AttachType.CgroupInet4Connect), (longer.AttachType, shorter.AttachType));
    }

    [Theory]
    [InlineData("xdp/anything", ProgramType.Xdp)]
    [InlineData("xdpfoo", ProgramType.Xdp)]
    [InlineData("tc/anything", ProgramType.SchedCls)]
    [InlineData("socket_filter", ProgramType.SocketFilter)]
    [InlineData("prog", ProgramType.Xdp)]
    [InlineData("cgroup/unknown", ProgramType.Unspec)]
    public void By_default_a_name_that_begins_like_a_known_one_gives_its_type_as_a_guess(string section, ProgramType type)
    {
        FunctionImage program = TestObjects.Read("sections").Programs.Single(p => p.SectionName == section);

        Assert.Equal((type, type != ProgramType.Unspec), (program.Type, program.IsTypeGuessed));
    }

    [Fact]
    public void Sections_of_iproute2_are_programs_for_tc()
    {
        ObjectImage image = TestObjects.Read("iproute2");

        Assert.All(image.Programs, p => Assert.Equal(ProgramType.SchedCls, p.Type));
        Assert.Equal(["slot_1", "slot_0"], image.Programs.Where(p => p.IsTypeGuessed).Select(p => p.Name));
    }
}
