using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

public class VerifyTests
{
    private const string Rejects = "tests/testdata/rejects.o", Accepts = "tests/testdata/accepts.o", Map = "samples/map/map.o";

    [Fact]
    public void Programs_that_start_off_are_counted_and_verified_on_request()
    {
        Tool usual = Tool.Run("verify", Rejects), all = Tool.Run("verify", Rejects, "--all");

        Assert.Equal(0, usual.ExitCode);
        Assert.Contains("--all takes all", usual.Output);
        Assert.Equal(1, all.ExitCode);
        Assert.DoesNotContain("--all takes all", all.Output);
        Assert.Contains("program 'packet_before_start' is refused", all.Output);
    }

    [Fact]
    public void A_refusal_is_one_screen_with_the_causal_path()
    {
        Tool tool = Tool.Run("verify", Rejects, "--only", "packet_before_start");

        Assert.Equal(1, tool.ExitCode);
        string[] lines = tool.Output.Split('\n');
        int at = Array.FindIndex(lines, static l => l.Contains("Refused:     packet-access"));
        Assert.True(at > 0);
        Assert.Contains(lines, static l => l.Contains("Causal path: ") && l.Contains("r1 = *(u32 *)(r1 + 0)"));
        Assert.Contains(lines, static l => l.Contains("not taken"));
        Assert.Contains(lines, static l => l.Contains("ebpf explain packet-access"));
    }

    [Fact]
    public void Json_has_rule_reason_path_and_suggestion()
    {
        JsonNode error = Tool.Run("verify", Rejects, "--only", "packet_before_start", "-j").Json["programs"]![0]!["error"]!;

        Assert.Equal("packet-access", (string?)error["rule"]);
        Assert.Equal("made", (string?)error["causal_path"]![0]!["kind"]);
        Assert.Equal("not-taken", (string?)error["causal_path"]![1]!["kind"]);
        Assert.NotEmpty((string)error["reason"]!);
        Assert.NotEmpty((string)error["suggestion"]!);
    }

    [Fact]
    public void Many_files_are_verified_in_the_same_order_however_many_at_a_time()
    {
        string[] arguments = ["verify", Rejects, Accepts, Map, "--all", "-o", "csv", "-e", "file,prog,verdict,insns,states"];

        string one = Tool.Run([.. arguments, "--jobs", "1"]).Output, four = Tool.Run([.. arguments, "--jobs", "4"]).Output;

        Assert.Equal(one, four);
        Assert.StartsWith("file_name,prog_name,verdict,total_insns,total_states\n", one);
        Assert.Contains("map.o,test_maps,success,", one);
    }

    [Fact]
    public void Rows_are_filtered_sorted_and_cut()
    {
        Tool tool = Tool.Run("verify", Map, Rejects, "--all", "-f", "map.o/test_*", "-f", "!test_LRU*", "-f", "insns>10", "-s", "insns>", "-e", "prog,insns", "-n", "1", "-o", "csv");

        Assert.Equal(["prog_name,total_insns", "test_maps,3063"], tool.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Two_csv_files_are_compared_and_a_changed_verdict_is_a_failure()
    {
        string a = Path.GetTempFileName(), b = Path.GetTempFileName();
        try
        {
            File.WriteAllText(a, Tool.Run("verify", Map, "-o", "csv").Output);
            File.WriteAllText(b, File.ReadAllText(a).Replace("test_maps,success", "test_maps,failure"));

            Tool same = Tool.Run("verify", "-C", a, a, "-e", "verdict,insns"), changed = Tool.Run("verify", "-C", a, b, "-e", "verdict", "-o", "csv");

            Assert.Equal(0, same.ExitCode);
            Assert.Contains("+0 (+0.00%)", same.Output);
            Assert.Equal(1, changed.ExitCode);
            Assert.Contains("map.o,test_maps,success,failure,MISMATCH", changed.Output);
        }
        finally
        {
            File.Delete(a);
            File.Delete(b);
        }
    }

    [Theory]
    [InlineData("-e", "loops")]
    [InlineData("-s", "loops>")]
    [InlineData("-f", "loops>5")]
    public void An_unknown_statistic_is_wrong_usage_and_the_known_ones_are_named(string option, string value)
    {
        Tool tool = Tool.Run("verify", Map, option, value, "-o", "csv");

        Assert.Equal(2, tool.ExitCode);
        Assert.Contains("there is no statistic 'loops' here", tool.Error);
        Assert.Contains("peak_states", tool.Error);
    }

    [Fact]
    public void A_file_that_is_none_does_not_hide_the_verdicts_on_the_others()
    {
        Tool tool = Tool.Run("verify", "README.md", Map);

        Assert.Equal(1, tool.ExitCode);
        Assert.Contains("3 programs accepted, 0 refused", tool.Output);
        Assert.Contains("README.md", tool.Error);
    }

    [Fact]
    public void Every_rule_is_explained()
    {
        string[] ids = Tool.Run("explain").Output.TrimEnd('\n').Split('\n');

        Assert.Contains("packet-access", ids);
        Tool page = Tool.Run("explain", "packet-access");
        Assert.Equal(0, page.ExitCode);
        Assert.Contains("## Cure", page.Output);
        Assert.Equal(2, Tool.Run("explain", "no-such-rule").ExitCode);
    }

    [Fact]
    public void The_report_is_one_file_with_graph_listing_and_the_refused_path()
    {
        string file = Path.GetTempFileName();
        try
        {
            Assert.Equal(1, Tool.Run("verify", Rejects, "--only", "packet_wrong_way", "--html", file).ExitCode);

            string html = File.ReadAllText(file);
            Assert.Contains("<svg", html);
            Assert.Contains("class=\"block fail\"", html);
            Assert.Contains("class=\"block never\"", html);
            Assert.Contains("<tr id=p0-0-6 class=\"at\">", html);
            Assert.Contains("R1=pkt(r=0)", html);
            Assert.Contains("data + 4 &gt; end", html);
            Assert.DoesNotContain("http", html);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
