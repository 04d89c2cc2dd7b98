using Ebpf.Runtime;

namespace Ebpf.Platforms;

/// <summary>A loaded program. Disposing gives up this handle; the program itself goes when its last run, link and PROG_ARRAY slot is gone.</summary>
internal interface IProgramHandle : IDisposable
{
    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    int? Fd { get; }

    /// <summary>What loading it took.</summary>
    ProgramFigures Figures { get; }

    /// <summary>What the kernel says of it; null where it lives in none.</summary>
    ProgramInfo? ReadInfo() => null;

    /// <summary>Runs it with the given input.</summary>
    RunOutcome Run(RunRequest request);

    /// <summary>Runs a program of a host's own type on contexts that lie one after the other in the host's memory, and writes what each run returned.</summary>
    /// <exception cref="BpfException">A run was stopped.</exception>
    unsafe void RunHosted(byte* contexts, int stride, int count, ulong* results, object? state) =>
        throw new NotSupportedException("this platform does not run a host's own programs");

    /// <summary>Begins a series of runs on one packet after the other.</summary>
    IPacketSession BeginPackets(RunRequest request) => new RepeatedRuns(this, request);

    /// <summary>Pins it at a path: it lives on under that path until it is unpinned.</summary>
    void Pin(string path) => throw new BpfNotSupportedException("pinning a program", "embedded", "Platform.Linux");

    /// <summary>Attaches it. The link keeps the program alive.</summary>
    ILinkHandle Attach(AttachRequest request);
}

/// <summary>What loading a program took, as far as the platform can tell.</summary>
/// <param name="Instructions">Slots of the program with its subprograms.</param>
/// <param name="VerifiedInstructions">Instructions that the verifier processed.</param>
/// <param name="VerifyTime">Time spent verifying.</param>
/// <param name="CompileTime">Time spent compiling; zero where nothing is compiled.</param>
/// <param name="MachineCodeBytes">Bytes of machine code; zero where nothing is compiled.</param>
/// <param name="MemoryBytes">Bytes of memory outside the managed heap and of pre-decoded instructions.</param>
internal readonly record struct ProgramFigures(
    int Instructions, int? VerifiedInstructions, TimeSpan? VerifyTime, TimeSpan? CompileTime, int? MachineCodeBytes, long? MemoryBytes)
{
    /// <summary>Bytes of instructions as the platform rewrote them (a kernel's "xlated"); null where it keeps none.</summary>
    public int? TranslatedBytes { get; init; }

    /// <summary>States that the verifier kept in total; 0 where <see cref="ProgramLoading.WantsStatistics"/> was not set.</summary>
    public int TotalStates { get; init; }

    /// <summary>The most states that the verifier kept at once; 0 where <see cref="ProgramLoading.WantsStatistics"/> was not set.</summary>
    public int PeakStates { get; init; }

    /// <summary>What the verifier wrote, where <see cref="Verifier.VerifierOptions.Verbose"/> asked for it.</summary>
    public string Log { get; init; } = "";
}
