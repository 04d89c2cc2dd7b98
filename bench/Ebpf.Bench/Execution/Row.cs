using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ebpf.Bench.Execution;

/// <summary>One line of the table: our time and a peer's, in nanoseconds unless the work says otherwise, and the ratio that is aimed at.</summary>
internal sealed record Row(string Work, double Ours, double? Peer, double? Target)
{
    public double? Ratio => Ours / Peer;

    public static void Print(IReadOnlyList<Row> rows, bool asJson)
    {
        if (asJson)
        {
            var array = new JsonArray([.. rows.Select(static row => (JsonNode)new JsonObject
            {
                ["work"] = row.Work,
                ["ours"] = Math.Round(row.Ours, 2),
                ["peer"] = Round(row.Peer),
                ["ratio"] = Round(row.Ratio),
                ["target"] = row.Target,
            })]);
            Console.WriteLine(new JsonObject { ["rows"] = array }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return;
        }

        Console.WriteLine("| work | ours | peer | ratio | target |");
        Console.WriteLine("| --- | --: | --: | --: | --: |");
        foreach (Row row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {row.Work} | {row.Ours:0.##} | {row.Peer:0.##} | {row.Ratio:0.00} | {(row.Target is { } target ? $"≤ {target:0.00}" : "")} |"));
        }
    }

    /// <summary>The geometric mean of some ratios.</summary>
    public static double GeometricMean(IEnumerable<double> ratios)
    {
        double[] all = [.. ratios];
        return Math.Exp(all.Sum(Math.Log) / all.Length);
    }

    private static JsonNode? Round(double? value) => value is { } number ? JsonValue.Create(Math.Round(number, 3)) : null;
}
