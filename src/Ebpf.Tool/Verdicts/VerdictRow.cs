namespace Ebpf.Tool.Verdicts;

/// <summary>What there is to say of one verification, as a line of a table or of a CSV file.</summary>
internal sealed record VerdictRow(
    string File, string Program, bool IsAccepted, double Microseconds, long Instructions, long States, long PeakStates, long Size, string Type, string AttachType)
{
    public static VerdictRow Of(string file, ProgramVerdict verdict) => new(
        Path.GetFileName(file),
        verdict.Program,
        verdict.IsAccepted,
        verdict.Duration.TotalMicroseconds,
        verdict.VerifiedInstructions,
        verdict.TotalStates,
        verdict.PeakStates,
        verdict.Instructions,
        verdict.Type.Text(),
        verdict.AttachType.Text());
}
