using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Tests.Prototypes;

public class ContextLayoutTests
{
    private static IEnumerable<ContextLayout> All =>
        (from dialect in Enum.GetValues<Dialect>()
         from type in Enum.GetValues<ProgramType>()
         from attach in Enum.GetValues<AttachType>()
         select ContextLayouts.For(type, attach, dialect)).OfType<ContextLayout>().Concat([ContextLayouts.Socket, ContextLayouts.SockCommon, ContextLayouts.TcpSock, ContextLayouts.XdpSock]).Distinct();

    [Fact]
    public void Fields_ascend_lie_within_the_structure_and_do_not_overlap()
    {
        foreach (ContextLayout layout in All)
        {
            int end = 0;
            foreach (ContextField field in layout.Fields)
            {
                Assert.True(field.Offset >= end && field.Size > 0, $"{layout.Name}.{field.Name}");
                end = field.Offset + field.Size;
            }
            Assert.True(end <= layout.Size, layout.Name);
        }
    }

    [Fact]
    public void The_engines_copies_do_not_overlap_and_narrow_pointers_lie_behind_what_the_program_sees()
    {
        foreach (ContextLayout layout in All)
        {
            var native = layout.Fields.Select(f => (Start: f.NativeOffset, End: f.NativeOffset + (f.IsPointer ? 8 : f.Size))).Order().ToArray();
            Assert.True(native.Zip(native.Skip(1)).All(pair => pair.First.End <= pair.Second.Start), layout.Name);
            Assert.All(layout.Fields, f => Assert.Equal(f.IsPointer && f.Size < 8, f.NativeOffset != f.Offset));
            Assert.All(layout.Fields.Where(f => f.IsPointer), f => Assert.Equal(0, f.NativeOffset % 8));
            Assert.True(layout.NativeSize >= native.Max(n => n.End));
        }
    }

    [Fact]
    public void Pointers_are_loaded_whole_and_never_stored_to()
    {
        foreach (ContextField field in All.SelectMany(l => l.Fields).Where(f => f.IsPointer))
        {
            Assert.Equal((AccessSizes)field.Size, field.Loads);
            Assert.False(field.IsWritable);
        }
    }

    [Theory]
    [InlineData(ProgramType.Xdp, 24)]
    [InlineData(ProgramType.SchedCls, 192)]
    [InlineData(ProgramType.SocketFilter, 192)]
    [InlineData(ProgramType.CgroupSockAddr, 72)]
    [InlineData(ProgramType.CgroupSock, 80)]
    [InlineData(ProgramType.SockOps, 224)]
    [InlineData(ProgramType.SkMsg, 80)]
    [InlineData(ProgramType.SkReuseport, 56)]
    [InlineData(ProgramType.SkLookup, 72)]
    [InlineData(ProgramType.CgroupSockOpt, 40)]
    [InlineData(ProgramType.Kprobe, 168)]
    [InlineData(ProgramType.PerfEvent, 184)]
    public void Structures_have_the_sizes_of_the_headers(ProgramType type, int size) =>
        Assert.Equal(size, ContextLayouts.For(type, AttachType.None, Dialect.Linux)!.Size);

    [Fact]
    public void Xdp_data_is_four_bytes_for_the_program_and_eight_for_the_engine()
    {
        ContextLayout xdp = ContextLayouts.For(ProgramType.Xdp, AttachType.Xdp, Dialect.Linux)!;

        Assert.True(xdp.AllowsLoad(0, 4, out int data));
        Assert.Equal((ContextFieldKind.PacketData, 24), (xdp.Fields[data].Kind, xdp.Fields[data].NativeOffset));
        Assert.False(xdp.AllowsLoad(0, 8, out _));
        Assert.False(xdp.AllowsLoad(0, 2, out _));
        Assert.Equal(48, xdp.NativeSize);
    }

    [Fact]
    public void Only_a_devmap_program_sees_where_a_packet_leaves()
    {
        Assert.False(ContextLayouts.For(ProgramType.Xdp, AttachType.Xdp, Dialect.Linux)!.AllowsLoad(20, 4, out _));
        Assert.True(ContextLayouts.For(ProgramType.Xdp, AttachType.XdpDevMap, Dialect.Linux)!.AllowsLoad(20, 4, out _));
    }

    [Theory]
    [InlineData(ProgramType.SocketFilter, 76, false)] // data
    [InlineData(ProgramType.SchedCls, 76, true)]
    [InlineData(ProgramType.SchedCls, 140, true)] // data_meta
    [InlineData(ProgramType.CgroupSkb, 140, false)]
    [InlineData(ProgramType.CgroupSkb, 88, true)] // family
    [InlineData(ProgramType.SchedCls, 88, false)]
    [InlineData(ProgramType.SkSkb, 8, false)] // mark
    [InlineData(ProgramType.LwtIn, 8, true)]
    [InlineData(ProgramType.FlowDissector, 0, false)] // len
    [InlineData(ProgramType.FlowDissector, 80, true)] // data_end
    public void Each_program_type_sees_its_part_of_a_socket_buffer(ProgramType type, int offset, bool seen) =>
        Assert.Equal(seen, ContextLayouts.For(type, AttachType.None, Dialect.Linux)!.AllowsLoad(offset, 4, out _));

