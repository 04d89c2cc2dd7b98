using System.Buffers.Binary;
using System.Globalization;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Tests.Oracle;

public sealed class CoreResultTests
{
    private const int Answers = 11;

    /// <summary>Where results are others, and why that is so.</summary>
    private static readonly Dictionary<(string File, string Program), string> Known = [];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach ((string target, string file) in KernelTables.CoreRuns.Select(static r => (r.Target, r.File)).Distinct())
            {
                pairs.Add(target, file);
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Programs_find_out_about_a_target_what_they_do_with_libbpf(string target, string file)
    {
        BtfView types = BpfObject.Open(TestData.Path(target)).Types!;
        var differences = new Differences(file, Known);
        foreach (CoreRun run in KernelTables.CoreRuns.Where(r => r.Target == target && r.File == file))
        {
            string expected = run is { Result: < 0, Answers: "-" } ? "refuses" : string.Create(CultureInfo.InvariantCulture, $"{run.Result} {run.Answers} {run.Changes}");
            differences.Expect(run.Program, target, expected, Ours(run, types, out string reason), reason);
        }

        differences.Assert();
    }

    private static string Ours(CoreRun run, BtfView types, out string reason)
    {
        reason = "";
        LoadedObject live;
        try
        {
            live = KernelTables.OpenFor(run.File, run.Program).Load(new LoadOptions { TargetBtf = types });
        }
        catch (BpfException e)
        {
            reason = e.Message;
            return "refuses";
        }

        using (live)
        {
            byte[] before = [.. Enumerable.Range(0, 512).Select(static i => (byte)((7 * i) + 3))];
            BpfMap? memory = live.Maps.FirstOrDefault(static m => m.Name == "memory");
            memory?.Update(BpfMap.Key(0), before);
            RunResult result = live.Programs[run.Program].Run();
            string answers = live.Maps.FirstOrDefault(static m => m.Name.EndsWith(".bss", StringComparison.Ordinal)) is { } bss
                ? string.Join(',', Numbers(bss.Lookup(BpfMap.Key(0))).Take(Answers))
                : "-";
            string changes = memory is null ? "" : string.Join(',', Changes(before, memory.Lookup(BpfMap.Key(0))));
            return string.Create(CultureInfo.InvariantCulture, $"{(int)result.ReturnValue} {answers} {(changes.Length == 0 ? "-" : changes)}");
        }
    }

    private static IEnumerable<string> Numbers(byte[] bytes) =>
        bytes.Chunk(sizeof(long)).Where(static c => c.Length == sizeof(long)).Select(static c => BinaryPrimitives.ReadInt64LittleEndian(c).ToString(CultureInfo.InvariantCulture));

    private static IEnumerable<string> Changes(byte[] before, byte[] after) =>
        Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i}:{after[i]:x2}"));
}
