using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Platforms.Linux.Netlink;

namespace Ebpf.Kernel.Guest;

/// <summary>The first and only process of the guest: mounts, runs, reports, powers off.</summary>
internal static partial class Init
{
    // include/uapi/linux/reboot.h.
    private const int PowerOff = 0x4321_FEDC;

    // The first interface of a network namespace; IFF_UP in include/uapi/linux/if.h.
    private const int Loopback = 1;
    private const uint Up = 1;

    private static readonly (string Type, string Place)[] s_mounts =
    [
        ("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tracefs", "/sys/kernel/tracing"), ("bpf", "/sys/fs/bpf"),
        ("cgroup2", "/sys/fs/cgroup"), ("securityfs", "/sys/kernel/security"), ("tmpfs", "/tmp"),
    ];

    /// <summary>Never returns.</summary>
    public static void Run()
    {
        foreach ((string type, string place) in s_mounts)
        {
            if (Mount(type, place, type, 0, 0) != 0)
            {
                Console.WriteLine($"{type} cannot be mounted at {place}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        using (NetlinkSocket route = NetlinkSocket.Open())
        {
            var request = new NetlinkRequest(stackalloc byte[NetlinkRequest.BufferSize], RouteMessage.NewLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
            request.Add(new LinkHeader { Index = Loopback, Flags = Up, Change = Up });
            route.Execute(request, null, out _);
        }

        // One line each, tab between: outcome, milliseconds, name, reason. The host reads this line, the kernel's messages go to the other.
        using (var results = new FileStream("/dev/ttyS1", FileMode.Open, FileAccess.Write))
        {
            void Report(string line)
            {
                results.Write(Encoding.UTF8.GetBytes(line + "\n"));
                results.Flush();
            }

            Report($"kernel\t{Environment.OSVersion.Version}");
            foreach (Scenario scenario in Scenario.All)
            {
                long start = Stopwatch.GetTimestamp();
                string outcome = "passed", reason = "";
                try
                {
                    scenario.Run();
                }
                catch (Exception e)
                {
                    outcome = "failed";
                    reason = e.ToString().ReplaceLineEndings(" | ") + (e is BpfException { Log.Length: > 0 } bpf ? " | " + bpf.Log.ReplaceLineEndings(" | ") : "");
                }

                Report($"{outcome}\t{(long)Stopwatch.GetElapsedTime(start).TotalMilliseconds}\t{scenario.Name}\t{reason}");
            }

            Report("end");
        }

        Sync();
        _ = Reboot(PowerOff);
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, nint data);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void Sync();

    [LibraryImport("libc", EntryPoint = "reboot", SetLastError = true)]
    private static partial int Reboot(int command);
}
