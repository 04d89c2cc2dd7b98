using Ebpf.Loading;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Programs;
using Ebpf.Platforms.Verification;
using Ebpf.Verifier;

namespace Ebpf;

public sealed partial class BpfObject
{
    /// <summary>Verifies the programs whose AutoLoad is on, each by itself: what is wrong with one does not hide the verdict on the next. Loads nothing.</summary>
    /// <param name="options">As for <see cref="Load(Platform?, LoadOptions?)"/>; null for the defaults.</param>
    /// <exception cref="BpfException">The object as a whole cannot be loaded: it is for the other byte order, or an extern that is not weak is missing.</exception>
    public IReadOnlyList<ProgramVerdict> Verify(LoadOptions? options = null) => Verify(Platform.Embedded, options);

    /// <summary>
    /// Verifies as a platform does: <see cref="Platform.Embedded"/> creates nothing; a kernel verifies what it loads, so there each program is loaded, with
    /// the maps, and dropped at once.
    /// </summary>
    /// <param name="platform">Whose verifier.</param>
    /// <param name="options">As for <see cref="Load(Platform?, LoadOptions?)"/>; null for the defaults.</param>
    /// <exception cref="BpfException">The object as a whole cannot be loaded.</exception>
    public IReadOnlyList<ProgramVerdict> Verify(Platform platform, LoadOptions? options = null)
    {
        options = (options ?? LoadOptions.Default) with { WantsStatistics = true };
        IPlatform real = platform.Implementation;
        ObjectSnapshot snapshot = Snapshot(options);
        using (var whole = new Loader(snapshot, real.VerifiesHere ? new VerificationPlatform() : real, options, LoadState.Empty(snapshot), new bool[snapshot.Programs.Length]))
        {
            whole.Prepare();
        }

        return
        [
            .. snapshot.Programs.Where(static p => p.AutoLoad)
                .Select(program => real.VerifiesHere ? VerdictOn(snapshot, program, options) : VerdictOf(real, snapshot, program, options)),
        ];
    }

    private static ProgramVerdict VerdictOn(ObjectSnapshot snapshot, ProgramPlan program, LoadOptions options)
    {
        var platform = new VerificationPlatform();
        BpfException? error = Try(platform, snapshot, program, options, out _);
        VerificationResult? result = platform.Result;
        return Verdict(program, error) with
        {
            Instructions = platform.Instructions,
            VerifiedInstructions = result?.ProcessedInstructions ?? 0,
            TotalStates = result?.TotalStates ?? 0,
            PeakStates = result?.PeakStates ?? 0,
            Duration = result?.Duration ?? TimeSpan.Zero,
            Log = result?.Log ?? "",
            Trace = result?.Trace,
        };
    }

    /// <summary>The verdict of a kernel.</summary>
    private static ProgramVerdict VerdictOf(IPlatform kernel, ObjectSnapshot snapshot, ProgramPlan program, LoadOptions options)
    {
        BpfException? error = Try(kernel, snapshot, program, options, out ProgramFigures figures);
        return Verdict(program, error) with
        {
            Instructions = figures.Instructions,
            VerifiedInstructions = figures.VerifiedInstructions ?? (error as VerifierException)?.VerifiedInstructions ?? 0,
            TotalStates = figures.TotalStates + VerifierLog.Figure(error?.Log, "total_states"),
            PeakStates = figures.PeakStates + VerifierLog.Figure(error?.Log, "peak_states"),
            Duration = figures.VerifyTime ?? TimeSpan.Zero,
            Log = options.Verifier.Verbose ? error?.Log ?? figures.Log ?? "" : "",
        };
    }

    private static BpfException? Try(IPlatform platform, ObjectSnapshot snapshot, ProgramPlan program, LoadOptions options, out ProgramFigures figures)
    {
        figures = default;
        var selected = new bool[snapshot.Programs.Length];
        selected[program.Index] = true;
        try
        {
            using var loader = new Loader(snapshot, platform, options, LoadState.Empty(snapshot), selected);
            loader.Prepare();
            loader.LoadPrograms();
            figures = loader.Figures(program.Index);
            return null;
        }
        catch (BpfException e)
        {
            return e;
        }
    }

    private static ProgramVerdict Verdict(ProgramPlan program, BpfException? error) => new()
    {
        Program = program.Name,
        SectionName = program.Image.SectionName,
        Type = program.Type,
        AttachType = program.AttachType,
        Error = error,
    };
}
