namespace Ebpf.Tool.Output;

/// <summary>What <c>load</c> and <c>run</c> print for people.</summary>
internal static class LoadTables
{
    public static void Write(LoadDocument document, LoadReport report, TextWriter output)
    {
        output.WriteLine($"{document.File}: {Amounts.Of(document.Programs.Count, "program")}, {Amounts.Of(document.Maps.Count, "map")}, dialect {document.Dialect}, platform {document.Platform}");
        output.WriteLine();
        WritePrograms(document.Programs, output);
        WriteMaps(document.Maps, document.Platform, output);
        WriteTotals(document.Totals, report, output);
        if (document.Measure is { } measure)
            WriteMeasure(measure, output);
        if (document.Run is { } run)
            WriteRun(run, output);
        foreach ((string map, IReadOnlyList<ElementEntry> elements) in document.Dump)
            WriteDump(map, elements, output);
    }

    private static void WritePrograms(IReadOnlyList<ProgramEntry> programs, TextWriter output)
    {
        if (programs.Count == 0)
            return;
        TextTable table = new TextTable().Column("program").Column("section").Column("type").Column("autoload").Column("verdict")
            .Column("insns", true).Column("verified", true).Column("verify", true);
        bool hasXlated = programs.Any(static p => p.XlatedBytes is not null);
        if (hasXlated)
            table.Column("xlated", true);
        table.Column("jited", true).Column("memory", true).Column("fd", true);
        foreach (ProgramEntry p in programs)
        {
            string autoload = p.Autoload ? "yes" : "no";
            List<string> cells = p.Loaded
                ? [p.Name, p.Section, p.Type, autoload, "loaded", Amounts.Count(p.Insns), Amounts.Count(p.VerifiedInsns), Amounts.Time(p.VerifyUs), Amounts.Bytes(p.JitedBytes), Amounts.Bytes(p.MemoryBytes), p.Fd?.ToString() ?? "-"]
                : [p.Name, p.Section, p.Type, autoload, "skipped", Amounts.Count(p.Insns), "-", "-", "-", "-", "-"];
            if (hasXlated)
                cells.Insert(8, p.Loaded ? Amounts.Bytes(p.XlatedBytes) : "-");
            table.Row([.. cells]);
        }
        table.Write(output);
    }

    private static void WriteMaps(IReadOnlyList<MapEntry> maps, string platform, TextWriter output)
    {
        if (maps.Count == 0)
            return;
        TextTable table = new TextTable().Column("map").Column("type").Column("key", true).Column("value", true).Column("max entries", true).Column("memory", true);
        // Embedded descriptors stand for maps; a kernel's are the maps.
        bool hasFds = platform == "linux";
        if (hasFds)
            table.Column("fd", true);
        foreach (MapEntry m in maps)
        {
            List<string> cells = [m.Name, m.Type, m.KeySize.ToString(), m.ValueSize.ToString(), Amounts.Count(m.MaxEntries), m.Created ? Amounts.Bytes(m.MemoryBytes) : "not created"];
            if (hasFds)
                cells.Add(m.Fd?.ToString() ?? "-");
            table.Row([.. cells]);
        }
        table.Write(output);
    }

    private static void WriteTotals(TotalsEntry totals, LoadReport report, TextWriter output)
    {
        output.WriteLine($"Loaded {Amounts.Of(totals.Loaded, "program")} in {Amounts.Time(totals.LoadUs)}: {Amounts.Of(totals.VerifiedInsns, "instruction")} verified, {Amounts.Bytes(totals.MemoryBytes)} held.");
        if (totals.Skipped > 0 || report.SkippedMaps > 0)
        {
            string maps = report.SkippedMaps > 0 ? $", and {Amounts.Of(report.SkippedMaps, "map")} of {Amounts.Bytes(report.SkippedMapBytes)}" : "";
            output.WriteLine($"Skipped {Amounts.Of(totals.Skipped, "program")} of {Amounts.Of(report.SkippedInstructions, "instruction")}{maps}: nothing of them was verified or kept.");
        }
    }

    private static void WriteMeasure(MeasureEntry measure, TextWriter output)
    {
        output.WriteLine();
        TextTable table = new TextTable().Column("").Column("selected", true).Column("everything", true).Column("ratio", true);
        Row("programs", Amounts.Count, measure.Selected.Loaded, measure.All.Loaded);
        Row("verified instructions", Amounts.Count, measure.Selected.VerifiedInsns, measure.All.VerifiedInsns);
        Row("load time", v => Amounts.Time(v), (long)measure.Selected.LoadUs, (long)measure.All.LoadUs);
        Row("memory", Amounts.Bytes, measure.Selected.MemoryBytes, measure.All.MemoryBytes);
        table.Write(output);

        void Row(string what, Func<long?, string> format, long selected, long all) =>
            table.Row(what, format(selected), format(all), all == 0 ? "-" : (selected / (double)all).ToString("0.000"));
    }

    private static void WriteRun(RunEntry run, TextWriter output)
    {
        output.WriteLine();
        string repeated = run.Repeat == 1 ? "" : $" on average over {Amounts.Count(run.Repeat)} runs";
        string signed = run.Retval > int.MaxValue ? $" ({(int)(uint)run.Retval})" : "";
        output.WriteLine($"{run.Program} returned {run.Retval}{signed} in {Amounts.Time(run.DurationNs / 1000.0)}{repeated}.");
        foreach (string line in run.Printk)
            output.WriteLine("  printk: " + line);
    }

    public static void WriteDump(string map, IReadOnlyList<ElementEntry> elements, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{map}: {Amounts.Of(elements.Count, "element")}");
        foreach (ElementEntry element in elements)
            output.WriteLine(element.Key is null ? "  " + Text(element.Value) : $"  {Text(element.Key)}: {Text(element.Value)}");
    }

    private static string Text(System.Text.Json.Nodes.JsonNode? node) => node?.ToJsonString() ?? "null";
}
