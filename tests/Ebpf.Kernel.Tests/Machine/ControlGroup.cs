using System.Diagnostics;

namespace Ebpf.Kernel.Tests.Machine;

/// <summary>A control group of a test's own, of the second version, removed when it is disposed.</summary>
internal sealed class ControlGroup : IDisposable
{
    public ControlGroup()
    {
        Kernel.Require();
        string? mount = File.ReadLines("/proc/self/mounts").Select(static line => line.Split(' ')).Where(static fields => fields[2] == "cgroup2").Select(static fields => fields[1]).FirstOrDefault();
        Assert.SkipWhen(mount is null, "there are no control groups of the second version here");
        Path = System.IO.Path.Combine(mount!, $"ebpf-test-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>Sends a datagram to an address from a process in the group; true where the kernel let it.</summary>
    public bool Send(System.Net.IPAddress address, int port)
    {
        // bash opens a connected socket by itself, and writes once. It inherits the caller's network namespace.
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", $"echo $$ > {Path}/cgroup.procs && exec 3<>/dev/udp/{address}/{port} && echo x >&3"])
        {
            RedirectStandardError = true,
        })!;
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        return process.ExitCode == 0;
    }

    public void Dispose()
    {
        // A process that has just ended may still be counted.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(Path);
                return;
            }
            catch (IOException) when (attempt < 50)
            {
                Thread.Sleep(20);
            }
        }
    }
}
