using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf load</c>: opens an object, loads the selected programs, and runs one of them.</summary>
internal static class LoadCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("load", "Open an object, load the selected programs, show what that took; optionally run one of them.");
        var selection = new SelectionOptions(command);
        var loading = new LoadOptionsBinder(command);
        var run = new Option<string?>("--run") { Description = "Run this program after loading.", HelpName = "NAME" };
        command.Options.Add(run);
        var execution = new RunOptionsBinder(command);
        var dump = DumpOption.Create();
        var measure = new Option<bool>("--measure") { Description = "Also load everything, and print both side by side." };
        var json = JsonOption.Create();
        command.Options.Add(dump);
        command.Options.Add(measure);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.OpenSelected(parsed);
            new LoadRun(obj, selection.File(parsed), parsed, loading, execution)
            {
                RunProgram = parsed.GetValue(run),
                Dump = parsed.GetValue(dump)!,
                Measure = parsed.GetValue(measure),
                Json = parsed.GetValue(json),
            }.Execute(output);
            return ExitCode.Success;
        });
        return command;
    }
}
