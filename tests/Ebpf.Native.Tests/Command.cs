using System.Diagnostics;

namespace Ebpf.Native.Tests;

/// <summary>A program that was started, and what it answered.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    /// <summary>Runs a program to its end; kills it when it takes too long.</summary>
    /// <param name="environment">Variables that it gets beside those of this process.</param>
    /// <param name="program">Its path, or a name on PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Command Run(IReadOnlyDictionary<string, string> environment, string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository.Root };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }

        return new Command(process.ExitCode, output.Result, error.Result);
    }

    public static Command Run(string program, params ReadOnlySpan<string> arguments) => Run(new Dictionary<string, string>(), program, arguments);

    /// <summary>Whether there is a program of that name.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));
}
