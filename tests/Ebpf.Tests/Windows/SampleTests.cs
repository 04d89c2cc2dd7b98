using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Ebpf.Tests.Windows;

/// <summary>The samples in eBPF for Windows' dialect: verified and run with the same results on every OS.</summary>
public sealed class SampleTests
{
    private const ushort Port = 8080;

    private static readonly byte[] s_destination = [10, 0, 0, 1, 0x1f, 0x90, 6, 0];

    [Fact]
    public void All_of_them_are_accepted()
    {
        foreach (string name in new[] { "bind_monitor", "connect", "drop", "map" })
        {
            BpfObject obj = Open(name);

            Assert.Equal(Dialect.Windows, obj.Dialect);
            Assert.All(obj.Verify(), static verdict => Assert.True(verdict.IsAccepted, verdict.Error?.Message));
        }
    }

    [Theory]
    [InlineData("test_LRU_map")]
    [InlineData("test_PUSH_POP_map")]
    [InlineData("test_maps")]
    public void Each_program_of_the_map_sample_runs_alone_and_returns_0(string program)
    {
        using LoadedObject live = Open("map").Only(program).Load();

        Assert.Equal(0, (int)live.Programs[program].Run().ReturnValue);
        Assert.Equal(0, (int)live.Programs[program].Run().ReturnValue);
        Assert.Equal([program], live.Programs.Select(static p => p.Name));
    }

    [Fact]
    public void A_process_may_bind_as_many_sockets_as_the_limit_says()
    {
        using LoadedObject live = Open("bind_monitor").Load();
        BpfProgram monitor = live.Programs["monitor"];
        live.Maps["limit"].As<uint, uint>()[0] = 2;
        var bind = new BindContext { ProcessId = 7, AppId = "app.exe"u8.ToArray(), Operation = BindOperation.Bind };

        Assert.Equal(BindVerdict.PermitSoft, monitor.Run(bind).Verdict);
        Assert.Equal(BindVerdict.PermitSoft, monitor.Run(bind).Verdict);
        Assert.Equal(BindVerdict.Deny, monitor.Run(bind).Verdict);
        Assert.Equal(BindVerdict.PermitSoft, monitor.Run(bind with { ProcessId = 8 }).Verdict);
        Assert.Equal(BindVerdict.PermitSoft, monitor.Run(bind with { Operation = BindOperation.Unbind }).Verdict);
        Assert.Equal(BindVerdict.PermitSoft, monitor.Run(bind).Verdict);

        byte[] process = new byte[68];
        byte[] key = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(key, 7);
        Assert.True(live.Maps["processes"].TryLookup(key, process));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(process));
        Assert.Equal("app.exe", Encoding.UTF8.GetString(process.AsSpan(4)).TrimEnd('\0'));
    }

    [Fact]
    public void Who_binds_is_what_the_caller_says()
    {
        using LoadedObject live = Open("bind_monitor").Load();
        var options = new RunOptions { Windows = new WindowsState { LogonId = 999, IsAdmin = true } };

        live.Programs["monitor"].Run(new BindContext { ProcessId = 7 }, options);

        byte[] key = new byte[8], who = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(key, 7);
        Assert.True(live.Maps["audit"].TryLookup(key, who));
        Assert.Equal(999u, BinaryPrimitives.ReadUInt64LittleEndian(who));
        Assert.Equal(1ul, BinaryPrimitives.ReadUInt64LittleEndian(who.AsSpan(8)));
    }

    [Fact]
    public void A_connection_is_redirected_and_keeps_where_it_was_meant_to_go()
    {
        using LoadedObject live = Open("connect").Load();
        live.Maps["redirections"].Update(s_destination, [127, 0, 0, 1, 0x23, 0x28, 6, 0]);

        ContextResult<SockAddrContext, SockAddrVerdict> result = live.Programs["redirect"].Run(Connection());

        Assert.Equal(SockAddrVerdict.ProceedSoft, result.Verdict);
        Assert.Equal(IPAddress.Loopback, result.Context.Address);
        Assert.Equal(9000, result.Context.Port);
        Assert.Equal(s_destination, result.Run.RedirectContext.ToArray());
    }

    [Fact]
    public void A_connection_that_no_rule_names_stays_as_it_is()
    {
        using LoadedObject live = Open("connect").Load();

        ContextResult<SockAddrContext, SockAddrVerdict> result = live.Programs["redirect"].Run(Connection());

        Assert.Equal(SockAddrVerdict.ProceedSoft, result.Verdict);
        Assert.Equal(Connection(), result.Context);
        Assert.True(result.Run.RedirectContext.IsEmpty);
    }

    [Theory]
    [InlineData(0u, SockAddrVerdict.ProceedSoft)]
    [InlineData(131u, SockAddrVerdict.Reject)]
    public void A_connection_through_a_tunnel_is_not_authorised(uint tunnel, SockAddrVerdict expected)
    {
        using LoadedObject live = Open("connect").Load();
        var options = new RunOptions { Windows = new WindowsState { Network = new NetworkContext(6, tunnel) } };

        Assert.Equal(expected, live.Programs["authorize"].Run(Connection(), options).Verdict);
    }

    [Fact]
    public void A_rule_decides_before_the_network_does()
    {
        using LoadedObject live = Open("connect").Load();
        live.Maps["verdicts"].Update(s_destination, [(byte)SockAddrVerdict.ProceedHard, 0, 0, 0]);

        Assert.Equal(SockAddrVerdict.ProceedHard, live.Programs["authorize"].Run(Connection()).Verdict);
    }

    [Fact]
    public void A_datagram_without_payload_is_dropped_and_counted()
    {
        using LoadedObject live = Open("drop").Load();
        byte[] packet = new byte[60];
        packet[12] = 0x08;
        packet[14] = 0x45;
        packet[23] = 17;
        packet[39] = 8;

        Assert.Equal(WindowsXdpVerdict.Drop, live.Programs["drop"].Run(new WindowsXdpContext { Packet = packet }).Verdict);
        packet[39] = 20;
        Assert.Equal(WindowsXdpVerdict.Pass, live.Programs["drop"].Run(new WindowsXdpContext { Packet = packet }).Verdict);
        Assert.Equal(1ul, live.Maps["dropped"].As<uint, ulong>()[0]);
    }

    [Fact]
    public void A_program_refuses_the_context_of_another_type()
    {
        using LoadedObject live = Open("connect").Load();

        BpfException error = Assert.Throws<BpfException>(() => live.Programs["redirect"].Run(new BindContext()));

        Assert.Equal(Errno.EINVAL, error.Errno);
        Assert.Contains("BindContext", error.Message);
    }

    [Fact]
    public void Any_field_can_be_given_by_its_name()
    {
        using LoadedObject live = Open("connect").Load();
        BpfProgram program = live.Programs["redirect"];
        ContextImage context = program.NewContext();
        context["user_port"] = 0x901f;

        Assert.Equal(0x901ful, context["user_port"]);
        Assert.Equal(1u, program.Run(new RunOptions { Context = context.Bytes }).ReturnValue);
        Assert.Contains("user_port", Assert.Throws<BpfException>(() => context["user_prot"] = 1).Message);
        Assert.Contains("does not fit", Assert.Throws<BpfException>(() => context["user_port"] = 0x10000).Message);
    }

    private static BpfObject Open(string name) => BpfObject.Open(TestData.Root($"samples/windows/{name}.o"));

    private static SockAddrContext Connection() => new() { Address = new IPAddress([10, 0, 0, 1]), Port = Port, Protocol = 6 };
}
