using System.CommandLine;
using System.Reflection;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf explain ID</c>: the page on a rule of the verifier.</summary>
internal static class ExplainCommand
{
    private const string Prefix = "errors/", Suffix = ".md", Index = "README";

    public static Command Create(TextWriter output)
    {
        var command = new Command("explain", "Print what a rule of the verifier says, its usual cause and the cure. Without ID, list the rules.");
        var id = new Argument<string?>("ID") { Description = "The rule's id, as a refusal prints it: packet-access.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(id);
        command.SetAction(parsed =>
        {
            output.WriteLine(Page(parsed.GetValue(id)));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Page(string? id)
    {
        Assembly tool = typeof(ExplainCommand).Assembly;
        string[] ids = [.. tool.GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(static n => n[Prefix.Length..^Suffix.Length]).Where(static n => n != Index).Order(StringComparer.Ordinal)];
        if (id is null)
            return string.Join('\n', ids);
        if (!ids.Contains(id))
            throw new UsageException($"there is no rule '{id}'; 'ebpf explain' lists them");
        using Stream page = tool.GetManifestResourceStream(Prefix + id + Suffix)!;
        using var reader = new StreamReader(page);
        return reader.ReadToEnd().TrimEnd();
    }
}
