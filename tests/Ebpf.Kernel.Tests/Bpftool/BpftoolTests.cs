using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Bpftool;

/// <summary>What <c>ebpf prog|map</c> shows, held against Debian's bpftool on the same programs and maps.</summary>
public sealed partial class BpftoolTests
{
    /// <summary>What bpftool 7.1 does not tell yet, and what it tells only where it may run an iterator program.</summary>
    private static readonly string[] s_newer = ["orphaned", "pids"];

    public BpftoolTests()
    {
        Kernel.Require();
        Kernel.RequireTool("bpftool");
    }

    public static TheoryData<string> Objects => ["map", "firewall", "globals", "map_in_map", "prog_array", "long_names", "counters", "buffers", "map_attributes", "printk"];

    [Theory, MemberData(nameof(Objects))]
    public void Programs_and_maps_are_shown_with_the_same_keys_and_values(string name)
    {
        using LoadedObject live = Load(name);

        foreach (BpfProgram program in live.Programs)
        {
            AssertSame("prog", "show", "id", $"{Info(program).Id}");
        }

        foreach (BpfMap map in live.Maps)
        {
            AssertSame("map", "show", "id", $"{Info(map).Id}");
        }
    }

    [Theory, MemberData(nameof(Objects))]
    public void Contents_are_dumped_with_the_same_keys_and_values(string name)
    {
        using LoadedObject live = Load(name);
        foreach (BpfProgram program in live.Programs.Where(static p => p.Type is ProgramType.Xdp or ProgramType.SchedCls))
        {
            program.Run();
        }

        foreach (BpfMap map in live.Maps)
        {
            // In plain form bpftool 7.1 shows the ids of inner maps as bytes.
            string[] options = map.Type is MapType.ArrayOfMaps or MapType.HashOfMaps ? ["-j", "-p"] : ["-j", "-p", "-f"];
            foreach (string option in options)
            {
                Answer ours = Tool(option, "map", "dump", "id", $"{Info(map).Id}"), theirs = Theirs(option, "map", "dump", "id", $"{Info(map).Id}");
                Assert.Equal((theirs.ExitCode, theirs.Output), (ours.ExitCode, InnerMapId().Replace(ours.Output, "")));
            }
        }
    }

    [Fact]
    public void The_plain_form_is_the_same()
    {
        using LoadedObject live = TestData.OpenSample("map").Load(Platform.Linux);
        live.Programs["test_maps"].Run();

        foreach (BpfMap map in live.Maps)
        {
            AssertSameText("map", "show", "id", $"{Info(map).Id}");
        }

        // bpftool 7.1 has no line about processes on kernels without tracing programs.
        string ours = Tool("prog", "show", "id", $"{Info(live.Programs["test_maps"]).Id}").Output;
        string theirs = Theirs("prog", "show", "id", $"{Info(live.Programs["test_maps"]).Id}").Output;
        Assert.Equal(WithoutHolders(theirs), WithoutHolders(ours));
    }

    [Fact]
    public void Programs_are_found_by_id_tag_and_name_and_maps_by_id_and_name()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_LRU_map").Load(Platform.Linux);
        ProgramInfo program = Info(live.Programs["test_LRU_map"]);
        MapInfo map = Info(live.Maps["LRU_PERCPU_HASH_map"]);

