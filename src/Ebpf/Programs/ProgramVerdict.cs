namespace Ebpf;

/// <summary>What <see cref="BpfObject.Verify(LoadOptions?)"/> says of a program.</summary>
public sealed record ProgramVerdict
{
    /// <summary>The program's name.</summary>
    public required string Program { get; init; }

    /// <summary>Its section, without a leading '?'.</summary>
    public required string SectionName { get; init; }

    /// <summary>Its type.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>Its expected attach type.</summary>
    public AttachType AttachType { get; init; }

    /// <summary>Its instruction slots, its subprograms included; 0 where it could not be linked.</summary>
    public int Instructions { get; init; }

    /// <summary>Why it is refused: a <see cref="VerifierException"/>, or what kept it from being linked; null where it is accepted.</summary>
    public BpfException? Error { get; init; }

    /// <summary>Whether it is safe.</summary>
    public bool IsAccepted => Error is null;

    /// <summary>Instructions that the verifier processed over all paths.</summary>
    public int VerifiedInstructions { get; init; }

    /// <summary>States that the verifier kept, in total.</summary>
    public int TotalStates { get; init; }

    /// <summary>The most states that it kept at once.</summary>
    public int PeakStates { get; init; }

    /// <summary>Time that the verifier took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The walk, where <see cref="Verifier.VerifierOptions.Verbose"/> asked for it; on refusal its end; "" otherwise.</summary>
    public string Log { get; init; } = "";

    /// <summary>What the walk saw at each instruction, where it was asked for; a kernel does not tell.</summary>
    internal Verifier.Diagnostics.WalkTrace? Trace { get; init; }
}
