using System.CommandLine;
using Ebpf.Bytecode.Objects;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf disasm FILE [NAME]</c>: instructions as the file has them, below the source lines they come from.</summary>
internal static class DisasmCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("disasm", "Print a program's instructions below the source lines they come from; without NAME those of all functions.");
        var selection = new SelectionOptions(command, selectsPrograms: false);
        var name = new Argument<string?>("NAME") { Description = "The program or subprogram.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(name);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.Open(parsed);
            var listing = new Listing(obj.Image);
            foreach (FunctionImage function in Chosen(obj, parsed.GetValue(name)))
                listing.Write(function, output);
            return ExitCode.Success;
        });
        return command;
    }

    private static IEnumerable<FunctionImage> Chosen(BpfObject obj, string? name)
    {
        if (name is null)
            return obj.Image.Functions;
        FunctionImage? subprogram = obj.Image.Subprograms.FirstOrDefault(f => f.Name == name);
        return [subprogram ?? obj.Programs[name].Image];
    }
}
