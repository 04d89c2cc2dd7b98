namespace Ebpf.Verifier.Diagnostics;

/// <summary>Ends the verification of a program: thrown where a rule is found broken, turned into a <see cref="Rejection"/> by <see cref="ProgramVerifier"/>.</summary>
internal sealed class Refusal : Exception
{
    internal Refusal(Rule rule, int instruction, string reason, string suggestion = "", int register = -1)
        : base(reason)
    {
        Rule = rule;
        Instruction = instruction;
        Suggestion = suggestion;
        Register = register;
    }

    internal Rule Rule { get; }

    internal int Instruction { get; }

    internal string Suggestion { get; }

    /// <summary>The register whose value is in question; negative where it is none.</summary>
    internal int Register { get; }
}
