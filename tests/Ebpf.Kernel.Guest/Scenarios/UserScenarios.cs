using System.Runtime.InteropServices;
using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>Probes and tracepoints of user programs.</summary>
internal static class UserScenarios
{
    private const int Times = 3;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("uprobe attaches by its section", () => BySection("on_uprobe", Slot.Uprobe)),
        new("uretprobe attaches by its section", () => BySection("on_uretprobe", Slot.Uretprobe)),
        new("A uprobe in tracefs works, and leaves nothing there", Legacy),
        new("A uprobe in a library is found by its bare name", Library),
        new("A uprobe has its cookie, and is for one process where it says so", OneProcess),
        new("uprobe.multi attaches by a pattern", Multi),
        new("A tracepoint of a user program has its arguments, and its counter counts", Usdt),
        new("A tracepoint of a user program is for one process where it says so, and has its cookie", UsdtOfProcess),
        new("A tracepoint that a program does not declare is named", UsdtMissing),
    ];

    private static void BySection(string program, Slot slot)
    {
        using LoadedObject live = Load("tracing", program);
        using (live.Programs[program].Attach())
        {
            RunTarget(Times);
            Equal((ulong)Times, live.HitOf(slot).Count);
        }

        RunTarget(Times);
        Equal((ulong)Times, live.HitOf(slot).Count);
    }

    private static void Legacy()
    {
        using LoadedObject live = Load("tracing", "on_uprobe");
        using (live.Programs["on_uprobe"].AttachUprobe("/target", "probed_add", new UprobeOptions { Mode = ProbeAttachMode.Legacy }))
        {
            RunTarget(Times);
            Equal((ulong)Times, live.HitOf(Slot.Uprobe).Count);
        }

        True(!File.ReadAllText("/sys/kernel/tracing/uprobe_events").Contains("ebpf_", StringComparison.Ordinal), "a probe stays in tracefs");
    }

    private static void Library()
    {
        using LoadedObject live = Load("tracing", "on_uprobe");
        using BpfLink link = live.Programs["on_uprobe"].AttachUprobe("libc.so.6", "getpgid", new UprobeOptions { Pid = 0 });
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Uprobe).Count);
    }

    private static void OneProcess()
    {
        using LoadedObject live = Load("tracing", "on_uprobe");
        using BpfLink mine = live.Programs["on_uprobe"].AttachUprobe("/target", "probed_add", new UprobeOptions { Pid = 0 });
        RunTarget(Times);
        Equal(0ul, live.HitOf(Slot.Uprobe).Count);
        using BpfLink all = live.Programs["on_uprobe"].AttachUprobe("/target", "probed_add", new UprobeOptions { Cookie = 8 });
        RunTarget(Times);
        Equal(8ul, live.HitOf(Slot.Uprobe).Cookie);
        BpfException e = Fails(Errno.ENOENT, () => live.Programs["on_uprobe"].AttachUprobe("/target", "no_such_function"));
        True(e.Message.Contains("/target", StringComparison.Ordinal), e.Message);
    }

    private static void Multi()
    {
        using LoadedObject live = Load("tracing", "on_uprobe_multi");
        Since(6, 6, () =>
        {
            using BpfLink link = live.Programs["on_uprobe_multi"].Attach();
            RunTarget(Times);
            // probed_add and probed_subtract.
            Equal(2ul * Times, live.HitOf(Slot.UprobeMulti).Count);
            if (Running >= new Version(6, 8))
            {
                var info = (UprobeMultiLinkInfo)link.ReadInfo()!;
                Equal("/target", info.Path);
                Equal(2, info.Offsets.Length);
            }
        });
    }

    private static void Usdt()
    {
        using LoadedObject live = Load("usdt", "on_counted");
        Equal(0, RunTarget(Times));
        using (BpfLink link = live.Programs["on_counted"].Attach())
        {
            Equal(Times, RunTarget(Times));
            Seen seen = live.Maps["calls"].As<uint, Seen>()[0];
            Equal((ulong)Times, seen.Count);
            Equal(4ul, seen.Number);
            Equal(-(long)Times, seen.First);
            Equal(1L << 40, seen.Second);
            Equal(-17L, seen.Third);
            Equal(200L, seen.Fourth);
        }

        // Nobody listens any more.
        Equal(0, RunTarget(Times));
    }

    private static void UsdtOfProcess()
    {
        using LoadedObject live = Load("usdt", "on_any");
        // The map has four entries: each attachment gives back what it took.
        for (int i = 0; i < 6; i++)
        {
            using BpfLink all = live.Programs["on_any"].AttachUsdt("/target", "ebpf_test", "counted", new UsdtOptions { Cookie = (ulong)i + 70 });
            RunTarget(1);
            Equal((ulong)i + 70, live.Maps["calls"].As<uint, Seen>()[0].Cookie);
        }

        using BpfLink mine = live.Programs["on_any"].AttachUsdt("/target", "ebpf_test", "counted", new UsdtOptions { Pid = 0 });
        ulong before = live.Maps["calls"].As<uint, Seen>()[0].Count;
        RunTarget(Times);
        Equal(before, live.Maps["calls"].As<uint, Seen>()[0].Count);
    }

    private static void UsdtMissing()
    {
        using LoadedObject live = Load("usdt", "on_any");
        BpfException e = Fails(Errno.ENOENT, () => live.Programs["on_any"].AttachUsdt("/target", "ebpf_test", "absent"));
        True(e.Message.Contains("ebpf_test:counted", StringComparison.Ordinal), e.Message);
    }

    /// <summary>usdt.bpf.c's struct seen.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Seen(ulong Count, long First, long Second, long Third, long Fourth, ulong Cookie, ulong Number);
}
