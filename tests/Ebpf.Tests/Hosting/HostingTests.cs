using System.Text;
using Ebpf.Hosting;
using Ebpf.Runtime;
using Ebpf.Platforms.Embedded;
using Ebpf.Samples.Hosting;
using Ebpf.Verifier;

namespace Ebpf.Tests.Hosting;

/// <summary>A host's own type of program: that of samples/hosting, whose C# is compiled into this project with the generator.</summary>
public sealed unsafe class HostingTests
{
    private static readonly string s_folder = Path.GetDirectoryName(TestData.Sample("hosting"))!;

    private static LoadedObject Load(string name, HostProgramType? type = null, Platform? platform = null)
    {
        BpfObject obj = TestData.OpenSample("hosting").Only(name);
        return obj.Load(platform ?? Platform.Embedded, new LoadOptions { ProgramTypes = [type ?? RequestFilter.Type] });
    }

    private static ulong Run(LoadedObject live, string name, string line, ref Request request, object? state = null)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(line);
        fixed (byte* start = bytes)
        {
            request.Line = (nint)start;
            request.LineEnd = (nint)start + bytes.Length;
            return live.Programs[name].AsHosted<Request>().Run(ref request, state);
        }
    }

    [Fact]
    public void The_header_that_authors_get_is_the_one_beside_the_sample() =>
        Assert.Equal(File.ReadAllText(Path.Combine(s_folder, "request_filter.h")), RequestFilter.Type.CHeader());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_filter_reads_the_hosts_data_and_calls_the_hosts_helpers(bool checks)
    {
        using var checking = new EmbeddedPlatform(programs: new ProgramOptions { Checks = checks });
        using LoadedObject live = Load("only_gets", platform: new Platform(checking));
        var request = new Request { Client = 5, Connection = 99 };
        List<string> log = [];

        Assert.Equal(0u, Run(live, "only_gets", "GET / HTTP/1.1", ref request));
        Assert.Equal(1u, request.Score);
        Assert.Equal(1u, Run(live, "only_gets", "POST / HTTP/1.1", ref request, log));
        Assert.Equal(100u, request.Score);
        Assert.Equal(["no GET"], log);
        Assert.Equal(1u, Run(live, "only_gets", "GET", ref request, log));
        for (uint seen = 2; seen <= 3; seen++)
        {
            Assert.Equal(0u, Run(live, "only_gets", "GET /", ref request));
        }

        Assert.Equal(1u, Run(live, "only_gets", "GET /", ref request));
        Assert.Equal(4UL, live.Maps["requests"].As<uint, ulong>()[5]);
        Assert.Equal(99u, request.Connection);
    }

    [Fact]
    public void A_batch_is_run_in_place_and_gives_a_result_for_each()
    {
        using LoadedObject live = Load("abroad");
        Request[] requests = [new() { Client = 7 }, new() { Client = 8 }, new() { Client = 127u << 24 }];
        ulong[] results = new ulong[3];

        live.Programs["abroad"].AsHosted<Request>().Run(requests, results);

        Assert.Equal([7u, 8u, 0u], requests.Select(r => r.Score));
        Assert.Equal([0u, 0u, 0u], results);
    }

    [Fact]
    public void A_helper_calls_a_function_of_the_program()
    {
        using LoadedObject live = Load("limits");
        var request = new Request { Age = 50 };

        Run(live, "limits", "", ref request);

        Assert.Equal(2u, request.Score);
    }

    [Fact]
    public void A_helper_fills_memory_that_the_program_did_not_initialise()
    {
        using LoadedObject live = Load("name");
        var request = default(Request);

        Run(live, "name", "", ref request);

        Assert.Equal(7u + 'e', request.Score);
    }

    [Fact]
    public void An_exception_of_a_helper_ends_the_run_and_reaches_the_host()
    {
        using LoadedObject live = Load("gives_up");
        var request = default(Request);

        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => Run(live, "gives_up", "", ref request));

        Assert.Equal("the filter gave up with 7", thrown.Message);
    }

    [Fact]
    public void What_the_host_does_not_allow_to_be_returned_is_refused_by_name()
    {
        VerifierException refusal = Assert.Throws<VerifierException>(() => Load("too_many"));

        Assert.Contains("a request_filter program must return 0 to 1", refusal.Message);
    }

    [Fact]
    public void A_loop_that_is_proved_to_end_still_ends_at_the_budget()
    {
        HostProgramType type = RequestFilter.Type;
        var limited = new HostProgramType(type.Name, type.ContextName, type.ContextSize, type.Fields, type.Helpers) { InstructionBudget = 500 };
        using LoadedObject unlimited = Load("patient");
        using LoadedObject live = Load("patient", limited);
        var request = default(Request);

        Run(unlimited, "patient", "", ref request);
        BpfException stopped = Assert.Throws<BpfException>(() => Run(live, "patient", "", ref request));

        Assert.Contains("budget", stopped.Message);
    }

    [Fact]
    public void Without_the_hosts_type_the_section_means_nothing()
    {
        BpfException refusal = Assert.Throws<BpfException>(() => TestData.OpenSample("hosting").Load());

        Assert.Contains("names no program type", refusal.Message);
    }

    [Fact]
    public void A_test_run_gives_the_context_as_bytes()
    {
        using LoadedObject live = Load("only_gets");

        RunResult result = live.Programs["only_gets"].Run(new RunOptions { Data = "GET /x"u8.ToArray(), Context = new byte[] { 5 } });

        Assert.Equal(0u, result.ReturnValue);
        Assert.Equal(1, result.Context.Span[24]);
    }

    [Fact]
    public void Contexts_that_do_not_fit_are_refused()
    {
        using LoadedObject live = Load("name");

        Assert.Throws<ArgumentException>(() => live.Programs["name"].AsHosted<Place>());
        Assert.Throws<ArgumentException>(() => new HostProgramType("x", "x", 8, [new HostField("a", 0, 8, HostFieldKind.Number, HostAccess.Read, "int"), new HostField("b", 4, 4, HostFieldKind.Number, HostAccess.Read, "int")], []));
        Assert.Throws<ArgumentException>(() => new HostProgramType("x", "x", 8, [new HostField("a", 0, 8, HostFieldKind.Data, HostAccess.Read, "void *")], []));
    }

    [Fact]
    public void The_types_come_out_as_btf()
    {
        byte[] btf = RequestFilter.Type.Btf();

        Bytecode.Btf.BtfView types = Bytecode.Btf.BtfView.Read(btf, "host");
        Assert.NotNull(types.FindByName("request", Bytecode.Btf.BtfKind.Struct));
    }
}
