using System.Net;
using System.Net.Sockets;
using System.Text;
using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>What is found by BTF: functions, LSM hooks, iterators, functions of other programs.</summary>
internal static class TargetScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("fentry attaches by its section, with a cookie", Fentry),
        new("fexit attaches by its section", () => BySection("on_fexit", Slot.Fexit, AttachType.TraceFexit)),
        new("fmod_ret changes what a function answers", FmodRet),
        new("An LSM program refuses what it should", Lsm),
        new("An LSM program at a control group refuses what it should", LsmOfCgroup),
        new("An extension replaces a function of a program, here and elsewhere", Replace),
        new("A table of functions is registered, used, and taken away", CongestionControl),
        new("An iterator over tasks is read as a stream, again and again", Tasks),
        new("An iterator over a map is read as a stream", Elements),
    ];

    private static void BySection(string program, Slot slot, AttachType attachType)
    {
        using LoadedObject live = Load("tracing", program);
        using (BpfLink link = live.Programs[program].Attach())
        {
            CallGetpgid();
            True(live.HitOf(slot).Count >= 1);
            Equal(attachType, ((TracingLinkInfo)link.ReadInfo()!).AttachType);
        }

        ulong after = live.HitOf(slot).Count;
        CallGetpgid();
        Equal(after, live.HitOf(slot).Count);
    }

    private static void Fentry()
    {
        BySection("on_fentry", Slot.Fentry, AttachType.TraceFentry);
        using LoadedObject live = Load("tracing", "on_fentry");
        using BpfLink link = live.Programs["on_fentry"].AttachTrace(cookie: 4711);
        CallGetpgid();
        Equal(4711ul, live.HitOf(Slot.Fentry).Cookie);
    }

    private static void FmodRet()
    {
        using LoadedObject live = Load("tracing", "on_fmod_ret");
        using BpfLink link = live.Programs["on_fmod_ret"].Attach();
        live.Variables["refused"].Set((uint)Environment.ProcessId);
        Equal(-(int)Errno.EAGAIN, CallGetpgid());
        live.Variables["refused"].Set(0u);
        True(CallGetpgid() >= 0);
    }

    private static void Lsm()
    {
        using LoadedObject live = Load("tracing", "on_lsm");
        using (BpfLink link = live.Programs["on_lsm"].Attach())
        {
            live.Variables["refused"].Set((uint)Environment.ProcessId);
            Equal(-(int)Errno.EPERM, CallGetpgid());
            Equal(AttachType.LsmMac, ((TracingLinkInfo)link.ReadInfo()!).AttachType);
        }

        True(CallGetpgid() >= 0);
    }

    private static void LsmOfCgroup()
    {
        using LoadedObject live = Load("tracing", "on_socket_create");
        Fails(Errno.EOPNOTSUPP, () => live.Programs["on_socket_create"].Attach());
        using (BpfLink link = live.Programs["on_socket_create"].AttachCgroup("/sys/fs/cgroup"))
        {
            // The program answers 0, which is a refusal at a control group.
            try
            {
                new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp).Dispose();
                throw new InvalidOperationException("the socket is made");
            }
            catch (SocketException e)
            {
                Equal(SocketError.AccessDenied, e.SocketErrorCode);
            }

            True(live.HitOf(Slot.Lsm).Count > 0);
            Equal(AttachType.LsmCgroup, ((CgroupLinkInfo)link.ReadInfo()!).AttachType);
        }

        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp).Dispose();
    }

    private static void Replace()
    {
        using LoadedObject first = Load("extended"), second = Load("extended");
        BpfObject extension = Open("extension");
        extension.Programs["new_answer"].AttachProgram = first.Programs["ask"];
        using LoadedObject live = extension.Load(Platform.Linux);
        Equal(42u, first.Programs["ask"].Run().ReturnValue);
        using (BpfLink link = live.Programs["new_answer"].Attach())
        {
            Equal(141u, first.Programs["ask"].Run().ReturnValue);
            Equal(LinkType.Tracing, link.ReadInfo()!.Type);
        }

        Equal(42u, first.Programs["ask"].Run().ReturnValue);
        using (live.Programs["new_answer"].AttachReplace(second.Programs["ask"], "answer"))
        {
            Equal(141u, second.Programs["ask"].Run().ReturnValue);
            Equal(42u, first.Programs["ask"].Run().ReturnValue);
        }

        Fails(Errno.ENOENT, () => live.Programs["new_answer"].AttachReplace(second.Programs["ask"], "no_such_function"));
    }

    private static void CongestionControl()
    {
        const string Available = "/proc/sys/net/ipv4/tcp_available_congestion_control";
        using LoadedObject live = Load("congestion");
        True(!File.ReadAllText(Available).Contains("ebpf_test", StringComparison.Ordinal));
        using (BpfLink link = live.Attach().Single())
        {
            True(File.ReadAllText(Available).Contains("ebpf_test", StringComparison.Ordinal));
            // TCP_CONGESTION in include/uapi/linux/tcp.h.
            const int LevelTcp = 6, Congestion = 13;
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.SetRawSocketOption(LevelTcp, Congestion, "ebpf_test"u8);
            client.Connect(listener.LocalEndPoint!);
            using Socket server = listener.Accept();
            client.Send(new byte[20_000]);
            byte[] buffer = new byte[32_768];
            for (int left = 20_000; left > 0;)
            {
                left -= server.Receive(buffer);
            }

            True(live.Variables["calls"].Get<ulong>() > 0);
        }

        True(!File.ReadAllText(Available).Contains("ebpf_test", StringComparison.Ordinal), "the table stays registered");
    }

    private static void Tasks()
    {
        using LoadedObject live = Load("iterators", "each_task");
        using BpfLink link = live.Programs["each_task"].Attach();
        Equal("task", ((IteratorLinkInfo)link.ReadInfo()!).Target);
        for (int i = 0; i < 2; i++)
        {
            using var reader = new StreamReader(link.OpenIterator(), Encoding.ASCII);
            string[] pids = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            True(pids.Contains("1") && pids.Length > 10, $"{pids.Length} tasks");
        }

        // One process: its threads alone.
        using BpfLink mine = live.Programs["each_task"].AttachIterator(new IteratorOptions { ProcessId = 1 });
        using var threads = new StreamReader(mine.OpenIterator(), Encoding.ASCII);
        True(threads.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).All(static pid => pid == "1"));
    }

    private static void Elements()
    {
        using LoadedObject live = Load("iterators", "each_number");
        BpfMap<uint, ulong> numbers = live.Maps["numbers"].As<uint, ulong>();
        for (uint i = 0; i < 8; i++)
        {
            numbers.Update(i, i * i);
        }

        using BpfLink link = live.Programs["each_number"].AttachIterator(new IteratorOptions { Map = live.Maps["numbers"] });
        using var bytes = new MemoryStream();
        using (Stream stream = link.OpenIterator())
        {
            stream.CopyTo(bytes);
        }

        True(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes.ToArray()).SequenceEqual(new ulong[] { 0, 1, 4, 9, 16, 25, 36, 49 }));
        Equal(live.Maps["numbers"].Fd is not null, ((IteratorLinkInfo)link.ReadInfo()!).MapId != 0);
    }
}
