using System.CommandLine;
using System.CommandLine.Parsing;
using Ebpf.Tool.Bpftool;
using Ebpf.Tool.Commands;
using Ebpf.Tool.Output;

namespace Ebpf.Tool;

/// <summary>The command line: its verbs, and the edge at which errors become one line and an exit code.</summary>
internal static class CommandLine
{
    private const string Epilogue = """

        What the kernel has loaded, as bpftool shows it: ebpf prog|map|link help.

        Exit codes: 0 done, 1 refused or failed, 2 wrong usage. With -j nothing but JSON goes to standard output, errors too.
        """;

    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (BpftoolCommandLine.Takes(args))
            return BpftoolCommandLine.Run(args, output, errors);
        var root = new RootCommand("Opens BPF objects, chooses what loads, verifies it and runs it." + Epilogue);
        root.Subcommands.Add(LoadCommand.Create(output));
        root.Subcommands.Add(RunCommand.Create(output));
        root.Subcommands.Add(VerifyCommand.Create(output, errors));
        root.Subcommands.Add(ShowCommand.Create(output));
        root.Subcommands.Add(ExplainCommand.Create(output));
        root.Subcommands.Add(DisasmCommand.Create(output));

        ParseResult parsed = root.Parse(args);
        bool json = args.Contains("-j") || args.Contains("--json");
        if (parsed.Errors.Count > 0)
            return Fail(new UsageException(parsed.Errors[0].Message), json, parsed.CommandResult.Command.Name, output, errors);
        try
        {
            var invocation = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
            return parsed.Invoke(invocation);
        }
        catch (Exception e) when (e is BpfException or UsageException or IOException or UnauthorizedAccessException)
        {
            return Fail(e, json, parsed.CommandResult.Command.Name, output, errors);
        }
    }

    private static int Fail(Exception error, bool json, string verb, TextWriter output, TextWriter errors)
    {
        if (json)
            ErrorReport.WriteJson(error, output);
        else
            ErrorReport.WriteText(error, errors);
        if (error is not UsageException)
            return ExitCode.Failure;
        if (!json)
            errors.WriteLine($"Try 'ebpf {(verb is "Ebpf.Tool" ? "" : verb + " ")}--help'.");
        return ExitCode.Usage;
    }
}
