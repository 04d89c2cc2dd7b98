using System.Text.Json;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests;

/// <summary>The built command line on the running kernel.</summary>
public sealed class CommandLineTests
{
    private static readonly string s_tool = Path.Combine(AppContext.BaseDirectory, "Ebpf.Tool");

    [Fact]
    public void Load_shows_descriptors_and_the_kernels_figures_and_the_run_returns_0()
    {
        Kernel.Require();

        JsonElement document = Json("load", TestData.Sample("map"), "--platform", "linux", "--only", "test_maps", "--run", "test_maps", "-j");

        Assert.Equal("linux", document.GetProperty("platform").GetString());
        JsonElement program = document.GetProperty("programs").EnumerateArray().Single(static p => p.GetProperty("loaded").GetBoolean());
        Assert.Equal("test_maps", program.GetProperty("name").GetString());
        Assert.All(["fd", "xlated_bytes", "verified_insns", "memory_bytes"], key => Assert.True(program.GetProperty(key).GetInt64() > 2, $"{key}: {program}"));
        Assert.All(document.GetProperty("maps").EnumerateArray(), static map => Assert.True(map.GetProperty("fd").GetInt32() > 2 && map.GetProperty("memory_bytes").GetInt64() > 0));
        Assert.Equal(0, document.GetProperty("run").GetProperty("retval").GetInt64());
    }

    [Fact]
    public void The_table_has_the_columns_that_a_kernel_fills()
    {
        Kernel.Require();

        string text = Kernel.Run(s_tool, "load", TestData.Sample("map"), "--platform", "linux", "--only", "test_maps");

        Assert.Contains("platform linux", text);
        Assert.Contains("xlated", text);
        Assert.Contains("Skipped 2 programs", text);
    }

    [Fact]
    public void Run_takes_the_default_packet_and_as_many_repetitions_as_are_wanted()
    {
        Kernel.Require();

        JsonElement run = Json("run", TestData.Path("globals.o"), "writes", "--platform", "linux", "--repeat", "100", "-j").GetProperty("run");

        Assert.Equal(100, run.GetProperty("retval").GetInt64());
        Assert.Equal(100, run.GetProperty("repeat").GetInt32());
    }

    [Fact]
    public void Verify_gives_the_kernels_verdicts_with_reasons_and_exits_1()
    {
        Kernel.Require();

        (int exit, string output, _) = Kernel.TryRun(s_tool, "verify", TestData.Sample("broken"), "--platform", "linux", "-j");

        Assert.Equal(1, exit);
        var programs = JsonDocument.Parse(output).RootElement.GetProperty("programs").EnumerateArray().ToDictionary(static p => p.GetProperty("name").GetString()!);
        Assert.True(programs["good"].GetProperty("accepted").GetBoolean());
        Assert.True(programs["good"].GetProperty("verified_insns").GetInt64() > 0);
        Assert.True(programs["good"].GetProperty("states").GetInt32() > 0);
        JsonElement error = programs["no_bounds_check"].GetProperty("error");
        Assert.Contains("invalid access to packet", error.GetProperty("message").GetString());
        Assert.True(error.GetProperty("line").GetProperty("line").GetInt32() > 0);
    }

    [Fact]
    public void Verdicts_leave_nothing_behind()
    {
        Kernel.Require();
        var before = new Inventory();

        IReadOnlyList<ProgramVerdict> verdicts = TestData.OpenSample("broken").Verify(Platform.Linux);

        Assert.Contains(verdicts, static v => v.IsAccepted);
        Assert.Contains(verdicts, static v => !v.IsAccepted);
        before.AssertNothingIsLeft();
    }

    private static JsonElement Json(params string[] arguments) => JsonDocument.Parse(Kernel.Run(s_tool, arguments)).RootElement;
}
