using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Tests.Prototypes;

public class ReturnRangeTests
{
    [Theory]
    [InlineData(ProgramType.CgroupSkb, AttachType.CgroupInetIngress, 0, 1)]
    [InlineData(ProgramType.CgroupSkb, AttachType.CgroupInetEgress, 0, 3)]
    [InlineData(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, 0, 1)]
    [InlineData(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Bind, 0, 3)]
    [InlineData(ProgramType.CgroupSockAddr, AttachType.CgroupUdp4RecvMsg, 1, 1)]
    [InlineData(ProgramType.Tracing, AttachType.TraceFentry, 0, 0)]
    [InlineData(ProgramType.Tracing, AttachType.TraceIter, 0, 1)]
    [InlineData(ProgramType.SkLookup, AttachType.SkLookup, 0, 1)]
    [InlineData(ProgramType.Netfilter, AttachType.Netfilter, 0, 1)]
    public void Some_hooks_take_only_some_results(ProgramType type, AttachType attach, int min, int max) =>
        Assert.Equal(new ReturnRange(min, max), ReturnRanges.For(type, attach, Dialect.Linux));

    [Theory]
    [InlineData(ProgramType.Xdp, AttachType.Xdp, Dialect.Linux)]
    [InlineData(ProgramType.SchedCls, AttachType.None, Dialect.Linux)]
    [InlineData(ProgramType.Kprobe, AttachType.None, Dialect.Linux)]
    [InlineData(ProgramType.Tracing, AttachType.ModifyReturn, Dialect.Linux)]
    [InlineData(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, Dialect.Windows)]
    public void Others_take_any(ProgramType type, AttachType attach, Dialect dialect) =>
        Assert.Null(ReturnRanges.For(type, attach, dialect));
}
