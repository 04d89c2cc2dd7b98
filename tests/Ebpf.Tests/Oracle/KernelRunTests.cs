using System.Globalization;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;

namespace Ebpf.Tests.Oracle;

public sealed class KernelRunTests
{
    /// <summary>Where results are others, and why that is so.</summary>
    private static readonly Dictionary<(string File, string Program), string> Known = new()
    {
        [("user_ringbuf.o", "drain")] = "the embedded platform has no user ring buffers",
    };

    public static TheoryData<string> Files => [.. KernelTables.Runs.Select(static r => r.File).Distinct()];

    [Theory, MemberData(nameof(Files))]
    public void Every_run_gives_the_result_the_packet_and_the_context_that_it_gave_on_the_kernel(string file) =>
        Compare(file, Platform.Embedded);

    [Theory, MemberData(nameof(Files))]
    public void Every_run_gives_the_same_where_each_access_is_tested(string file)
    {
        using var checking = new EmbeddedPlatform(programs: new ProgramOptions { Checks = true });
        Compare(file, new Platform(checking));
    }

    private static void Compare(string file, Platform platform)
    {
        var differences = new Differences(file, Known);
        foreach (RecordedRun run in KernelTables.Runs.Where(r => r.File == file))
        {
            string expected = string.Create(CultureInfo.InvariantCulture, $"{run.Result} {run.Packet} {run.Context}");
            differences.Expect(run.Program, run.Input, expected, Ours(run, platform));
        }

        differences.Assert();
    }

    private static string Ours(RecordedRun run, Platform platform)
    {
        // "packet+context" where a program is given both.
        RunInput[] inputs = [.. run.Input.Split('+').Select(static n => KernelTables.Inputs[n])];
        byte[]? packet = inputs.FirstOrDefault(static i => i.IsPacket)?.Bytes;
        byte[]? context = inputs.FirstOrDefault(static i => !i.IsPacket)?.Bytes;
        try
        {
            using LoadedObject live = KernelTables.OpenFor(run.File, run.Program).Load(platform);
            RunResult result = live.Programs[run.Program].Run(new RunOptions { Data = packet, Context = context });
            string after = packet is null ? "-" : result.Data.Span.SequenceEqual(packet) ? "=" : Convert.ToHexStringLower(result.Data.Span);
            string contextAfter = packet is null && context is not null ? Convert.ToHexStringLower(result.Context.Span) : "-";
            return string.Create(CultureInfo.InvariantCulture, $"{(int)result.ReturnValue} {after} {contextAfter}");
        }
        catch (BpfException e)
        {
            return e.Message;
        }
    }
}
