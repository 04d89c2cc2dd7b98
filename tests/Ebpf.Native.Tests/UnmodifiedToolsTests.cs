namespace Ebpf.Native.Tests;

/// <summary>The machine's own binaries, which were built for libbpf, run on our library: in a network namespace of their own, with packets.</summary>
public class UnmodifiedToolsTests
{
    [Theory]
    [InlineData("ip", "counts_xdp")]
    [InlineData("tc", "counts_tc")]
    [InlineData("xdp-loader", "counts_xdp")]
    public void A_tool_loads_the_program_it_chose_and_only_that(string tool, string program)
    {
        Client.RequireKernel();
        Require.Tool(tool);
        Require.Tool("strace");
        Require.Tool("bpftool");

        Command run = Command.Run(
            Client.EnvironmentOf(Libbpf.OursInKernel), "unshare", "--net", "--mount", "bash", Path.Combine(Repository.Clients, "tools.sh"), Object(), tool);

        Require.That(run.ExitCode != 77, "network namespaces, veth and bpffs are needed: " + run.Error);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([$"{tool} exits 0", $"{tool} exits 0"], lines.Where(static l => l.Contains(" exits ")));
        // Ours is the library in the process, and no other.
        Assert.Equal([$"library {Client.Library}/libbpf.so.1"], lines.Where(static l => l.StartsWith("library ", StringComparison.Ordinal)).Distinct());
        // What the kernel would refuse never came to it.
        Assert.Equal([$"load {program}"], lines.Where(static l => l.StartsWith("load ", StringComparison.Ordinal)));
        Assert.Contains("packets 0x03", lines);
        Assert.Equal("left: ", lines[^1]);
    }

    private static string Object()
    {
        Require.Tool("clang-19");
        string file = Path.Combine(Path.GetTempPath(), $"ebpf-tools-{Environment.ProcessId}.o");
        if (!File.Exists(file))
        {
            Command compiled = Command.Run(
                "clang-19", "-g", "-O2", "-target", "bpf", "-I", Path.Combine(Repository.Samples, "include"), "-I", Path.Combine(Repository.TestData, "include"),
                "-c", Path.Combine(Repository.Root, "tests", "Ebpf.Native.Tests", "objects", "tools.bpf.c"), "-o", file);
            Assert.True(compiled.ExitCode == 0, compiled.Error);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        }

        return file;
    }
}
