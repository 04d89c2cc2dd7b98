namespace Ebpf.Verifier.Diagnostics;

/// <summary>Why a program is refused: the rule with its stable id, where, and the reason in words.</summary>
/// <param name="Rule">The rule that is broken; its name in kebab case is the stable id.</param>
/// <param name="Instruction">The slot at which it is broken.</param>
/// <param name="Reason">The reason, one sentence, with the offending register's value in words.</param>
public sealed record Rejection(Rule Rule, int Instruction, string Reason)
{
    /// <summary>The source line from BTF, null where the object has none.</summary>
    public Bytecode.Specs.LineSpec? Source { get; init; }

    /// <summary>The instruction as the disassembler writes it, "" where the program is refused as a whole.</summary>
    public string Text { get; init; } = "";

    /// <summary>The function that the instruction is in.</summary>
    public string Function { get; init; } = "";

    /// <summary>What the author can do about it, "" where there is nothing to suggest.</summary>
    public string Suggestion { get; init; } = "";

    /// <summary>The register whose value is in question, null where it is none.</summary>
    public Bytecode.Isa.Register? Register { get; init; }

    /// <summary>
    /// How the register came to its value: the steps on the path to the refusal that made it or tested it, in their order. Empty where no register is in
    /// question, or where it holds what the program or function was given.
    /// </summary>
    public IReadOnlyList<CausalStep> Path { get; init; } = [];
}
