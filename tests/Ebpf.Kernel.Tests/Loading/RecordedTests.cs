using System.Globalization;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Tests.Oracle;

namespace Ebpf.Kernel.Tests.Loading;

/// <summary>What libbpf 1.8 got from Linux 6.18 for every program of the test objects, and what this library gets.</summary>
public sealed class RecordedTests
{
    /// <summary>Where it is not the same, and why: nowhere.</summary>
    private static readonly Dictionary<(string File, string Program), string> s_known = [];

    public static TheoryData<string> FilesOfVerdicts => [.. KernelTables.Verdicts.Select(static v => v.File).Distinct()];

    public static TheoryData<string> FilesOfRuns => [.. KernelTables.Runs.Select(static r => r.File).Distinct()];

    [Theory, MemberData(nameof(FilesOfVerdicts))]
    public void Every_program_has_the_verdict_that_libbpf_got(string file)
    {
        RequireRecordedKernel();
        var differences = new Differences(file, s_known);
        foreach (Verdict verdict in KernelTables.Verdicts.Where(v => v.File == file))
        {
            string expected = verdict.Error == 0 ? "accept" : ((Errno)(-verdict.Error)).ToString();
            differences.Expect(verdict.Program, "load", expected, Load(verdict));
        }

        differences.Assert();
    }

    [Theory, MemberData(nameof(FilesOfRuns))]
    public void Every_run_gives_the_result_the_packet_and_the_context_that_it_gave_under_libbpf(string file)
    {
        RequireRecordedKernel();
        var differences = new Differences(file, s_known);
        foreach (RecordedRun run in KernelTables.Runs.Where(r => r.File == file))
        {
            string expected = string.Create(CultureInfo.InvariantCulture, $"{run.Result} {run.Packet} {run.Context}");
            differences.Expect(run.Program, run.Input, expected, Run(run));
        }

        differences.Assert();
    }

    private static string Load(Verdict verdict)
    {
        try
        {
            using LoadedObject live = KernelTables.OpenFor(verdict.File, verdict.Program).Load(Platform.Linux);
            return "accept";
        }
        catch (VerifierException e)
        {
            // One line that says why, and all that the verifier wrote.
            return e.Reason.Length > 0 && e.Log.Length > 0 && !e.Message.Contains('\n', StringComparison.Ordinal) ? e.Errno.ToString() : $"{e.Errno} without a reason: {e.Message}";
        }
        catch (BpfException e)
        {
            return e.Errno.ToString();
        }
    }

    private static string Run(RecordedRun run)
    {
        // "packet+context" where a program is given both.
        RunInput[] inputs = [.. run.Input.Split('+').Select(static n => KernelTables.Inputs[n])];
        byte[]? packet = inputs.FirstOrDefault(static i => i.IsPacket)?.Bytes;
        byte[]? context = inputs.FirstOrDefault(static i => !i.IsPacket)?.Bytes;
        try
        {
            using LoadedObject live = KernelTables.OpenFor(run.File, run.Program).Load(Platform.Linux);
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

    private static void RequireRecordedKernel()
    {
        Kernel.RequireTypes();
        uint running = KernelVersion.Running;
        Assert.SkipUnless(running >> 8 == KernelVersion.Number(6, 18, 0) >> 8, $"the tables are of Linux 6.18, this is {running >> 16}.{(running >> 8) & 0xff}");
    }
}
