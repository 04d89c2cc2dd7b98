using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;

namespace Ebpf.Loading;

/// <summary>What of an object is loaded, by position. A run of the Loader takes one and makes the next; it is never changed once it is published.</summary>
internal sealed class LoadState
{
    public required MapSpec[] MapSpecs { get; init; }

    public required IMapHandle?[] Maps { get; init; }

    public required LoadedProgram?[] Programs { get; init; }

    /// <summary>The values of externs; null before the first Prepare.</summary>
    public ExternValues? Externs { get; set; }

    public long VerifiedInstructions { get; set; }

    public long MapBytes { get; set; }

    public TimeSpan LoadTime { get; set; }

    public static LoadState Empty(ObjectSnapshot snapshot) => new()
    {
        MapSpecs = [.. snapshot.Maps.Select(static m => m.Spec)],
        Maps = new IMapHandle?[snapshot.Maps.Length],
        Programs = new LoadedProgram?[snapshot.Programs.Length],
    };

    public LoadState Copy() => new()
    {
        MapSpecs = [.. MapSpecs],
        Maps = [.. Maps],
        Programs = [.. Programs],
        Externs = Externs,
        VerifiedInstructions = VerifiedInstructions,
        MapBytes = MapBytes,
        LoadTime = LoadTime,
    };
}

/// <summary>A loaded program: what was loaded, and the handle to it.</summary>
internal sealed record LoadedProgram(ProgramSpec Spec, IProgramHandle Handle, Hosting.HostProgramType? Host);
