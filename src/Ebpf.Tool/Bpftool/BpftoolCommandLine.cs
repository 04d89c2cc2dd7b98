using System.Runtime.InteropServices;

namespace Ebpf.Tool.Bpftool;

/// <summary>
/// The verbs that bpftool has, as it has them: <c>ebpf prog|map|link …</c> with its grammar, plain and JSON output, error texts and exit codes, so
/// that scripts written for it go on working.
/// </summary>
/// <remarks>main.c of bpftool: objects and commands may be abbreviated, the first in the table that fits is meant; options stand anywhere.</remarks>
internal static class BpftoolCommandLine
{
    private static readonly string[] s_objects = ["prog", "map", "link"];

    /// <summary>Whether these arguments are for here.</summary>
    public static bool Takes(string[] args) => args.FirstOrDefault(static a => !a.StartsWith('-')) is { } word && Select(word) is not null;

    /// <summary>Does what they say, and answers the exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        BpftoolOptions options;
        try
        {
            options = BpftoolOptions.Parse(args);
        }
        catch (BpftoolException e)
        {
            // As bpftool: what is wrong with the options is told as they say so far.
            return Fail(e, BpftoolOptions.IsJson(args) ? new JsonStream(output, BpftoolOptions.IsPretty(args)) : null, errors);
        }

        JsonStream? json = options.Json ? new JsonStream(output, options.Pretty) : null;
        var context = new BpftoolContext { Options = options, Output = output, Errors = errors, Json = json };
        try
        {
            if (!OperatingSystem.IsLinux())
                throw new BpftoolException("what the kernel has loaded can be seen on Linux only");
            int code = Dispatch(context);
            json?.End();
            return code;
        }
        catch (BpftoolException e)
        {
            return Fail(e, json, errors);
        }
        catch (Exception e) when (e is BpfException or IOException or UnauthorizedAccessException)
        {
            return Fail(new BpftoolException(e.Message), json, errors);
        }
    }

    /// <summary>The kernel's words for an error.</summary>
    public static string Text(Errno errno) => Marshal.GetPInvokeErrorMessage((int)errno);

    private static int Dispatch(BpftoolContext context)
    {
        var arguments = new Arguments(context.Options.Words);
        string name = Select(arguments.Next())!;
        (string usage, (string Name, Func<Arguments, int> Run)[] commands) = name switch
        {
            "prog" => (ProgCommands.Usage, new ProgCommands(context).Table),
            "map" => (MapCommands.Usage, new MapCommands(context).Table),
            _ => (LinkCommands.Usage, new LinkCommands(context).Table),
        };
        if (arguments.IsAtEnd)
            return commands[0].Run(arguments);
        string word = arguments.Next();
        if ("help".StartsWith(word, StringComparison.Ordinal) && !commands.Any(c => c.Name.StartsWith(word, StringComparison.Ordinal)))
            return Help(context, usage, 0);
        foreach ((string command, Func<Arguments, int> run) in commands)
        {
            if (command.StartsWith(word, StringComparison.Ordinal))
                return run(arguments);
        }

        return Help(context, usage, ExitCodes.Failure);
    }

    private static int Help(BpftoolContext context, string usage, int code)
    {
        if (context.Json is { } json)
            json.Null();
        else
            context.Errors.WriteLine(usage);
        return code;
    }

    private static string? Select(string word) => s_objects.FirstOrDefault(o => o.StartsWith(word, StringComparison.Ordinal));

    private static int Fail(BpftoolException error, JsonStream? json, TextWriter errors)
    {
        if (error.Usage is { } usage)
        {
            if (json is null)
                errors.WriteLine(usage);
            else
                json.Null();
        }
        else if (json is not null)
        {
            json.Error(error.Message);
        }
        else
        {
            errors.WriteLine($"Error: {error.Message}");
        }

        json?.End();
        return error.ExitCode;
    }
}
