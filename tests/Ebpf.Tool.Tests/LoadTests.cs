using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

public sealed class LoadTests
{
    private const string Map = "samples/map/map.o";

    [Fact]
    public void Loading_one_program_shows_all_three_and_runs_it()
    {
        Tool tool = Tool.Run("load", Map, "--only", "test_maps", "--run", "test_maps");

        Assert.Equal(0, tool.ExitCode);
        Assert.Equal("", tool.Error);
        Assert.Contains("test_maps returned 0", tool.Output);
        Assert.Matches(@"test_maps +xdp +xdp +yes +loaded", tool.Output);
        Assert.Matches(@"test_LRU_map +xdp +xdp +no +skipped", tool.Output);
        Assert.Matches(@"test_PUSH_POP_map +xdp +xdp +no +skipped", tool.Output);
        Assert.Contains("Skipped 2 programs", tool.Output);
    }

    [Theory]
    [InlineData("test_LRU_map")]
    [InlineData("test_PUSH_POP_map")]
    [InlineData("test_maps")]
    public void Each_program_of_the_sample_loads_alone_and_returns_zero(string name)
    {
        JsonNode json = Tool.Run("load", Map, "--only", name, "--run", name, "-j").Json;

        Assert.Equal(1, (int)json["totals"]!["loaded"]!);
        Assert.Equal(2, (int)json["totals"]!["skipped"]!);
        Assert.Equal(name, (string?)json["run"]!["program"]);
        Assert.Equal(0, (long)json["run"]!["retval"]!);
    }

    [Fact]
    public void Without_a_selection_everything_loads()
    {
        JsonNode json = Tool.Run("load", Map, "-j").Json;

        Assert.Equal(3, (int)json["totals"]!["loaded"]!);
        Assert.All(json["programs"]!.AsArray(), p => Assert.True((bool)p!["loaded"]!));
        Assert.Null(json["run"]);
    }

    [Fact]
    public void The_JSON_has_every_promised_key()
    {
        JsonNode json = Tool.Run("load", Map, "--only", "test_maps", "--run", "test_maps", "--dump", "ARRAY_map", "-j").Json;

        AssertKeys(json, "file", "platform", "dialect", "programs", "maps", "totals", "run", "dump");
        AssertKeys(json["programs"]![0]!, "name", "section", "type", "autoload", "loaded", "fd", "insns", "verified_insns", "verify_us", "jit_us", "jited_bytes", "memory_bytes");
        AssertKeys(json["maps"]![0]!, "name", "type", "key_size", "value_size", "max_entries", "created", "memory_bytes");
        AssertKeys(json["totals"]!, "loaded", "skipped", "verified_insns", "load_us", "memory_bytes");
        AssertKeys(json["run"]!, "program", "retval", "duration_ns", "repeat", "printk");
        AssertKeys(json["dump"]!["ARRAY_map"]![0]!, "key", "value");
    }

    [Fact]
    public void A_skipped_program_has_its_instructions_no_fd_and_zeros_for_the_rest()
    {
        JsonNode json = Tool.Run("load", Map, "--skip", "test_maps", "-j").Json;

        JsonNode skipped = json["programs"]!.AsArray().Single(p => (string?)p!["name"] == "test_maps")!;
        Assert.False((bool)skipped["autoload"]!);
        Assert.False((bool)skipped["loaded"]!);
        Assert.Null(skipped["fd"]);
        Assert.True((int)skipped["insns"]! > 0);
        foreach (string key in new[] { "verified_insns", "verify_us", "jit_us", "jited_bytes", "memory_bytes" })
            Assert.Equal(0, (double)skipped[key]!);
    }

    [Fact]
    public void Unused_maps_are_left_out_on_request()
    {
        JsonNode json = Tool.Run("load", Map, "--only", "test_LRU_map", "--unused-maps", "skip", "-j").Json;

        string[] created = [.. json["maps"]!.AsArray().Where(m => (bool)m!["created"]!).Select(m => (string)m!["name"]!)];
        Assert.Equal(["LRU_HASH_map", "LRU_PERCPU_HASH_map"], created);
    }

    [Fact]
    public void Measuring_prints_the_selection_beside_everything()
    {
        Tool tool = Tool.Run("load", Map, "--only", "test_LRU_map", "--measure");

        Assert.Equal(0, tool.ExitCode);
        Assert.Matches(@"programs +1 +3", tool.Output);
    }

    [Fact]
    public void A_wrong_program_name_lists_the_names_and_the_nearest_one()
    {
        Tool tool = Tool.Run("load", Map, "--only", "test_map");

        Assert.Equal(1, tool.ExitCode);
        Assert.Contains("did you mean 'test_maps'?", tool.Error);
        Assert.Contains("test_LRU_map, test_PUSH_POP_map", tool.Error);
        Assert.Equal("", tool.Output);
    }

    [Fact]
    public void A_map_element_given_on_the_command_line_is_there_in_the_dump()
    {
        JsonNode json = Tool.Run("load", Map, "--only", "test_LRU_map", "--map", "HASH_map=7:0x2a", "--dump", "HASH_map", "-j").Json;

        JsonNode element = Assert.Single(json["dump"]!["HASH_map"]!.AsArray())!;
        Assert.Equal(7, (int)element["key"]!);
        Assert.Equal(42, (int)element["value"]!);
    }

    [Fact]
    public void Packet_and_context_go_in_and_out_by_files()
    {
        string folder = Directory.CreateTempSubdirectory("ebpf-tool-").FullName;
        try
        {
            byte[] packet = new byte[60];
            packet[12] = 0x08;
            string input = Path.Combine(folder, "in"), output = Path.Combine(folder, "out"), context = Path.Combine(folder, "ctx");
            File.WriteAllBytes(input, packet);

            Tool tool = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--data-in", input, "--data-out", output, "--ctx-out", context, "--repeat", "3", "-j");

            Assert.Equal(0, tool.ExitCode);
            Assert.Equal(3, (int)tool.Json["run"]!["repeat"]!);
            Assert.Equal(packet, File.ReadAllBytes(output));
            Assert.Equal(24, File.ReadAllBytes(context).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertKeys(JsonNode node, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            Assert.True(node.AsObject().ContainsKey(key), $"no key '{key}' in {node.ToJsonString()}");
    }
}
