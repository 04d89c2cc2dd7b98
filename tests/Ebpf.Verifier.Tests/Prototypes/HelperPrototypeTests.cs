using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Tests.Prototypes;

public class HelperPrototypeTests
{
    public static TheoryData<Dialect> Dialects => [Dialect.Linux, Dialect.Windows];

    [Theory, MemberData(nameof(Dialects))]
    public void Every_helper_of_a_dialect_has_a_prototype(Dialect dialect)
    {
        HelperId[] missing = [.. Enum.GetValues<HelperId>().Where(id => id != HelperId.Unspec && id.Number(dialect) is not null && HelperPrototypes.Find(id, dialect) is null)];

        Assert.Empty(missing);
    }

    [Theory, MemberData(nameof(Dialects))]
    public void No_prototype_is_of_a_helper_that_the_dialect_lacks(Dialect dialect) =>
        Assert.All(HelperPrototypes.All(dialect), p => Assert.NotNull(p.Id.Number(dialect)));

    [Fact]
    public void All_211_helpers_of_linux_are_there() =>
        Assert.Equal(211, HelperPrototypes.All(Dialect.Linux).Select(p => (int)p.Id).Distinct().Count(id => id <= 211));

    [Theory, MemberData(nameof(Dialects))]
    public void Prototypes_of_one_helper_stand_together_and_no_program_sees_two(Dialect dialect)
    {
        foreach (IGrouping<HelperId, HelperPrototype> helper in HelperPrototypes.All(dialect).GroupBy(p => p.Id))
        {
            int first = HelperPrototypes.All(dialect).IndexOf(helper.First());
            Assert.Equal(helper, HelperPrototypes.All(dialect).Skip(first).Take(helper.Count()));
            foreach (ProgramType type in Enum.GetValues<ProgramType>())
                Assert.True(Enum.GetValues<AttachType>().All(attach => helper.Count(p => p.Callers.Include(type, attach)) <= 1), $"{helper.Key} for {type}");
        }
    }

    [Theory, MemberData(nameof(Dialects))]
    public void Memory_names_its_size_register_and_that_register_holds_a_size(Dialect dialect)
    {
        foreach (HelperPrototype prototype in HelperPrototypes.All(dialect))
        {
            Assert.True(prototype.Arguments.Length <= 5);
            foreach (Argument argument in prototype.Arguments)
            {
                bool takesSize = argument.Kind is ArgumentKind.Memory or ArgumentKind.MemoryOrNull or ArgumentKind.UninitMemory or ArgumentKind.WritableMemory or ArgumentKind.WritableMemoryOrNull;
                Assert.Equal(takesSize, argument.SizeRegister != 0);
                if (takesSize)
                    Assert.True(prototype.Arguments[argument.SizeRegister - 1].Kind is ArgumentKind.Size or ArgumentKind.SizeOrZero, $"{prototype.Id}");
                Assert.Equal(argument.Kind is ArgumentKind.FixedMemory or ArgumentKind.UninitFixedMemory or ArgumentKind.WritableFixedMemory, argument.Size > 0);
            }
        }
    }

    [Fact]
    public void A_lookup_takes_a_map_and_a_key_and_may_give_null()
    {
        HelperPrototype lookup = HelperPrototypes.Find(HelperId.MapLookupElem)!;

        Assert.Equal([ArgumentKind.MapPointer, ArgumentKind.MapKey], lookup.Arguments.Select(a => a.Kind));
        Assert.Equal(ReturnKind.MapValueOrNull, lookup.Result.Kind);
        Assert.True(lookup.Has(HelperFlags.PacketAccess));
        Assert.False(lookup.Has(HelperFlags.Gpl));
    }

    [Fact]
    public void A_reserved_record_is_acquired_and_submitting_it_releases_it()
    {
        HelperPrototype reserve = HelperPrototypes.Find(HelperId.RingBufReserve)!, submit = HelperPrototypes.Find(HelperId.RingBufSubmit)!;

        Assert.True(reserve.Has(HelperFlags.Acquires));
        Assert.Equal(ReturnKind.RingBufRecordOrNull, reserve.Result.Kind);
        Assert.True(submit.Arguments[0] is { Kind: ArgumentKind.RingBufRecord, IsReleased: true });
        Assert.Equal(ReturnKind.Void, submit.Result.Kind);
    }

