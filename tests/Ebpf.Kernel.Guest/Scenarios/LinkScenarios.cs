using System.Runtime.CompilerServices;
using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>What links have in common.</summary>
internal static class LinkScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("A pinned link stays attached when it is disposed, and is opened again", Pins),
        new("A link that is dropped stays attached and is reported", Leaks),
    ];

    private static void Pins()
    {
        const string Path = "/sys/fs/bpf/link";
        using LoadedObject live = Load("tracing", "on_fentry");
        using (BpfLink link = live.Programs["on_fentry"].Attach())
        {
            link.Pin(Path);
            Fails(Errno.EBUSY, () => link.Pin(Path + "2"));
        }

        CallGetpgid();
        ulong pinned = live.HitOf(Slot.Fentry).Count;
        True(pinned >= 1);
        using (BpfLink opened = BpfLink.OpenPinned(Path))
        {
            Equal(LinkType.Tracing, opened.ReadInfo()!.Type);
            True(BpfLink.List().Any(info => info.Id == opened.ReadInfo()!.Id));
            opened.Unpin();
        }

        CallGetpgid();
        Equal(pinned, live.HitOf(Slot.Fentry).Count);
        Fails(Errno.ENOENT, () => BpfLink.OpenPinned(Path));
    }

    private static void Leaks()
    {
        var reported = new List<LeakedLinkEventArgs>();
        void Report(object? sender, LeakedLinkEventArgs e)
        {
            lock (reported)
            {
                reported.Add(e);
            }
        }

        BpfLink.Leaked += Report;
        Drop();
        for (int i = 0; i < 50 && reported.Count == 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }

        BpfLink.Leaked -= Report;
        LeakedLinkEventArgs leaked = reported.Single();
        Equal("fentry/security_task_getpgid", leaked.Hook);
        Equal(1, BpfLink.List().Count);
        True(leaked.Fd > 2);
        new Microsoft.Win32.SafeHandles.SafeFileHandle(leaked.Fd!.Value, ownsHandle: true).Dispose();
        Equal(0, BpfLink.List().Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => Load("tracing", "on_fentry").Attach();
}
