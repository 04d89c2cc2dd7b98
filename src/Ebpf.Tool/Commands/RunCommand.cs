using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf run FILE NAME</c>: <c>load FILE --only NAME --run NAME</c>.</summary>
internal static class RunCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("run", "Load one program of an object and run it: load FILE --only NAME --run NAME.");
        var selection = new SelectionOptions(command, selectsPrograms: false);
        var name = new Argument<string>("NAME") { Description = "The program." };
        command.Arguments.Add(name);
        var loading = new LoadOptionsBinder(command);
        var execution = new RunOptionsBinder(command);
        var capture = new CaptureOptions(command);
        var dump = DumpOption.Create();
        var json = JsonOption.Create();
        command.Options.Add(dump);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.Open(parsed);
            string program = parsed.GetRequiredValue(name);
            SelectionOptions.Select(obj, program);
            if (capture.Input(parsed) is { } input)
            {
                new CaptureRun(obj, selection.File(parsed), parsed, loading, execution)
                {
                    Program = program,
                    Input = input,
                    Output = capture.Output(parsed),
                    Dump = parsed.GetValue(dump)!,
                    Json = parsed.GetValue(json),
                }.Execute(output);
                return ExitCode.Success;
            }

            new LoadRun(obj, selection.File(parsed), parsed, loading, execution)
            {
                RunProgram = program,
                Dump = parsed.GetValue(dump)!,
                Json = parsed.GetValue(json),
            }.Execute(output);
            return ExitCode.Success;
        });
        return command;
    }
}
