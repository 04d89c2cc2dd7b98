using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

/// <summary>The built program, started as a process of its own, and what it answered.</summary>
internal sealed record Tool(int ExitCode, string Output, string Error)
{
    private static readonly string Root = FindRoot();

    /// <summary>Standard output as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    public static Tool Run(params ReadOnlySpan<string> arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Ebpf.Tool" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Root };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Tool(process.ExitCode, output, error.Result);
    }

    /// <summary>A file of the repository, from its root.</summary>
    public static string File(string path) => Path.Combine(Root, path);

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(d.FullName, "Ebpf.slnx")))
                return d.FullName;
        }
        throw new InvalidOperationException("no Ebpf.slnx above " + AppContext.BaseDirectory);
    }
}
