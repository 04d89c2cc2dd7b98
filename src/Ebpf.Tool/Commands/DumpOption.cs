using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary><c>--dump</c>, the same on every verb that runs a program.</summary>
internal static class DumpOption
{
    public static Option<string[]> Create() => new("--dump")
    {
        Description = "Print the elements of this map at the end; can be given several times.",
        HelpName = "MAP",
        DefaultValueFactory = _ => [],
    };
}
