using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary>FILE, <c>--only</c>, <c>--skip</c>: which object, and which of its programs.</summary>
internal sealed class SelectionOptions
{
    private readonly Argument<string> _file = new("FILE") { Description = "The BPF object file, as clang -target bpf makes it." };

    private readonly Option<string[]> _only = new("--only") { Description = "Load only this program; can be given several times.", HelpName = "NAME", DefaultValueFactory = _ => [] };

    private readonly Option<string[]> _skip = new("--skip") { Description = "Load all programs but this one; can be given several times.", HelpName = "NAME", DefaultValueFactory = _ => [] };

    private readonly Option<bool> _strict = new("--strict") { Description = "Refuse at opening exactly what libbpf 1.8 refuses." };

    public SelectionOptions(Command command, bool selectsPrograms = true)
    {
        command.Arguments.Add(_file);
        if (selectsPrograms)
        {
            command.Options.Add(_only);
            command.Options.Add(_skip);
        }
        command.Options.Add(_strict);
    }

    public string File(ParseResult parsed) => parsed.GetRequiredValue(_file);

    /// <summary>Opens the object as it is, every program in its default state.</summary>
    public BpfObject Open(ParseResult parsed) =>
        BpfObject.Open(File(parsed), new OpenOptions { Strictness = parsed.GetValue(_strict) ? ObjectStrictness.Libbpf : ObjectStrictness.Default });

    /// <summary>Opens the object and switches programs on and off as the command line says.</summary>
    public BpfObject OpenSelected(ParseResult parsed)
    {
        string[] only = parsed.GetValue(_only)!, skip = parsed.GetValue(_skip)!;
        BpfObject obj = Open(parsed);
        if (only.Length > 0)
            Select(obj, only);
        foreach (string name in skip)
            obj.Programs[name].AutoLoad = false;
        return obj;
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
