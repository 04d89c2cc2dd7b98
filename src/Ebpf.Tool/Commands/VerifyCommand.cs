using System.CommandLine;
using System.Text.Json;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf verify</c>: each selected program's verdict. Runs nothing and keeps nothing.</summary>
internal static class VerifyCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("verify", "Verify the selected programs one by one and say of each whether it is safe, and why not. Runs nothing, keeps nothing.");
        var selection = new SelectionOptions(command);
        var loading = new LoadOptionsBinder(command);
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Print the verifier's whole walk." };
        var json = JsonOption.Create();
        command.Options.Add(verbose);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.OpenSelected(parsed);
            loading.Edit(obj, parsed);
            IReadOnlyList<ProgramVerdict> verdicts = obj.Verify(loading.Platform(parsed), loading.Bind(parsed, parsed.GetValue(verbose)));
            if (parsed.GetValue(json))
            {
                var document = new VerifyDocument(selection.File(parsed), Documents.Name(obj.Dialect), [.. verdicts.Select(Entry)]);
                output.WriteLine(JsonSerializer.Serialize(document, DocumentContext.Readable.VerifyDocument));
            }
            else
            {
                Print(verdicts, parsed.GetValue(verbose), output);
            }
            return verdicts.All(v => v.IsAccepted) ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static VerdictEntry Entry(ProgramVerdict v) => new(
        v.Program, v.SectionName, v.Type.Text(), v.IsAccepted, v.VerifiedInstructions, v.TotalStates, v.PeakStates, v.Duration.TotalMicroseconds,
        v.Error is null ? null : ErrorReport.Entry(v.Error));

    private static void Print(IReadOnlyList<ProgramVerdict> verdicts, bool verbose, TextWriter output)
    {
        TextTable table = new TextTable().Column("program").Column("section").Column("type").Column("verdict").Column("verified", true).Column("states", true).Column("peak", true).Column("time", true);
        foreach (ProgramVerdict v in verdicts)
            table.Row(v.Program, v.SectionName, v.Type.Text(), v.IsAccepted ? "accepted" : "refused", Amounts.Count(v.VerifiedInstructions), Amounts.Count(v.TotalStates), Amounts.Count(v.PeakStates), Amounts.Time(v.Duration.TotalMicroseconds));
        if (verdicts.Count > 0)
            table.Write(output);
        foreach (ProgramVerdict v in verdicts)
        {
            if (v.Error is not null)
                ErrorReport.WriteText(v.Error, output);
            if (verbose && v.IsAccepted)
                output.WriteLine($"{v.Program}:\n{v.Log}");
        }
        output.WriteLine($"{Amounts.Of(verdicts.Count(v => v.IsAccepted), "program")} accepted, {verdicts.Count(v => !v.IsAccepted)} refused.");
    }
}
