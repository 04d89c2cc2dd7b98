using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary><c>-j</c>, the same on every verb.</summary>
internal static class JsonOption
{
    public static Option<bool> Create() => new("--json", "-j") { Description = "Print JSON, and nothing else, on standard output." };
}