        Assert.Equal(program.Tag, (string?)Tool("-j", "prog", "show", "id", $"{program.Id}").Json["tag"]);
        Assert.Contains($"{program.Id}", Tool("-j", "p", "s", "tag", program.Tag).Output);
        Assert.Contains($"{program.Id}", Tool("-j", "prog", "list", "name", program.Name).Output);
        Assert.Contains($"{map.Id}", Tool("-j", "map", "show", "name", map.Name).Output);
        Assert.Contains(Tool("-j", "prog").Json.AsArray(), p => (uint)p!["id"]! == program.Id);
        Assert.Contains(Tool("-j", "map").Json.AsArray(), m => (uint)m!["id"]! == map.Id);
    }

    [Fact]
    public void What_is_pinned_is_shown_with_its_path_and_found_by_it()
    {
        using var bpffs = new OwnBpffs();
        using LoadedObject live = TestData.OpenSample("map").Load(Platform.Linux);
        live.Maps["HASH_map"].Pin(bpffs["hash"]);
        uint id = Info(live.Maps["HASH_map"]).Id;

        Assert.Equal(bpffs["hash"], (string?)Tool("-j", "-f", "map", "show", "id", $"{id}").Json["pinned"]![0]);
        Assert.Equal(id, (uint)Tool("-j", "map", "show", "pinned", bpffs["hash"]).Json["id"]!);
        AssertSameText("prog", "show", "pinned", bpffs["hash"]);
        AssertSameText("map", "show", "pinned", bpffs["nothing"]);
    }

    [Fact]
    public void The_processes_that_hold_a_program_are_named()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux);

        JsonNode shown = Tool("-j", "prog", "show", "id", $"{Info(live.Programs["test_maps"]).Id}").Json;

        Assert.Equal(Environment.ProcessId, (int)Assert.Single(shown["pids"]!.AsArray())!["pid"]!);
        Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), (string?)shown["pids"]![0]!["comm"]);
    }

    [Fact]
    public void Elements_are_looked_up_updated_walked_and_deleted()
    {
        using LoadedObject live = TestData.OpenSample("map").Load(Platform.Linux);
        string hash = $"{Info(live.Maps["HASH_map"]).Id}", array = $"{Info(live.Maps["ARRAY_map"]).Id}", perCpu = $"{Info(live.Maps["PERCPU_HASH_map"]).Id}";

        Assert.Equal(0, Tool("map", "update", "id", hash, "key", "1", "0", "0", "0", "value", "hex", "2a", "0", "0", "0").ExitCode);
        Assert.Equal(42u, BitConverter.ToUInt32(live.Maps["HASH_map"].Lookup(BpfMap.Key(1))));
        Assert.Equal(0, Tool("map", "update", "id", perCpu, "key", "1", "0", "0", "0", "value", "7", "0", "0", "0", "noexist").ExitCode);
        foreach (string[] words in (string[][])
        [
            ["map", "lookup", "id", hash, "key", "1", "0", "0", "0"],
            ["map", "lookup", "id", hash, "key", "2", "0", "0", "0"],
            ["map", "lookup", "id", perCpu, "key", "1", "0", "0", "0"],
            ["map", "lookup", "id", array, "key", "0x09", "0", "0", "0"],
            ["map", "getnext", "id", hash],
            ["map", "getnext", "id", array, "key", "3", "0", "0", "0"],
            ["map", "getnext", "id", array, "key", "9", "0", "0", "0"],
            ["map", "update", "id", hash, "key", "1", "0", "0", "0", "value", "1", "0", "0", "0", "noexist"],
            ["map", "update", "id", hash, "key", "5", "0", "0", "0", "value", "1", "0", "0", "0", "exist"],
            ["map", "update", "id", hash, "key", "1", "0", "0", "0", "value", "1"],
            ["map", "update", "id", hash, "key", "1", "0", "0", "0"],
            ["map", "update", "id", hash, "key", "1", "0", "zero", "0"],
            ["map", "update", "id", hash, "colour", "1"],
            ["map", "delete", "id", hash, "key", "9", "0", "0", "0"],
            ["map", "delete", "id", array, "key", "9", "0", "0", "0"],
        ])
        {
            AssertSameText(words);
            AssertSameText(["-j", .. words]);
        }

        Assert.Equal(0, Tool("map", "delete", "id", hash, "key", "1", "0", "0", "0").ExitCode);
        Assert.False(live.Maps["HASH_map"].ContainsKey(BpfMap.Key(1)));
    }

    [Theory]
    [InlineData("prog", "show", "id", "4000000000")]
    [InlineData("map", "show", "id", "4000000000")]
    [InlineData("map", "dump", "id", "4000000000")]
    [InlineData("prog", "show", "id", "12x")]
    [InlineData("prog", "show", "frob")]
    [InlineData("prog", "show", "frob", "1")]
    [InlineData("map", "show", "frob", "1")]
    [InlineData("prog", "show", "tag", "12")]
    [InlineData("map", "show", "name", "a_name_that_is_too_long")]
    [InlineData("map", "show", "pinned", "/proc/self/status")]
    public void Errors_have_the_same_words_and_exit_codes(params string[] words)
    {
        AssertSameText(words);
        AssertSameText(["-j", .. words]);
    }

    [Fact]
    public void Wrong_commands_print_the_usage_and_exit_with_255()
    {
        (int code, string output, string error) = Kernel.TryRun(ToolPath, "map", "frobnicate");
        Assert.Equal((255, ""), (code, output));
        Assert.Contains("ebpf map dump", error);
        (code, output, _) = Kernel.TryRun(ToolPath, "-j", "map", "frobnicate");
        Assert.Equal((255, "null"), (code, output.Trim()));
        Assert.Equal(0, Kernel.TryRun(ToolPath, "prog", "help").Exit);
    }

    [Fact]
    public void Instructions_are_dumped_as_the_kernel_rewrote_them()
    {
        using LoadedObject live = TestData.OpenSample("map").Only("test_LRU_map").Load(Platform.Linux);
        ProgramInfo program = Info(live.Programs["test_LRU_map"]);
        string file = Path.GetTempFileName();
        try
        {
            Assert.Equal(0, Tool("prog", "dump", "xlated", "id", $"{program.Id}", "file", file).ExitCode);
            byte[] ours = File.ReadAllBytes(file);
            Assert.Equal(program.XlatedBytes, ours.Length);
            Kernel.Run("bpftool", "prog", "dump", "xlated", "id", $"{program.Id}", "file", file);
            Assert.Equal(File.ReadAllBytes(file), ours);
            Assert.Equal(0, Tool("prog", "dump", "jited", "id", $"{program.Id}", "file", file).ExitCode);
            Assert.Equal(program.JitedBytes, new FileInfo(file).Length);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Matches(@"^ +0: \([0-9a-f]{2}\) r\d+ = ", Tool("prog", "dump", "xlated", "id", $"{program.Id}").Output);
    }

    /// <summary>Newer than bpftool 7.1.</summary>
    [GeneratedRegex(@",\s*""inner_map_id"": ?\d+")]
    private static partial Regex InnerMapId();

    private static string ToolPath => Path.Combine(AppContext.BaseDirectory, "Ebpf.Tool");

    private static LoadedObject Load(string name)
    {
        BpfObject obj = name is "map" or "firewall" ? TestData.OpenSample(name) : TestData.Open(name);
        foreach (BpfMapSpec map in obj.Maps)
        {
            map.Pinning = MapPinning.None;
        }

        return obj.Load(Platform.Linux);
    }

    private static ProgramInfo Info(BpfProgram program) => program.ReadInfo()!;

    private static MapInfo Info(BpfMap map) => map.ReadInfo()!;

    private static string WithoutHolders(string text) => string.Join('\n', text.Split('\n').Where(static l => !l.StartsWith("\tpids ", StringComparison.Ordinal)));

    /// <summary>The same JSON, in keys and values, but for what bpftool 7.1 does not tell yet.</summary>
    private static void AssertSame(params string[] words)
    {
        JsonObject ours = Tool(["-j", .. words]).Json.AsObject(), theirs = Theirs(["-j", .. words]).Json.AsObject();
        foreach (string key in s_newer.Where(k => !theirs.ContainsKey(k)))
        {
            ours.Remove(key);
        }

        Assert.Equal(theirs.ToJsonString(), ours.ToJsonString());
    }

    /// <summary>The same text on both outputs, and the same exit code.</summary>
    private static void AssertSameText(params string[] words)
    {
        Answer ours = Tool(words), theirs = Theirs(words);
        Assert.Equal((theirs.ExitCode, theirs.Output, theirs.Error), (ours.ExitCode, WithoutHolders(ours.Output), ours.Error));
    }

    private static Answer Tool(params string[] words) => Run(ToolPath, words);

    private static Answer Theirs(params string[] words) => Run("bpftool", words);

    private static Answer Run(string program, string[] words)
    {
        (int exit, string output, string error) = Kernel.TryRun(program, words);
        return new Answer(exit, output, error);
    }

    private sealed record Answer(int ExitCode, string Output, string Error)
    {
        public JsonNode Json => JsonNode.Parse(Output)!;
    }
}