    [Theory]
    [InlineData(ProgramType.SocketFilter, 48, 4, true)] // cb
    [InlineData(ProgramType.SocketFilter, 56, 8, true)]
    [InlineData(ProgramType.SocketFilter, 64, 8, false)] // half of it is the hash
    [InlineData(ProgramType.SocketFilter, 8, 4, false)] // mark
    [InlineData(ProgramType.SchedCls, 8, 4, true)]
    [InlineData(ProgramType.SchedCls, 8, 2, false)]
    [InlineData(ProgramType.SchedCls, 152, 8, true)] // tstamp
    [InlineData(ProgramType.SchedCls, 0, 4, false)] // len
    public void Each_program_type_writes_its_part_of_a_socket_buffer(ProgramType type, int offset, int size, bool written) =>
        Assert.Equal(written, ContextLayouts.For(type, AttachType.None, Dialect.Linux)!.AllowsStore(offset, size, out _));

    [Fact]
    public void Parts_of_numbers_may_be_loaded_aligned()
    {
        ContextLayout skb = ContextLayouts.For(ProgramType.SchedCls, AttachType.None, Dialect.Linux)!;

        Assert.True(skb.AllowsLoad(16, 2, out _));
        Assert.True(skb.AllowsLoad(19, 1, out _));
        Assert.False(skb.AllowsLoad(17, 2, out _));
        Assert.False(skb.AllowsLoad(16, 8, out _));
        Assert.False(skb.AllowsLoad(-4, 4, out _));
        Assert.False(skb.AllowsLoad(192, 4, out _));
    }

    [Fact]
    public void An_address_hook_sees_only_its_own_family()
    {
        ContextLayout connect4 = ContextLayouts.For(ProgramType.CgroupSockAddr, AttachType.CgroupInet4Connect, Dialect.Linux)!;
        ContextLayout connect6 = ContextLayouts.For(ProgramType.CgroupSockAddr, AttachType.CgroupInet6Connect, Dialect.Linux)!;

        Assert.True(connect4.AllowsStore(4, 4, out _));
        Assert.False(connect4.AllowsLoad(8, 4, out _));
        Assert.True(connect6.AllowsStore(8, 8, out _));
        Assert.False(connect6.AllowsLoad(4, 4, out _));
    }

    [Fact]
    public void A_syscall_context_is_open_and_a_tracepoint_hides_its_first_eight_bytes()
    {
        ContextLayout syscall = ContextLayouts.For(ProgramType.Syscall, AttachType.None, Dialect.Linux)!;
        ContextLayout tracepoint = ContextLayouts.For(ProgramType.Tracepoint, AttachType.None, Dialect.Linux)!;

        Assert.True(syscall.AllowsLoad(3, 8, out _) && syscall.AllowsStore(3, 8, out _));
        Assert.False(tracepoint.AllowsLoad(0, 8, out _));
        Assert.True(tracepoint.AllowsLoad(8, 4, out _));
        Assert.False(tracepoint.AllowsStore(8, 4, out _));
    }

    [Fact]
    public void Windows_contexts_hold_pointers_of_64_bits_in_place()
    {
        ContextLayout bind = ContextLayouts.For(ProgramType.Bind, AttachType.Bind, Dialect.Windows)!;

        Assert.True(bind.AllowsLoad(8, 8, out int end));
        Assert.Equal((ContextFieldKind.PacketEnd, 8), (bind.Fields[end].Kind, bind.Fields[end].NativeOffset));
        Assert.False(bind.AllowsLoad(4, 8, out _));
        Assert.True(bind.AllowsStore(44, 4, out _));
        Assert.True(bind.AllowsLoad(40, 8, out _));
    }

    [Theory]
    [InlineData(ProgramType.Tracing)]
    [InlineData(ProgramType.Lsm)]
    [InlineData(ProgramType.StructOps)]
    [InlineData(ProgramType.Ext)]
    public void Types_whose_context_the_kernels_types_describe_have_none(ProgramType type) =>
        Assert.Null(ContextLayouts.For(type, AttachType.None, Dialect.Linux));

    [Fact]
    public void Every_other_type_has_a_context_in_each_dialect_that_knows_it()
    {
        ProgramType[] typed = [ProgramType.Unspec, ProgramType.Tracing, ProgramType.Lsm, ProgramType.StructOps, ProgramType.Ext];
        foreach (Dialect dialect in Enum.GetValues<Dialect>())
        {
            foreach (ProgramType type in Enum.GetValues<ProgramType>().Except(typed).Where(t => t.Number(dialect) is not null))
                Assert.NotNull(ContextLayouts.For(type, AttachType.None, dialect));
        }
    }
}
