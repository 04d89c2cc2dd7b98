using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary>FILE, <c>--only</c>, <c>--skip</c>: which object, and which of its programs.</summary>
internal sealed class SelectionOptions
{
    private readonly Argument<string> _file = new("FILE") { Description = "The BPF object file, as clang -target bpf makes it." };

    private readonly Argument<string[]> _files = new("FILE") { Description = "BPF object files, as clang -target bpf makes them.", Arity = ArgumentArity.OneOrMore };

    private readonly Option<string[]> _only = new("--only") { Description = "Load only this program; can be given several times.", HelpName = "NAME", DefaultValueFactory = _ => [] };

    private readonly Option<string[]> _skip = new("--skip") { Description = "Load all programs but this one; can be given several times.", HelpName = "NAME", DefaultValueFactory = _ => [] };

    private readonly Option<bool> _strict = new("--strict") { Description = "Refuse at opening exactly what libbpf 1.8 refuses." };

    public SelectionOptions(Command command, bool selectsPrograms = true, bool takesSeveralFiles = false)
    {
        command.Arguments.Add(takesSeveralFiles ? _files : _file);
        if (selectsPrograms)
        {
            command.Options.Add(_only);
            command.Options.Add(_skip);
        }
        command.Options.Add(_strict);
    }

    public string File(ParseResult parsed) => parsed.GetRequiredValue(_file);

    public string[] Files(ParseResult parsed) => parsed.GetRequiredValue(_files);

    /// <summary>Opens the object as it is, every program in its default state.</summary>
    public BpfObject Open(ParseResult parsed) => Open(parsed, File(parsed));

    /// <summary>Opens the object and switches programs on and off as the command line says.</summary>
    public BpfObject OpenSelected(ParseResult parsed)
    {
        BpfObject obj = Open(parsed);
        Choose(obj, parsed, startsWithAll: false);
        return obj;
    }

    /// <summary>Opens one of several objects and switches programs on and off as the command line says; a name need not be in every object.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="file">Which object.</param>
    /// <param name="startsWithAll">Whether programs that start off are switched on first.</param>
    public BpfObject OpenSelected(ParseResult parsed, string file, bool startsWithAll)
    {
        BpfObject obj = Open(parsed, file);
        if (Files(parsed).Length == 1)
        {
            Choose(obj, parsed, startsWithAll);
            return obj;
        }

        string[] only = parsed.GetValue(_only)!, skip = parsed.GetValue(_skip)!;
        foreach (BpfProgramSpec program in obj.Programs)
            program.AutoLoad = (only.Length > 0 ? only.Contains(program.Name) : startsWithAll || program.AutoLoad) && !skip.Contains(program.Name);
        return obj;
    }

    private BpfObject Open(ParseResult parsed, string file) =>
        BpfObject.Open(file, new OpenOptions { Strictness = parsed.GetValue(_strict) ? ObjectStrictness.Libbpf : ObjectStrictness.Default });

    private void Choose(BpfObject obj, ParseResult parsed, bool startsWithAll)
    {
        string[] only = parsed.GetValue(_only)!, skip = parsed.GetValue(_skip)!;
        if (only.Length > 0)
            Select(obj, only);
        else if (startsWithAll)
            Select(obj, [.. obj.Programs.Select(static p => p.Name)]);
        foreach (string name in skip)
            obj.Programs[name].AutoLoad = false;
    }

    /// <summary>Switches on the named programs and off all others.</summary>
    public static void Select(BpfObject obj, params ReadOnlySpan<string> names)
    {
        foreach (BpfProgramSpec program in obj.Programs)
            program.AutoLoad = false;
        foreach (string name in names)
            obj.Programs[name].AutoLoad = true;
    }
}
