using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Ebpf.Kernel.Tests.VirtualMachine;

/// <summary>A boot of the guest on one kernel: what became of its scenarios. Made by tests/vm/build.sh; booted once in a run of the tests.</summary>
internal sealed class Boot
{
    private const string Qemu = "qemu-system-x86_64";

    private static readonly ConcurrentDictionary<string, Lazy<Boot>> s_boots = new();
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(240);

    private readonly Dictionary<string, Outcome> _outcomes = new(StringComparer.Ordinal);
    private readonly string _console;
    private bool _ended;

    private Boot(string console) => _console = console;

    /// <summary>The boot on a kernel, such as "6.1".</summary>
    public static Boot On(string kernel)
    {
        string images = Ebpf.Tests.TestData.Root("artifacts/vm");
        Assert.SkipUnless(File.Exists(Path.Combine(images, "initramfs")), "the virtual machine is not built: run tests/vm/build.sh");
        Kernel.RequireTool(Qemu);
        return s_boots.GetOrAdd(kernel, static (name, folder) => new Lazy<Boot>(() => Start(name, folder)), images).Value;
    }

    /// <summary>What became of a scenario; fails where the guest did not get to it.</summary>
    public Outcome this[string scenario] => _outcomes.TryGetValue(scenario, out Outcome? outcome) ? outcome : throw new InvalidOperationException(
        $"the guest did not get to '{scenario}'{(_ended ? "" : ", it ended early")}. Its console: {_console}");

    private static Boot Start(string kernel, string images)
    {
        string image = Path.Combine(images, "kernels", kernel);
        Assert.True(File.Exists(image), $"artifacts/vm/kernels has no kernel {kernel}: run tests/vm/build.sh");
        string folder = Directory.CreateTempSubdirectory("ebpf-vm-").FullName;
        try
        {
            string console = Path.Combine(folder, "console"), results = Path.Combine(folder, "results");
            using Process process = Process.Start(new ProcessStartInfo(Qemu,
            [
                "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "512", "-no-reboot", "-display", "none", "-monitor", "none", "-nic", "none",
                "-kernel", image, "-initrd", Path.Combine(images, "initramfs"),
                "-append", "console=ttyS0 quiet loglevel=4 panic=-1 random.trust_cpu=1 mitigations=off",
                "-serial", $"file:{console}", "-serial", $"file:{results}",
            ])
            { RedirectStandardError = true, RedirectStandardOutput = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            bool ended = process.WaitForExit(s_limit);
            if (!ended)
            {
                process.Kill();
                process.WaitForExit();
            }

            string said = File.Exists(console) ? File.ReadAllText(console) : errors.Result;
            var boot = new Boot(said[Math.Max(0, said.Length - 4000)..]);
            foreach (string line in File.Exists(results) ? File.ReadAllLines(results) : [])
            {
                boot.Read(line);
            }

            return boot;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Read(string line)
    {
        string[] fields = line.TrimEnd('\r').Split('\t');
        if (fields is ["passed" or "failed", string milliseconds, string name, string reason])
        {
            _outcomes[name] = new Outcome(fields[0] == "passed", reason, int.Parse(milliseconds, CultureInfo.InvariantCulture));
        }

        _ended |= fields is ["end"];
    }
}

/// <summary>What became of a scenario in the guest.</summary>
internal sealed record Outcome(bool Passed, string Reason, int Milliseconds);
