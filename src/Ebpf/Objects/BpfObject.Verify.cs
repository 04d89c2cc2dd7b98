using Ebpf.Loading;
using Ebpf.Platforms.Verification;
using Ebpf.Verifier;

namespace Ebpf;

public sealed partial class BpfObject
{
    /// <summary>Verifies the programs whose AutoLoad is on, each by itself: what is wrong with one does not hide the verdict on the next. Loads nothing.</summary>
    /// <param name="options">As for <see cref="Load(Platform?, LoadOptions?)"/>; null for the defaults.</param>
    /// <exception cref="BpfException">The object as a whole cannot be loaded: it is for the other byte order, or an extern that is not weak is missing.</exception>
    public IReadOnlyList<ProgramVerdict> Verify(LoadOptions? options = null)
    {
        options ??= LoadOptions.Default;
        ObjectSnapshot snapshot = Snapshot(options);
        using (var whole = new Loader(snapshot, new VerificationPlatform(), options, LoadState.Empty(snapshot), new bool[snapshot.Programs.Length]))
        {
            whole.Prepare();
        }

        return [.. snapshot.Programs.Where(static p => p.AutoLoad).Select(program => VerdictOn(snapshot, program, options))];
    }

    private static ProgramVerdict VerdictOn(ObjectSnapshot snapshot, ProgramPlan program, LoadOptions options)
    {
        var platform = new VerificationPlatform();
        var selected = new bool[snapshot.Programs.Length];
        selected[program.Index] = true;
        BpfException? error = null;
        try
        {
            using var loader = new Loader(snapshot, platform, options, LoadState.Empty(snapshot), selected);
            loader.Prepare();
            loader.LoadPrograms();
        }
        catch (BpfException e)
        {
            error = e;
        }

        VerificationResult? result = platform.Result;
        return new ProgramVerdict
        {
            Program = program.Name,
            SectionName = program.Image.SectionName,
            Type = program.Type,
            Error = error,
            VerifiedInstructions = result?.ProcessedInstructions ?? 0,
            TotalStates = result?.TotalStates ?? 0,
            PeakStates = result?.PeakStates ?? 0,
            Duration = result?.Duration ?? TimeSpan.Zero,
            Log = result?.Log ?? "",
        };
    }
}