    [Theory]
    [InlineData(HelperId.SkbStoreBytes, ProgramType.SchedCls, true)]
    [InlineData(HelperId.SkbStoreBytes, ProgramType.SocketFilter, false)]
    [InlineData(HelperId.XdpAdjustHead, ProgramType.Xdp, true)]
    [InlineData(HelperId.XdpAdjustHead, ProgramType.SchedCls, false)]
    [InlineData(HelperId.GetStackid, ProgramType.Kprobe, true)]
    [InlineData(HelperId.GetStackid, ProgramType.Xdp, false)]
    [InlineData(HelperId.MapLookupElem, ProgramType.LircMode2, true)]
    [InlineData(HelperId.RingBufOutput, ProgramType.LircMode2, false)]
    [InlineData(HelperId.SkbPullData, ProgramType.LwtSeg6local, false)]
    [InlineData(HelperId.SysBpf, ProgramType.Syscall, true)]
    public void Program_types_decide_who_may_call(HelperId helper, ProgramType type, bool allowed) =>
        Assert.Equal(allowed, HelperPrototypes.IsAllowed(helper, type, AttachType.None, Dialect.Linux, out _));

    [Theory]
    [InlineData(HelperId.Bind, ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, true)]
    [InlineData(HelperId.Bind, ProgramType.CgroupSockAddr, AttachType.CgroupInet4Bind, false)]
    [InlineData(HelperId.SetRetval, ProgramType.CgroupSockAddr, AttachType.CgroupUdp4RecvMsg, false)]
    [InlineData(HelperId.SetRetval, ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, true)]
    [InlineData(HelperId.SeqWrite, ProgramType.Tracing, AttachType.TraceIter, true)]
    [InlineData(HelperId.SeqWrite, ProgramType.Tracing, AttachType.TraceFentry, false)]
    public void Attach_types_decide_where_they_matter(HelperId helper, ProgramType type, AttachType attach, bool allowed) =>
        Assert.Equal(allowed, HelperPrototypes.IsAllowed(helper, type, attach, Dialect.Linux, out _));

    [Fact]
    public void A_refusal_says_who_may()
    {
        Assert.False(HelperPrototypes.IsAllowed(HelperId.XdpAdjustHead, ProgramType.SchedCls, AttachType.None, Dialect.Linux, out string reason));
        Assert.Equal("sched_cls programs may not call bpf_xdp_adjust_head; xdp may", reason);

        Assert.False(HelperPrototypes.IsAllowed(HelperId.TracePrintk, ProgramType.Bind, AttachType.Bind, Dialect.Windows, out reason));
        Assert.Contains("no helper bpf_trace_printk in the Windows dialect", reason);
    }

    [Fact]
    public void A_socket_cookie_is_asked_by_context_or_by_socket_after_the_program_type()
    {
        Assert.Equal(ArgumentKind.Context, HelperPrototypes.Find(HelperId.GetSocketCookie, ProgramType.SchedCls, AttachType.None)!.Arguments[0].Kind);
        Assert.Equal(ArgumentKind.BtfSockCommonOrNull, HelperPrototypes.Find(HelperId.GetSocketCookie, ProgramType.Tracing, AttachType.TraceFentry)!.Arguments[0].Kind);
    }

    [Theory]
    [InlineData(HelperId.MapLookupElem, MapType.Hash, true)]
    [InlineData(HelperId.MapLookupElem, MapType.ProgArray, false)]
    [InlineData(HelperId.MapLookupElem, MapType.Queue, false)]
    [InlineData(HelperId.MapPushElem, MapType.Queue, true)]
    [InlineData(HelperId.MapPushElem, MapType.BloomFilter, true)]
    [InlineData(HelperId.MapPopElem, MapType.BloomFilter, false)]
    [InlineData(HelperId.TailCall, MapType.ProgArray, true)]
    [InlineData(HelperId.TailCall, MapType.Array, false)]
    [InlineData(HelperId.RingBufReserve, MapType.RingBuf, true)]
    [InlineData(HelperId.RingBufReserve, MapType.Array, false)]
    [InlineData(HelperId.MapUpdateElem, MapType.ArrayOfMaps, false)]
    [InlineData(HelperId.ForEachMapElem, MapType.Queue, false)]
    public void Maps_and_helpers_agree(HelperId helper, MapType map, bool taken) =>
        Assert.Equal(taken, HelperPrototypes.TakesMap(helper, map, ProgramType.Xdp));

    [Fact]
    public void Sockets_are_put_into_maps_by_few_program_types()
    {
        Assert.True(HelperPrototypes.TakesMap(HelperId.MapUpdateElem, MapType.SockMap, ProgramType.SchedCls));
        Assert.False(HelperPrototypes.TakesMap(HelperId.MapUpdateElem, MapType.SockMap, ProgramType.SockOps));
        Assert.True(HelperPrototypes.TakesMap(HelperId.MapDeleteElem, MapType.SockMap, ProgramType.SockOps));
    }
}
