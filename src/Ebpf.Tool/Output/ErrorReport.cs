using System.Text.Json;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Tool.Output;

/// <summary>An error as the user sees it: a line and the log's end on standard error, or the error object on standard output.</summary>
internal static class ErrorReport
{
    private const int LogLinesShown = 40;

    public static void WriteText(Exception error, TextWriter errors)
    {
        if (error is VerifierException refused)
        {
            errors.WriteLine($"ebpf: program '{refused.Program}' is refused");
            foreach (string line in refused.Diagnosis.TrimEnd('\n').Split('\n'))
                errors.WriteLine("  " + line);
            return;
        }

        errors.WriteLine($"ebpf: {error.Message}");
        if (error is BpfException { Log.Length: > 0 } failed)
            WriteLogEnd(failed.Log, errors);
    }

    public static void WriteJson(Exception error, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(new ErrorDocument(Entry(error)), DocumentContext.Readable.ErrorDocument));

    public static ErrorEntry Entry(Exception error)
    {
        var refused = error as VerifierException;
        var bpf = error as BpfException;
        int? errno = bpf is null || bpf.Errno == Errno.None ? null : (int)bpf.Errno;
        StepEntry[]? path = refused is null ? null : [.. refused.CausalPath.Select(static s => new StepEntry(s.Instruction, s.Text, RuleId.KebabCase(s.Kind.ToString()), Line(s.Source)))];
        return new ErrorEntry(
            error.Message, errno, bpf?.Program, refused?.Rule, refused?.Reason, refused?.Instruction, Line(refused?.SourceLine), path, refused?.Suggestion, bpf is { Log.Length: > 0 } ? bpf.Log : null);
    }

    private static LineEntry? Line(LineSpec? source) => source is { } line ? new LineEntry(line.FileName, line.Line, line.Column, line.Text.Trim()) : null;

    private static void WriteLogEnd(string log, TextWriter errors)
    {
        string[] lines = log.TrimEnd('\n').Split('\n');
        if (lines.Length > LogLinesShown)
            errors.WriteLine($"  … {lines.Length - LogLinesShown} lines before; 'ebpf verify -v' prints them all");
        foreach (string line in lines.TakeLast(LogLinesShown))
            errors.WriteLine("  " + line);
    }
}
