using static Ebpf.Kernel.Guest.Room;

namespace Ebpf.Kernel.Guest.Scenarios;

/// <summary>Loading, maps and runs on this kernel: the fall-backs of the older one.</summary>
internal static class LoadScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("A sample loads, runs and answers 0", A_sample_loads),
        new("Global variables are read and written while loaded", Variables),
        new("What is loaded is gone when it is disposed", Nothing_stays),
    ];

    private static void A_sample_loads()
    {
        using LoadedObject live = Load("map", "test_maps");
        Equal(0u, live.Programs["test_maps"].Run().ReturnValue);
        True(live.Programs["test_maps"].Fd > 2);
    }

    private static void Variables()
    {
        using LoadedObject live = Load("tracing", "on_lsm");
        live.Variables["refused"].Set(77u);
        Equal(77u, live.Variables["refused"].Get<uint>());
    }

    private static void Nothing_stays()
    {
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 20; i++)
        {
            using LoadedObject live = Load("tracing", "on_kprobe", "on_fentry");
            live.Attach();
            CallGetpgid();
        }

        // One may stay: types of the kernel, or a descriptor that the runtime opened.
        True(Directory.GetFileSystemEntries("/proc/self/fd").Length <= before + 2, "descriptors stay open");
        Equal(0, BpfLink.List().Count);
    }
}
