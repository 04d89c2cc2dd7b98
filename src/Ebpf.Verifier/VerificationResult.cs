namespace Ebpf.Verifier;

/// <summary>The verifier's answer on one program.</summary>
public sealed record VerificationResult
{
    /// <summary>Why the program is refused; null where it is accepted.</summary>
    public Diagnostics.Rejection? Rejection { get; init; }

    /// <summary>Whether the program is safe.</summary>
    public bool IsAccepted => Rejection is null;

    /// <summary>What the proof found out, for the compiler; null where the program is refused.</summary>
    public Facts? Facts { get; init; }

    /// <summary>Instructions processed over all paths.</summary>
    public int ProcessedInstructions { get; init; }

    /// <summary>States kept for pruning, in total.</summary>
    public int TotalStates { get; init; }

    /// <summary>The most states kept at once.</summary>
    public int PeakStates { get; init; }

    /// <summary>Time spent.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The log: the walk where <see cref="VerifierOptions.Verbose"/> is set, the end of it on refusal, "" otherwise.</summary>
    public string Log { get; init; } = "";

    /// <summary>What the walk saw at each instruction, where <see cref="VerifierOptions.Traces"/> asks for it.</summary>
    internal Diagnostics.WalkTrace? Trace { get; init; }
}
