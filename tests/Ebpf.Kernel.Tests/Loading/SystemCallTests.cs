using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Loading;

/// <summary>System calls, counted from outside: strace sees the built command line load an object.</summary>
public sealed class SystemCallTests
{
    // 64 programs, each with a map of its own.
    private const string Many = "bench/objects/autoload.o";

    [Fact]
    public void For_skipped_programs_there_is_not_one_system_call()
    {
        Kernel.Require();
        Kernel.RequireTool("strace");
        string name = BpfObject.Open(TestData.Root(Many)).Programs[63].Name;

        List<string> calls = CallsOf("load", TestData.Root(Many), "--platform", "linux", "--only", name);

        Assert.Single(calls, static c => c.StartsWith("BPF_PROG_LOAD", StringComparison.Ordinal));
        Assert.Contains($"prog_name=\"{name}\"", calls.Single(static c => c.StartsWith("BPF_PROG_LOAD", StringComparison.Ordinal)));
        Assert.Equal(64, calls.Count(static c => c.StartsWith("BPF_MAP_CREATE", StringComparison.Ordinal)));
        // libbpf 1.1 makes 78 of it, 1.8 makes 83.
        Assert.True(calls.Count <= 70, string.Join('\n', calls));
    }

    [Fact]
    public void With_unused_maps_skipped_one_program_is_three_calls()
    {
        Kernel.Require();
        Kernel.RequireTool("strace");
        string name = BpfObject.Open(TestData.Root(Many)).Programs[0].Name;

        List<string> calls = CallsOf("load", TestData.Root(Many), "--platform", "linux", "--only", name, "--unused-maps", "skip");

        // The table asks for the kernel's figures afterwards.
        Assert.Equal(["BPF_BTF_LOAD", "BPF_MAP_CREATE", "BPF_PROG_LOAD"], calls.Select(static c => c[..c.IndexOf(',')]).Where(static c => c != "BPF_OBJ_GET_INFO_BY_FD"));
    }

    private static List<string> CallsOf(params string[] arguments)
    {
        string log = Path.GetTempFileName();
        try
        {
            string tool = Path.Combine(AppContext.BaseDirectory, "Ebpf.Tool");
            Kernel.Run("strace", ["-f", "-e", "trace=bpf", "-s", "64", "-o", log, tool, .. arguments]);
            // "1234 bpf(BPF_MAP_CREATE, {…}, 128) = 5"; where threads interleave a call is in two parts, of which the first counts.
            return [.. File.ReadLines(log).Select(static line => line.IndexOf(" bpf(", StringComparison.Ordinal) is >= 0 and int at ? line[(at + 5)..] : "").Where(static call => call.Length > 0)];
        }
        finally
        {
            File.Delete(log);
        }
    }
}
