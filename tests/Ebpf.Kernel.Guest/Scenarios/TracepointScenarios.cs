using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>Tracepoints and perf events.</summary>
internal static class TracepointScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("tp attaches by its section", Tracepoint),
        new("A tracepoint has its cookie, and one that is not there says so", TracepointCookie),
        new("raw_tp attaches by its section", RawTracepoint),
        new("tp_btf attaches by its section", TpBtf),
        new("A perf event's clock runs its program", PerfClock),
    ];

    private static void Tracepoint()
    {
        using LoadedObject live = Load("tracing", "on_tracepoint");
        using BpfLink link = live.Attach().Single();
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Tracepoint).Count);
        link.Dispose();
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Tracepoint).Count);
    }

    private static void TracepointCookie()
    {
        using LoadedObject live = Load("tracing", "on_tracepoint");
        using BpfLink link = live.Programs["on_tracepoint"].AttachTracepoint("syscalls", "sys_enter_getpgid", cookie: 99);
        CallGetpgid();
        Equal(99ul, live.HitOf(Slot.Tracepoint).Cookie);
        BpfException e = Fails(Errno.ENOENT, () => live.Programs["on_tracepoint"].AttachTracepoint("syscalls", "no_such_call"));
        True(e.Message.Contains("no_such_call", StringComparison.Ordinal), e.Message);
    }

    private static void RawTracepoint()
    {
        using LoadedObject live = Load("tracing", "on_raw_tracepoint");
        using BpfLink link = live.Programs["on_raw_tracepoint"].Attach();
        CallGetpgid();
        True(live.HitOf(Slot.RawTracepoint).Count >= 1);
        Equal("sys_enter", ((RawTracepointLinkInfo)link.ReadInfo()!).Name);
        Fails(Errno.ENOENT, () => live.Programs["on_raw_tracepoint"].AttachRawTracepoint("no_such_tracepoint"));
    }

    private static void TpBtf()
    {
        using LoadedObject live = Load("tracing", "on_tp_btf");
        using BpfLink link = live.Programs["on_tp_btf"].Attach();
        CallGetpgid();
        True(live.HitOf(Slot.TpBtf).Count >= 1);
        Equal("sys_enter", ((RawTracepointLinkInfo)link.ReadInfo()!).Name);
    }

    private static void PerfClock()
    {
        using LoadedObject live = Load("tracing", "on_perf_event");
        using PerfEvent clock = PerfEvent.OpenCpuClock(0, 1000);
        using BpfLink link = live.Programs["on_perf_event"].AttachPerfEvent(clock, cookie: 5);
        // The link has what it needs.
        clock.Dispose();
        long end = Environment.TickCount64 + 5000;
        while (live.HitOf(Slot.PerfEvent).Count == 0 && Environment.TickCount64 < end)
        {
            Thread.SpinWait(1000);
        }

        True(live.HitOf(Slot.PerfEvent).Count > 0);
        Equal(5ul, live.HitOf(Slot.PerfEvent).Cookie);
    }
}
