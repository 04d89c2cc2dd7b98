using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

public sealed class ErrorTests
{
    private const string Broken = "samples/broken/broken.o";

    private static readonly string[] BadPrograms = [.. Tool.Run("show", Broken, "-j").Json["programs"]!.AsArray().Select(p => (string)p!["name"]!).Where(n => n != "good")];

    [Fact]
    public void Skipping_the_broken_programs_loads_the_good_one()
    {
        string[] skips = [.. BadPrograms.SelectMany(n => new[] { "--skip", n })];

        Tool tool = Tool.Run(["load", Broken, .. skips]);

        Assert.Equal(0, tool.ExitCode);
        Assert.Matches(@"good +\S+ +\S+ +yes +loaded", tool.Output);
    }

    [Fact]
    public void A_refused_program_is_named_with_instruction_source_line_and_reason()
    {
        JsonNode error = Tool.Run("load", Broken, "--only", "no_bounds_check", "-j").Json["error"]!;

        Assert.Equal("no_bounds_check", (string?)error["program"]);
        Assert.Equal("packet-access", (string?)error["rule"]);
        Assert.Equal(13, (int)error["errno"]!);
        Assert.True((int)error["insn"]! >= 0);
        Assert.EndsWith("broken.bpf.c", (string?)error["line"]!["file"]);
        Assert.NotEmpty((string)error["message"]!);
        Assert.True(error.AsObject().ContainsKey("log"));
    }

    [Fact]
    public void Loading_everything_of_a_broken_object_exits_with_1_and_says_why()
    {
        Tool tool = Tool.Run("load", Broken);

        Assert.Equal(1, tool.ExitCode);
        Assert.Equal("", tool.Output);
        Assert.StartsWith("ebpf: program '", tool.Error);
    }

    [Theory]
    [InlineData("no-such-file.o", "no-such-file.o")]
    [InlineData("README.md", "text file")]
    [InlineData("samples", "directory")]
    public void A_file_that_is_no_object_gives_one_helpful_line(string file, string word)
    {
        Tool tool = Tool.Run("show", file);

        Assert.Equal(1, tool.ExitCode);
        Assert.Equal("", tool.Output);
        string line = Assert.Single(tool.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("ebpf: ", line);
        Assert.Contains(word, line);
    }

    [Fact]
    public void With_JSON_an_error_is_an_object_on_standard_output()
    {
        Tool tool = Tool.Run("load", "no-such-file.o", "-j");

        Assert.Equal(1, tool.ExitCode);
        Assert.Equal("", tool.Error);
        Assert.Contains("no-such-file.o", (string?)tool.Json["error"]!["message"]);
        Assert.Equal(2, (int)tool.Json["error"]!["errno"]!);
    }

    [Theory]
    [InlineData("load")]
    [InlineData("load", "samples/map/map.o", "--no-such-option")]
    [InlineData("load", "samples/map/map.o", "--map", "HASH_map")]
    [InlineData("load", "samples/map/map.o", "--repeat", "0", "--run", "test_maps")]
    [InlineData("load", "samples/map/map.o", "--unused-maps", "perhaps")]
    [InlineData("frobnicate")]
    public void Wrong_usage_exits_with_2_and_points_at_the_help(params string[] arguments)
    {
        Tool tool = Tool.Run(arguments);

        Assert.Equal(2, tool.ExitCode);
        Assert.Equal("", tool.Output);
        Assert.Contains("--help", tool.Error);
    }

    [Fact]
    public void Help_names_every_verb()
    {
        Tool tool = Tool.Run("--help");

        Assert.Equal(0, tool.ExitCode);
        foreach (string verb in new[] { "load", "run", "verify", "show", "disasm" })
            Assert.Contains(verb, tool.Output);
    }
}
