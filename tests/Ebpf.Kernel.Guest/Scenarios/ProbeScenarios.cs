using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>Probes of kernel functions.</summary>
internal static class ProbeScenarios
{
    private const string Function = "__x64_sys_getpgid";

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("kprobe attaches by its section, and no longer runs when detached", () => BySection("on_kprobe", Slot.Kprobe)),
        new("kretprobe attaches by its section", () => BySection("on_kretprobe", Slot.Kretprobe)),
        new("ksyscall attaches by its section", () => BySection("on_ksyscall", Slot.Ksyscall)),
        new("kretsyscall attaches by its section", () => BySection("on_kretsyscall", Slot.Kretsyscall)),
        new("A kprobe in tracefs works, and leaves nothing there", Legacy),
        new("A kprobe by perf event without a link works", () => WithMode(ProbeAttachMode.Perf)),
        new("A kprobe at an address works", AtAddress),
        new("A kprobe has its cookie", Cookie),
        new("A kprobe on a function that is not there says so", Missing),
        new("A program is attached by another section's name", ByName),
        new("kprobe.multi attaches by a pattern, or says what the kernel lacks", Multi),
        new("kretprobe.multi attaches by name, or says what the kernel lacks", ReturnMulti),
        new("kprobe.multi takes names with cookies", MultiNames),
        new("kprobe.session runs at entry and return, or says which Linux has it", () => Since(6, 10, Session)),
    ];

    private static void BySection(string program, Slot slot)
    {
        using LoadedObject live = Load("tracing", program);
        using (BpfLink link = live.Programs[program].Attach())
        {
            True(link.Fd > 2);
            Equal(LinkType.PerfEvent, link.ReadInfo()!.Type);
            CallGetpgid();
            Equal(1ul, live.HitOf(slot).Count);
        }

        CallGetpgid();
        Equal(1ul, live.HitOf(slot).Count);
    }

    private static void Legacy()
    {
        WithMode(ProbeAttachMode.Legacy);
        True(!File.ReadAllText("/sys/kernel/tracing/kprobe_events").Contains("ebpf_", StringComparison.Ordinal), "a probe stays in tracefs");
    }

    private static void WithMode(ProbeAttachMode mode)
    {
        using LoadedObject live = Load("tracing", "on_kprobe");
        using (BpfLink link = live.Programs["on_kprobe"].AttachKprobe(Function, new KprobeOptions { Mode = mode }))
        {
            Equal(null, link.ReadInfo());
            CallGetpgid();
            Equal(1ul, live.HitOf(Slot.Kprobe).Count);
        }

        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Kprobe).Count);
    }

    private static void AtAddress()
    {
        string line = File.ReadLines("/proc/kallsyms").First(static line => line.EndsWith(" " + Function, StringComparison.Ordinal));
        ulong address = ulong.Parse(line.AsSpan(0, 16), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
        using LoadedObject live = Load("tracing", "on_kprobe");
        using BpfLink link = live.Programs["on_kprobe"].AttachKprobe(null, new KprobeOptions { Offset = address });
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Kprobe).Count);
    }

    private static void Cookie()
    {
        using LoadedObject live = Load("tracing", "on_kprobe");
        using BpfLink link = live.Programs["on_kprobe"].AttachKprobe(Function, new KprobeOptions { Cookie = 0x1234_5678_9abc });
        CallGetpgid();
        Equal(0x1234_5678_9abcul, live.HitOf(Slot.Kprobe).Cookie);
        if (Running >= new Version(6, 9))
        {
            var info = (PerfEventLinkInfo)link.ReadInfo()!;
            Equal(PerfEventKind.Kprobe, info.Kind);
            Equal(Function, info.Name);
            Equal(0x1234_5678_9abcul, info.Cookie);
        }
    }

    private static void Missing()
    {
        using LoadedObject live = Load("tracing", "on_kprobe");
        BpfException e = Fails(Errno.ENOENT, () => live.Programs["on_kprobe"].AttachKprobe("no_such_function_here"));
        True(e.Message.Contains("no_such_function_here", StringComparison.Ordinal), e.Message);
        Fails(Errno.EINVAL, () => live.Programs["on_kprobe"].Attach("kretprobe/getpgid+4"));
        Fails(Errno.EOPNOTSUPP, () => live.Programs["on_kprobe"].Attach("kprobe"));
        Fails(Errno.EOPNOTSUPP, () => live.Programs["on_kprobe"].AttachKprobe(null, new KprobeOptions { Mode = ProbeAttachMode.Legacy }));
    }

    private static void ByName()
    {
        using LoadedObject live = Load("tracing", "on_kprobe");
        using BpfLink link = live.Programs["on_kprobe"].Attach("ksyscall/getpgid");
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.Kprobe).Count);
    }

    private static void Multi() => WithFprobe(static live =>
    {
        using BpfLink link = live.Programs["on_kprobe_multi"].Attach();
        CallGetpgid();
        True(live.HitOf(Slot.KprobeMulti).Count >= 1);
        var info = (KprobeMultiLinkInfo)link.ReadInfo()!;
        // getpgid, getsid, getresuid, getresgid, perhaps more.
        True(info.Addresses.Length >= 2);
    }, "on_kprobe_multi");

    private static void ReturnMulti() => WithFprobe(static live =>
    {
        using BpfLink link = live.Programs["on_kretprobe_multi"].Attach();
        CallGetpgid();
        Equal(1ul, live.HitOf(Slot.KretprobeMulti).Count);
        True(((KprobeMultiLinkInfo)link.ReadInfo()!).IsReturn);
        Fails(Errno.ENOENT, () => live.Programs["on_kretprobe_multi"].AttachKprobeMulti(new KprobeMultiOptions { Functions = ["no_such_function_here"] }));
    }, "on_kretprobe_multi");

    private static void MultiNames() => WithFprobe(static live =>
    {
        using BpfLink link = live.Programs["on_kprobe_multi"].AttachKprobeMulti(
            new KprobeMultiOptions { Functions = [Function, "__x64_sys_getpgrp"], Cookies = [11, 12] });
        CallGetpgid();
        Equal(11ul, live.HitOf(Slot.KprobeMulti).Cookie);
    }, "on_kprobe_multi");

    private static void Session()
    {
        using LoadedObject live = Load("tracing", "on_kprobe_session");
        using BpfLink link = live.Programs["on_kprobe_session"].Attach();
        CallGetpgid();
        Equal(2ul, live.HitOf(Slot.KprobeMulti).Count);
    }

    /// <summary>Debian's 6.1 for clouds knows kprobe.multi, but was built without it.</summary>
    private static void WithFprobe(Action<LoadedObject> action, string program)
    {
        using LoadedObject live = Load("tracing", program);
        if (Running >= new Version(6, 12))
        {
            action(live);
        }
        else
        {
            BpfException e = Fails(Errno.EOPNOTSUPP, () => action(live));
            True(e.Message.Contains("CONFIG_FPROBE", StringComparison.Ordinal), e.Message);
        }
    }
}
