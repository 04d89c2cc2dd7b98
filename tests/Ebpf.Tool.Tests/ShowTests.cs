using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

public sealed class ShowTests
{
    [Fact]
    public void Show_lists_programs_maps_and_sections_and_loads_nothing()
    {
        JsonNode json = Tool.Run("show", "samples/map/map.o", "-j").Json;

        Assert.Equal(["test_LRU_map", "test_PUSH_POP_map", "test_maps"], json["programs"]!.AsArray().Select(p => (string)p!["name"]!).Order(StringComparer.Ordinal));
        Assert.All(json["programs"]!.AsArray(), p => Assert.False((bool)p!["loaded"]!));
        Assert.Equal(8, json["maps"]!.AsArray().Count(m => ((string)m!["name"]!).EndsWith("_map", StringComparison.Ordinal)));
        Assert.Contains(json["sections"]!.AsArray(), s => (string?)s!["name"] == ".maps");
        Assert.True((int)json["btf"]!["types"]! > 10);
    }

    [Fact]
    public void An_object_for_the_other_byte_order_shows_and_refuses_to_load()
    {
        string foreign = BitConverter.IsLittleEndian ? "tests/testdata/endian_big.o" : "tests/testdata/endian_little.o";

        Tool shown = Tool.Run("show", foreign, "-j");
        Tool loaded = Tool.Run("load", foreign);

        Assert.Equal(0, shown.ExitCode);
        Assert.Equal(BitConverter.IsLittleEndian ? "big" : "little", (string?)shown.Json["byte_order"]);
        Assert.Equal(1, loaded.ExitCode);
        Assert.Contains("endian", loaded.Error);
    }

    [Theory]
    [InlineData("samples/firewall/firewall.o")]
    [InlineData("samples/broken/broken.o")]
    [InlineData("tests/testdata/globals.o")]
    [InlineData("tests/testdata/map_in_map.o")]
    [InlineData("tests/testdata/no_btf.o")]
    [InlineData("tests/testdata/maps_only.o")]
    public void Objects_of_every_sort_show_for_people(string file)
    {
        Tool tool = Tool.Run("show", file);

        Assert.Equal(0, tool.ExitCode);
        Assert.StartsWith($"{file}: dialect linux, little-endian", tool.Output);
        Assert.Contains("section", tool.Output);
    }

    [Fact]
    public void Disassembly_stands_below_its_source_lines_and_names_maps_and_helpers()
    {
        Tool tool = Tool.Run("disasm", "samples/map/map.o", "test_maps");

        Assert.Equal(0, tool.ExitCode);
        Assert.Contains("; map.bpf.c:", tool.Output);
        Assert.Contains("call bpf_map_lookup_elem#1", tool.Output);
        Assert.Contains("HASH_map", tool.Output);
    }

    [Fact]
    public void Verify_gives_each_program_its_verdict()
    {
        Tool tool = Tool.Run("verify", "samples/broken/broken.o", "-j");

        Assert.Equal(1, tool.ExitCode);
        JsonArray programs = tool.Json["programs"]!.AsArray();
        Assert.True((bool)programs.Single(p => (string?)p!["name"] == "good")!["accepted"]!);
        Assert.All(programs.Where(p => (string?)p!["name"] != "good"), p => Assert.False((bool)p!["accepted"]!));
    }

    [Fact]
    public void Verify_prints_the_walk_on_request()
    {
        Tool tool = Tool.Run("verify", "samples/map/map.o", "--only", "test_LRU_map", "-v");

        Assert.Equal(0, tool.ExitCode);
        Assert.Contains("R10", tool.Output);
        Assert.Contains("1 program accepted, 0 refused.", tool.Output);
    }
}
