using System.Text.Json;

namespace Ebpf.Tool.Output;

/// <summary>An error as the user sees it: a line and the log's end on standard error, or the error object on standard output.</summary>
internal static class ErrorReport
{
    private const int LogLinesShown = 40;

    public static void WriteText(Exception error, TextWriter errors)
    {
        errors.WriteLine($"ebpf: {error.Message}");
        if (error is VerifierException { SourceLine: { } line })
            errors.WriteLine($"  {line.FileName}:{line.Line}:{line.Column}: {line.Text.Trim()}");
        if (error is BpfException { Log.Length: > 0 } refused)
            WriteLogEnd(refused.Log, errors);
    }

    public static void WriteJson(Exception error, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(new ErrorDocument(Entry(error)), DocumentContext.Readable.ErrorDocument));

    public static ErrorEntry Entry(Exception error)
    {
        var refused = error as VerifierException;
        var bpf = error as BpfException;
        LineEntry? line = refused?.SourceLine is { } source ? new LineEntry(source.FileName, source.Line, source.Column, source.Text.Trim()) : null;
        int? errno = bpf is null || bpf.Errno == Errno.None ? null : (int)bpf.Errno;
        return new ErrorEntry(error.Message, errno, bpf?.Program, refused?.Rule, refused?.Instruction, line, bpf is { Log.Length: > 0 } ? bpf.Log : null);
    }

    private static void WriteLogEnd(string log, TextWriter errors)
    {
        string[] lines = log.TrimEnd('\n').Split('\n');
        if (lines.Length > LogLinesShown)
            errors.WriteLine($"  … {lines.Length - LogLinesShown} lines before; 'ebpf verify -v' prints them all");
        foreach (string line in lines.TakeLast(LogLinesShown))
            errors.WriteLine("  " + line);
    }
}
