using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
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
        : base(Line(program, rejection), rejection.Rule == Verifier.Diagnostics.Rule.TooComplex ? Errno.E2BIG : Errno.EACCES)
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

    internal Rule RuleKind { get; }

    /// <summary>The stable id of the rule that is broken, e.g. <c>packet-access</c>.</summary>
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

    /// <summary>The refusal on one screen, several lines: rule, reason, place with its source line, causal path, suggestion.</summary>
    public string Diagnosis { get; }

    /// <summary>Instructions that were processed before the answer was found.</summary>
    public int VerifiedInstructions { get; }

    /// <inheritdoc/>
    public override string Log => _log;

    private static string Line(ProgramSpec program, Rejection rejection)
    {
        string source = rejection.Source is { } line ? $" ({Path.GetFileName(line.FileName)}:{line.Line})" : "";
        string suggestion = rejection.Suggestion.Length == 0 ? "" : "; " + rejection.Suggestion;
        return $"program '{program.Name}' is refused at instruction {rejection.Instruction}{source}: {rejection.Reason} [{rejection.Rule.Id()}]{suggestion}";
    }
}
