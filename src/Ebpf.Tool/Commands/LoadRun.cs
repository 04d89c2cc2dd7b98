using System.CommandLine;
using System.Text.Json;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary>One load of a selection, the run after it, and the report on both.</summary>
internal sealed class LoadRun(BpfObject obj, string file, ParseResult parsed, LoadOptionsBinder loading, RunOptionsBinder execution)
{
    public string? RunProgram { get; init; }

    public required string[] Dump { get; init; }

    public bool Measure { get; init; }

    public bool Json { get; init; }

    public void Execute(TextWriter output)
    {
        CheckNames();
        loading.Edit(obj, parsed);
        LoadOptions options = loading.Bind(parsed);
        RunOptions runOptions = execution.Bind(parsed);

        using LoadedObject live = obj.Load(loading.Platform(parsed), options);
        loading.Fill(live, parsed);
        RunResult? run = RunProgram is null ? null : live.Programs[RunProgram].Run(runOptions);
        if (run is not null)
            execution.Keep(run, parsed);

        MeasureEntry? measured = Measure ? MeasureBoth(options) : null;
        LoadDocument document = Documents.Load(file, live, RunProgram, run, Dump, measured);
        if (Json)
            output.WriteLine(JsonSerializer.Serialize(document, DocumentContext.Readable.LoadDocument));
        else
            LoadTables.Write(document, live.Report, output);
    }

    /// <summary>Says what is wrong with a name before anything is loaded.</summary>
    private void CheckNames()
    {
        if (RunProgram is not null && !obj.Programs[RunProgram].AutoLoad)
            throw new UsageException($"--run {RunProgram}: that program is not selected; add --only {RunProgram}");
        foreach (string name in Dump)
            _ = obj.Maps[name];
    }

    /// <summary>The selection beside everything. The first load of a process compiles this library, so each is loaded before it is measured.</summary>
    private MeasureEntry MeasureBoth(LoadOptions options)
    {
        string[] selection = [.. obj.Programs.Where(p => p.AutoLoad).Select(p => p.Name)], all = [.. obj.Programs.Names];
        LoadOptions whole = options with { UnusedMaps = UnusedMaps.Create };
        Report(all, whole);
        TotalsEntry selected = Documents.Totals(Report(selection, options));
        return new MeasureEntry(selected, Documents.Totals(Report(all, whole)));
    }

    private LoadReport Report(string[] names, LoadOptions options)
    {
        SelectionOptions.Select(obj, names);
        using LoadedObject live = obj.Load(loading.Platform(parsed), options);
        return live.Report;
    }
}
