using Ebpf.Bytecode.Specs;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>A step on the path to a refusal that had a part in it.</summary>
/// <param name="Instruction">The slot.</param>
/// <param name="Text">The instruction, as the disassembler writes it.</param>
/// <param name="Kind">Its part.</param>
/// <param name="Source">The source line, null where the object has none.</param>
public sealed record CausalStep(int Instruction, string Text, CausalKind Kind, LineSpec? Source);

/// <summary>What part a step had in a refusal.</summary>
public enum CausalKind
{
    /// <summary>It made the value, or a part of it.</summary>
    Made,

    /// <summary>A condition on the value, and the jump was taken.</summary>
    Taken,

    /// <summary>A condition on the value, and the jump was not taken.</summary>
    NotTaken,

    /// <summary>It entered a function with the value as argument.</summary>
    Entered,

    /// <summary>It is a call, which leaves nothing in R1 to R5.</summary>
    Cleared,
}
