using System.CommandLine;
using System.Text.Json;
using Ebpf.Tool.Output;
using Ebpf.Tool.Output.Html;
using Ebpf.Tool.Verdicts;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf verify</c>: each selected program's verdict. Runs nothing and keeps nothing.</summary>
internal static class VerifyCommand
{
    public static Command Create(TextWriter output, TextWriter errors)
    {
        var command = new Command(
            "verify", "Verify the selected programs one by one and say of each whether it is safe, and why not. Runs nothing, keeps nothing. -e, -s, -f, -n, -o, -C and -R are those of the kernel's veristat.");
        var selection = new SelectionOptions(command, takesSeveralFiles: true);
        var loading = new LoadOptionsBinder(command);
        var all = new Option<bool>("--all") { Description = "Also programs that start off: SEC(\"?...\")." };
        var jobs = new Option<int>("--jobs") { Description = "Programs verified at a time; by default as many as there are processors, but one on a kernel.", HelpName = "N" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Print the verifier's whole walk." };
        var html = new Option<string?>("--html") { Description = "Write a report: control-flow graphs, source beside instructions, states, the refused path. One file that needs no network.", HelpName = "FILE" };
        var statistics = new StatisticsOptions(command);
        var json = JsonOption.Create();
        foreach (Option option in (Option[])[all, jobs, verbose, html, json])
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            if (statistics.IsReplay(parsed))
                return statistics.Replay(parsed, selection.Files(parsed), output);
            Platform platform = loading.Platform(parsed);
            var run = new VerifyRun(
                file => selection.OpenSelected(parsed, file, parsed.GetValue(all)),
                platform,
                () =>
                {
                    LoadOptions options = loading.Bind(parsed, parsed.GetValue(verbose), traces: parsed.GetValue(html) is not null);
                    return obj =>
                    {
                        loading.Edit(obj, parsed);
                        return options;
                    };
                });
            foreach (string file in selection.Files(parsed))
                run.Add(file, statistics.Filter(parsed));
            int workers = parsed.GetValue(jobs) is > 0 and var n ? n : platform == Platform.Embedded ? Environment.ProcessorCount : 1;
            run.Execute(workers, Console.IsErrorRedirected ? null : errors);
            if (parsed.GetValue(html) is { } report)
                VerdictReport.Write(report, run.Files);
            if (parsed.GetValue(json))
                PrintJson(run.Files, output);
            else if (statistics.Wanted(parsed))
                statistics.Print(parsed, run.Files.SelectMany(static f => f.Verdicts.Select(v => VerdictRow.Of(f.File, v))), output);
            else
                Print(run.Files, parsed.GetValue(verbose), output);
            if (!parsed.GetValue(json))
            {
                foreach (ObjectVerdicts file in run.Files)
                {
                    if (file.Error is not null)
                        ErrorReport.WriteText(file.Error, errors);
                }
            }

            return run.Files.All(static f => f.Error is null && f.Verdicts.All(static v => v.IsAccepted)) ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    /// <summary>A document; of several files an array of them.</summary>
    private static void PrintJson(IReadOnlyList<ObjectVerdicts> files, TextWriter output)
    {
        if (files is [{ Error: { } error }])
            ErrorReport.WriteJson(error, output);
        else if (files.Count == 1)
            output.WriteLine(JsonSerializer.Serialize(Document(files[0]), DocumentContext.Readable.VerifyDocument));
        else
            output.WriteLine(JsonSerializer.Serialize([.. files.Select(Document)], DocumentContext.Readable.VerifyDocumentArray));
    }

    private static VerifyDocument Document(ObjectVerdicts file) => new(
        file.File, file.Error is null ? Documents.Name(file.Dialect) : null, [.. file.Verdicts.Select(Entry)], file.Error is null ? null : ErrorReport.Entry(file.Error));

    private static VerdictEntry Entry(ProgramVerdict v) => new(
        v.Program, v.SectionName, v.Type.Text(), v.IsAccepted, v.VerifiedInstructions, v.TotalStates, v.PeakStates, v.Duration.TotalMicroseconds,
        v.Error is null ? null : ErrorReport.Entry(v.Error));

    private static void Print(IReadOnlyList<ObjectVerdicts> files, bool verbose, TextWriter output)
    {
        TextTable table = new TextTable();
        if (files.Count > 1)
            table.Column("file");
        table.Column("program").Column("section").Column("type").Column("verdict").Column("verified", true).Column("states", true).Column("peak", true).Column("time", true);
        foreach (ObjectVerdicts file in files)
        {
            foreach (ProgramVerdict v in file.Verdicts)
            {
                string[] name = files.Count > 1 ? [file.File] : [];
                table.Row([
                    .. name, v.Program, v.SectionName, v.Type.Text(), v.IsAccepted ? "accepted" : "refused", Amounts.Count(v.VerifiedInstructions), Amounts.Count(v.TotalStates),
                    Amounts.Count(v.PeakStates), Amounts.Time(v.Duration.TotalMicroseconds)]);
            }
        }

        ProgramVerdict[] verdicts = [.. files.SelectMany(static f => f.Verdicts)];
        if (verdicts.Length > 0)
            table.Write(output);
        foreach (ProgramVerdict v in verdicts)
        {
            if (verbose)
                output.WriteLine($"{v.Program}:\n{v.Log}");
            // The embedded verifier's own log ends with the refusal.
            bool isTold = verbose && v.Error is VerifierException refused && v.Log.EndsWith(refused.Diagnosis, StringComparison.Ordinal);
            if (v.Error is not null && !isTold)
            {
                ErrorReport.WriteText(v.Error, output);
                output.WriteLine();
            }
        }

        int leftOut = files.Sum(static f => f.LeftOut);
        string hint = leftOut > 0 ? $" {Amounts.Of(leftOut, "program")} not looked at: off in the object or not selected (--all takes all)." : "";
        output.WriteLine($"{Amounts.Of(verdicts.Count(v => v.IsAccepted), "program")} accepted, {verdicts.Count(v => !v.IsAccepted)} refused.{hint}");
    }
}
