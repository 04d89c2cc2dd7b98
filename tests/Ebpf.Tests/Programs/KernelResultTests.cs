namespace Ebpf.Tests.Programs;

/// <summary>Every runnable program of the test data gives on the embedded platform what Linux gave (tests/testdata/kernel-results.tsv).</summary>
public sealed class KernelResultTests
{
    public static TheoryData<string> Objects => [.. Rows().Select(static r => r.Object).Distinct()];

    [Theory]
    [MemberData(nameof(Objects))]
    public void Programs_answer_what_Linux_answered(string name)
    {
        Dictionary<string, (string Kind, byte[] Bytes)> inputs = Inputs();
        var wrong = new List<string>();
        var missing = new SortedSet<string>();
        var refused = new HashSet<string>();
        int compared = 0;
        foreach (Row row in Rows().Where(r => r.Object == name))
        {
            if (refused.Contains(row.Program))
            {
                continue;
            }

            BpfObject obj = BpfObject.Open(TestData.Path(name));
            bool isChained = obj.Maps.Any(static m => m.Type == MapType.ProgArray && m.Slots.Count > 0);
            obj.Only(isChained ? [.. obj.Programs.Names] : [row.Program]);
            try
            {
                using LoadedObject live = obj.Load(new LoadOptions { UnusedMaps = UnusedMaps.Skip });
                byte[]? packet = row.Inputs.Select(i => inputs[i]).FirstOrDefault(static i => i.Kind == "packet").Bytes;
                byte[]? context = row.Inputs.Select(i => inputs[i]).FirstOrDefault(static i => i.Kind != "packet").Bytes;
                RunResult result = live.Programs[row.Program].Run(new RunOptions { Data = packet is null ? null : (ReadOnlyMemory<byte>?)packet, Context = context });
                compared++;
                if (row.Differs(result, packet) is { } difference)
                {
                    wrong.Add($"{row.Program}({row.Input}): {difference}");
                }
            }
            catch (VerifierException)
            {
                // Which programs are accepted is compared with the kernel in Ebpf.Verifier.Tests.
                refused.Add(row.Program);
            }
            catch (BpfException e)
            {
                missing.Add($"{row.Program}: {e.Errno} {e.Message}");
            }
        }

        Assert.True(compared > 0 || refused.Count > 0, $"{name}: nothing was run");
        Assert.True(wrong.Count == 0, $"{name}: {wrong.Count} of {compared} differ:\n{string.Join('\n', wrong)}");
        Assert.True(missing.Count == 0, $"{name}: not run:\n{string.Join('\n', missing)}");
    }

    private static Dictionary<string, (string Kind, byte[] Bytes)> Inputs() =>
        Lines("inputs.tsv").ToDictionary(static f => f[0], static f => (f[1], Convert.FromHexString(f[2])));

    private static IEnumerable<Row> Rows() => Lines("kernel-results.tsv").Select(static f => new Row(f[0], f[1], f[2], f[3], f[4], f[5]));

    private static IEnumerable<string[]> Lines(string file) =>
        File.ReadLines(TestData.Path(file)).Where(static line => line.Length > 0 && line[0] != '#').Select(static line => line.Split('\t'));

    private sealed record Row(string Object, string Program, string Input, string Result, string Packet, string Context)
    {
        /// <summary>A packet, a context, or a packet and a context.</summary>
        public string[] Inputs => Input.Split('+');

        /// <summary>How a run differs from the recorded one; null where it does not.</summary>
        public string? Differs(RunResult result, byte[]? input)
        {
            string packet = Packet switch { "-" => "", "=" => Convert.ToHexStringLower(input ?? []), _ => Packet };
            return result.ReturnValue.ToString(System.Globalization.CultureInfo.InvariantCulture) != Result && ((int)result.ReturnValue).ToString(System.Globalization.CultureInfo.InvariantCulture) != Result
                ? $"result {(int)result.ReturnValue}, on Linux {Result}"
                : packet.Length != 0 && Convert.ToHexStringLower(result.Data.Span) is var data && data != packet
                ? $"packet {data}, on Linux {packet}"
                : Context != "-" && Convert.ToHexStringLower(result.Context.Span) is var context && !context.StartsWith(Context, StringComparison.Ordinal)
                ? $"context {context}, on Linux {Context}"
                : null;
        }
    }
}
