using System.CommandLine;
using System.Text.Json;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf show</c>: what is in an object, without loading anything.</summary>
internal static class ShowCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("show", "Show what is in an object: programs, maps, variables, externs, sections, types. Loads nothing.");
        var selection = new SelectionOptions(command, selectsPrograms: false);
        var json = JsonOption.Create();
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.Open(parsed);
            ShowDocument document = Documents.Show(selection.File(parsed), obj);
            if (parsed.GetValue(json))
                output.WriteLine(JsonSerializer.Serialize(document, DocumentContext.Readable.ShowDocument));
            else
                ShowTables.Write(document, obj, output);
            return ExitCode.Success;
        });
        return command;
    }
}
