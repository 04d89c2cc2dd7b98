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

    public void Execute(TextWriter output, TextWriter errors)
    {
        CheckNames();
        loading.Edit(obj, parsed);
        LoadOptions options = loading.Bind(parsed);
        RunOptions runOptions = execution.Bind(parsed);

        using LoadedObject live = obj.Load(LoadOptionsBinder.Platform, options);
        loading.Fill(live, parsed);
        RunResult? run = RunProgram is null ? null : live.Programs[RunProgram].Run(runOptions);
        if (run is not null)
            execution.Keep(run, parsed);

        LoadReport? everything = Measure ? LoadEverything(options) : null;
        LoadDocument document = Documents.Load(file, live, RunProgram, run, Dump, everything);
        if (Json)
            output.WriteLine(JsonSerializer.Serialize(document, DocumentContext.Default.LoadDocument));
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

    /// <summary>The same object with every program on, for comparison.</summary>
    private LoadReport LoadEverything(LoadOptions options)
    {
        foreach (BpfProgramSpec program in obj.Programs)
            program.AutoLoad = true;
        using LoadedObject all = obj.Load(LoadOptionsBinder.Platform, options with { UnusedMaps = UnusedMaps.Create });
        return all.Report;
    }
}
