namespace Ebpf.Tool.Bpftool;

/// <summary>Options of bpftool, and the words between them.</summary>
internal sealed record BpftoolOptions
{
    /// <summary><c>-j</c>: JSON, on standard output, errors too.</summary>
    public bool Json { get; private init; }

    /// <summary><c>-p</c>: JSON with line breaks.</summary>
    public bool Pretty { get; private init; }

    /// <summary><c>-f</c>: with the paths under which things are pinned.</summary>
    public bool ShowPinned { get; private init; }

    /// <summary>All that is no option.</summary>
    public IReadOnlyList<string> Words { get; private init; } = [];

    public static bool IsJson(string[] args) => args.Any(static a => a is "-j" or "--json" or "-p" or "--pretty" or "-jp" or "-pj");

    public static bool IsPretty(string[] args) => args.Any(static a => a is "-p" or "--pretty" or "-jp" or "-pj");

    /// <remarks>getopt_long with "VhpjfLmndSi:k:B:l": options may be joined, and stand anywhere before "--".</remarks>
    public static BpftoolOptions Parse(string[] args)
    {
        var options = new BpftoolOptions();
        var words = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            string arg = args[i];
            if (arg == "--")
            {
                words.AddRange(args[(i + 1)..]);
                break;
            }

            if (!arg.StartsWith('-') || arg.Length == 1)
                words.Add(arg);
            else if (arg.StartsWith("--", StringComparison.Ordinal))
                options = options.With(Long(arg), arg);
            else
                options = arg[1..].Aggregate(options, (so, letter) => so.With(letter, arg));
        }

        return options with { Words = words };
    }

    private static char Long(string arg)
    {
        (string Name, char Letter)[] all = [("json", 'j'), ("pretty", 'p'), ("bpffs", 'f'), ("mapcompat", 'm'), ("nomount", 'n'), ("debug", 'd'), ("legacy", 'l'), ("use-loader", 'L')];
        return all.FirstOrDefault(o => o.Name == arg[2..] || (arg.Length > 2 && o.Name.StartsWith(arg[2..], StringComparison.Ordinal))).Letter;
    }

    private BpftoolOptions With(char letter, string arg) => letter switch
    {
        'j' => this with { Json = true },
        'p' => this with { Json = true, Pretty = true },
        'f' => this with { ShowPinned = true },
        // Of loading, which is `ebpf load` here: they change nothing of what is shown.
        'm' or 'n' or 'd' or 'l' or 'L' => this,
        _ => throw new BpftoolException($"unrecognized option '{arg}'"),
    };
}

/// <summary>What all commands are given.</summary>
internal sealed class BpftoolContext
{
    public required BpftoolOptions Options { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Errors { get; init; }

    /// <summary>Where JSON goes; null for plain output.</summary>
    public required JsonStream? Json { get; init; }
}
