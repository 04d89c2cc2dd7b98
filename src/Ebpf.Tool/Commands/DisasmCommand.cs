using System.CommandLine;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Embedded;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf disasm FILE [NAME] [--jited]</c>: instructions as the file has them, below the source lines they come from; or loaded, with the machine code.</summary>
internal static class DisasmCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("disasm", "Print a program's instructions below the source lines they come from; without NAME those of all functions.");
        var selection = new SelectionOptions(command, selectsPrograms: false);
        var name = new Argument<string?>("NAME") { Description = "The program or subprogram.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(name);
        var jited = new Option<bool>("--jited") { Description = "Load the programs, and print their machine code beside the instructions and the source." };
        command.Options.Add(jited);
        command.SetAction(parsed =>
        {
            BpfObject obj = selection.Open(parsed);
            if (parsed.GetValue(jited))
            {
                WriteMachineCode(obj, parsed.GetValue(name), output);
                return ExitCode.Success;
            }

            var listing = new Listing(obj.Image);
            foreach (FunctionImage function in Chosen(obj, parsed.GetValue(name)))
                listing.Write(function, output);
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteMachineCode(BpfObject obj, string? name, TextWriter output)
    {
        if (name is not null)
            SelectionOptions.Select(obj, name);
        using var platform = new EmbeddedPlatform();
        using LoadedObject live = obj.Load(new Platform(platform), new LoadOptions { UnusedMaps = UnusedMaps.Skip });
        foreach (BpfProgram program in live.Programs)
            MachineCodeListing.Write(((EmbeddedProgramHandle)program.Handle).Program, output);
    }

    private static IEnumerable<FunctionImage> Chosen(BpfObject obj, string? name)
    {
        if (name is null)
            return obj.Image.Functions;
        FunctionImage? subprogram = obj.Image.Subprograms.FirstOrDefault(f => f.Name == name);
        return [subprogram ?? obj.Programs[name].Image];
    }
}
