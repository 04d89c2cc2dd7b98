using System.Globalization;
using System.Text;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>A refusal on one screen: which rule, why, where, how it came to that, what to do.</summary>
/// <remarks>The headings are those of the kernel's verifier since Linux 7.3.</remarks>
internal static class DiagnosisText
{
    private const int Margin = 13;

    internal static string Of(Rejection rejection)
    {
        var text = new StringBuilder();
        Write(text, rejection);
        return text.ToString();
    }

    internal static void Write(StringBuilder text, Rejection rejection)
    {
        Line(text, "Refused", rejection.Rule.Id());
        Line(text, "Reason", rejection.Reason);
        WritePlace(text, rejection);
        WritePath(text, rejection);
        if (rejection.Suggestion.Length > 0)
            Line(text, "Suggestion", rejection.Suggestion);
        Line(text, "More", $"ebpf explain {rejection.Rule.Id()}");
    }

    private static void WritePlace(StringBuilder text, Rejection rejection)
    {
        string function = rejection.Function.Length > 0 ? $" of {rejection.Function}" : "";
        Line(text, "At", rejection.Text.Length > 0 ? $"instruction {rejection.Instruction}{function}: {rejection.Text}" : $"instruction {rejection.Instruction}{function}");
        if (rejection.Source is not { } line)
            return;
        string where = $"{Path.GetFileName(line.FileName)}:{line.Line}:{line.Column}  ";
        string code = line.Text.Trim().Replace('\t', ' ');
        Line(text, "", where + code);
        int indent = line.Text.Length - line.Text.TrimStart().Length;
        int caret = line.Column - 1 - indent;
        if (code.Length > 0 && caret >= 0 && caret < code.Length)
            Line(text, "", new string(' ', where.Length + caret) + "^");
    }

    private static void WritePath(StringBuilder text, Rejection rejection)
    {
        if (rejection.Path.Count == 0)
            return;
        int width = Math.Min(44, rejection.Path.Max(static s => s.Text.Length));
        int digits = rejection.Path.Max(static s => s.Instruction).ToString(CultureInfo.InvariantCulture).Length;
        int parts = rejection.Path.Max(static s => Part(s.Kind).Length);
        string heading = "Causal path";
        LineSpec? shown = null;
        foreach (CausalStep step in rejection.Path)
        {
            string number = step.Instruction.ToString(CultureInfo.InvariantCulture).PadLeft(digits);
            string source = "";
            if (step.Source is { } line && line != shown)
            {
                source = $"{line.Line}: {line.Text.Trim()}";
                shown = line;
            }

            Line(text, heading, $"{number}: {step.Text.PadRight(width)}  {(parts > 0 ? Part(step.Kind).PadRight(parts) + "  " : "")}{source}".TrimEnd());
            heading = "";
        }
    }

    private static string Part(CausalKind kind) => kind switch
    {
        CausalKind.Taken => "taken",
        CausalKind.NotTaken => "not taken",
        CausalKind.Entered => "argument",
        CausalKind.Cleared => "clears it",
        _ => "",
    };

    /// <summary>A line under a heading; without one it continues the line before.</summary>
    internal static void Line(StringBuilder text, string heading, string content) =>
        text.Append(heading.Length > 0 ? (heading + ":").PadRight(Margin) : new string(' ', Margin)).Append(content).Append('\n');
}
