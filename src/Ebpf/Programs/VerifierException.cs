using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Programs;
using Ebpf.Verifier;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf;

/// <summary>A program that the verifier refuses: the rule it breaks, where, why, and what to do about it.</summary>
public sealed class VerifierException : BpfException
{
    private readonly string _log;

    internal VerifierException(ProgramSpec program, VerificationResult result)
        : this(program, result, result.Rejection!)
    {
    }

    private VerifierException(ProgramSpec program, VerificationResult result, Rejection rejection)
        : base(Line(program, rejection.Instruction, rejection.Source, $"{rejection.Reason} [{rejection.Rule.Id()}]", rejection.Suggestion), rejection.Rule == Verifier.Diagnostics.Rule.TooComplex ? Errno.E2BIG : Errno.EACCES)
    {
        Program = program.Name;
        RuleKind = rejection.Rule;
        Rule = rejection.Rule.Id();
        Register = rejection.Register;
        CausalPath = rejection.Path;
        Diagnosis = DiagnosisText.Of(rejection);
        Instruction = rejection.Instruction;
        SourceLine = rejection.Source;
        Function = rejection.Function;
        Reason = rejection.Reason;
        Suggestion = rejection.Suggestion;
        VerifiedInstructions = result.ProcessedInstructions;
        _log = result.Log;
    }

    private VerifierException(ProgramSpec program, Errno errno, VerifierLog log, string reason, string suggestion, LineSpec? source)
        : base(Line(program, log.Instruction, source, $"{reason} [kernel: {errno}]", suggestion), errno)
    {
        Program = program.Name;
        Rule = "kernel";
        CausalPath = [];
        Diagnosis = OfKernel(log, source, errno, reason, suggestion);
        Instruction = log.Instruction ?? 0;
        SourceLine = source;
        Function = program.Functions.LastOrDefault(f => f.Start <= (log.Instruction ?? 0)).Name ?? program.Name;
        Reason = reason;
        Suggestion = suggestion;
        VerifiedInstructions = (int)Math.Min(log.Processed ?? 0, int.MaxValue);
        _log = log.Text;
    }

    /// <summary>Null where a kernel's verifier refused the program.</summary>
    internal Rule? RuleKind { get; }

    /// <summary>The stable id of the rule that is broken, e.g. <c>packet-access</c>; <c>kernel</c> where the kernel's verifier refused the program, whose rules have no ids.</summary>
    public string Rule { get; }

    /// <summary>The slot at which it is broken, counted in the program with its subprograms appended.</summary>
    public int Instruction { get; }

    /// <summary>The source line, null where the object has no line information.</summary>
    public LineSpec? SourceLine { get; }

    /// <summary>The function that the instruction is in.</summary>
    public string Function { get; }

    /// <summary>Why the program is refused, in one sentence.</summary>
    public string Reason { get; }

    /// <summary>What the author can do about it, "" where there is nothing to suggest.</summary>
    public string Suggestion { get; }

    /// <summary>The register whose value is in question, null where it is none.</summary>
    public Register? Register { get; }

    /// <summary>How that register came to its value: the steps on the path to the refusal that made it or tested it. May be empty.</summary>
    public IReadOnlyList<CausalStep> CausalPath { get; }

    /// <summary>The refusal on one screen, several lines: rule, reason, place with its source line, causal path, suggestion. A kernel tells no causal path.</summary>
    public string Diagnosis { get; }

    /// <summary>Instructions that were processed before the answer was found.</summary>
    public int VerifiedInstructions { get; }

    /// <inheritdoc/>
    public override string Log => _log;

    /// <summary>A refusal of the kernel's verifier.</summary>
    internal static VerifierException OfKernel(ProgramSpec program, Errno errno, VerifierLog log, string reason, string suggestion)
    {
        LineSpec? source = null;
        foreach (LineSpec line in program.Lines)
        {
            if (line.Slot <= log.Instruction)
            {
                source = line;
            }
        }

        return new VerifierException(program, errno, log, reason, suggestion, source);
    }

    /// <summary>The lines of <see cref="DiagnosisText"/>, as far as a kernel tells.</summary>
    private static string OfKernel(VerifierLog log, LineSpec? source, Errno errno, string reason, string suggestion)
    {
        var text = new System.Text.StringBuilder();
        DiagnosisText.Line(text, "Refused", $"by the kernel: {errno}");
        DiagnosisText.Line(text, "Reason", reason);
        if (log.Instruction is { } instruction)
        {
            DiagnosisText.Line(text, "At", $"instruction {instruction}");
        }

        if (source is { } line)
        {
            DiagnosisText.Line(text, "", $"{Path.GetFileName(line.FileName)}:{line.Line}:{line.Column}  {line.Text.Trim()}");
        }

        if (suggestion.Length > 0)
        {
            DiagnosisText.Line(text, "Suggestion", suggestion);
        }

        return text.ToString();
    }

    private static string Line(ProgramSpec program, int? instruction, LineSpec? source, string reason, string suggestion)
    {
        string at = instruction is { } number ? $" at instruction {number}" : "";
        string line = source is { } known ? $" ({Path.GetFileName(known.FileName)}:{known.Line})" : "";
        return $"program '{program.Name}' is refused{at}{line}: {reason}{(suggestion.Length == 0 ? "" : "; ")}{suggestion}";
    }
}
