namespace Ebpf;

/// <summary>What is loaded and what it cost; what is not, and what that saved as far as it is known. A snapshot.</summary>
public sealed class LoadReport
{
    internal LoadReport(string platform, Dialect dialect, IReadOnlyList<ProgramReport> programs, IReadOnlyList<MapReport> maps, TimeSpan loadTime)
    {
        Platform = platform;
        Dialect = dialect;
        Programs = new NamedList<ProgramReport>("program", programs, static p => p.Name);
        Maps = new NamedList<MapReport>("map", maps, static m => m.Name);
        LoadTime = loadTime;
    }

    /// <summary>The platform's name.</summary>
    public string Platform { get; }

    /// <summary>The object's dialect.</summary>
    public Dialect Dialect { get; }

    /// <summary>Every program of the object, loaded or not.</summary>
    public NamedList<ProgramReport> Programs { get; }

    /// <summary>Every map of the object, created or not.</summary>
    public NamedList<MapReport> Maps { get; }

    /// <summary>The report on a program.</summary>
    public ProgramReport this[string program] => Programs[program];

    /// <summary>Time from the call to the loaded object, later loads included.</summary>
    public TimeSpan LoadTime { get; }

    /// <summary>How many programs are loaded.</summary>
    public int Loaded => Programs.Count(static p => p.IsLoaded);

    /// <summary>How many programs are not.</summary>
    public int Skipped => Programs.Count(static p => !p.IsLoaded);

    /// <summary>Instructions that the verifier processed.</summary>
    public long VerifiedInstructions => Programs.Sum(static p => (long)(p.VerifiedInstructions ?? 0));

    /// <summary>Bytes that loaded programs and created maps hold.</summary>
    public long MemoryBytes => Programs.Sum(static p => p.MemoryBytes ?? 0) + Maps.Sum(static m => m.MemoryBytes);

    /// <summary>Instructions, as the object has them, of programs that are not loaded.</summary>
    public long SkippedInstructions => Programs.Where(static p => !p.IsLoaded).Sum(static p => (long)p.InstructionCount);

    /// <summary>Maps that were not created.</summary>
    public int SkippedMaps => Maps.Count(static m => !m.IsCreated);

    /// <summary>Bytes that maps which were not created would hold at least.</summary>
    public long SkippedMapBytes => Maps.Where(static m => !m.IsCreated).Sum(static m => m.EstimatedBytes);
}

/// <summary>A program in a <see cref="LoadReport"/>. Figures of one that is not loaded are zero; null is what the platform cannot tell.</summary>
public sealed record ProgramReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its section, without a leading '?'.</summary>
    public required string SectionName { get; init; }

    /// <summary>Its type.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>Whether it was to be loaded when the object was.</summary>
    public required bool AutoLoad { get; init; }

    /// <summary>Whether it is loaded.</summary>
    public required bool IsLoaded { get; init; }

    /// <summary>The descriptor; null where it is not loaded, or the platform has none.</summary>
    public int? Fd { get; init; }

    /// <summary>Instructions in its section, without subprograms.</summary>
    public required int InstructionCount { get; init; }

    /// <summary>Instructions that were loaded, with subprograms.</summary>
    public int LoadedInstructions { get; init; }

    /// <summary>Instructions that the verifier processed.</summary>
    public int? VerifiedInstructions { get; init; } = 0;

    /// <summary>Time spent verifying.</summary>
    public TimeSpan? VerifyTime { get; init; } = TimeSpan.Zero;

    /// <summary>Time spent compiling; zero where nothing is compiled.</summary>
    public TimeSpan? CompileTime { get; init; } = TimeSpan.Zero;

    /// <summary>Bytes of machine code; zero where nothing is compiled.</summary>
    public int? MachineCodeBytes { get; init; } = 0;

    /// <summary>Bytes of instructions as the platform rewrote them (the kernel's "xlated"); null where it keeps none.</summary>
    public int? TranslatedBytes { get; init; }

    /// <summary>Bytes of memory that it holds.</summary>
    public long? MemoryBytes { get; init; } = 0;
}

/// <summary>A map in a <see cref="LoadReport"/>.</summary>
public sealed record MapReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type.</summary>
    public required MapType Type { get; init; }

    /// <summary>Bytes in a key.</summary>
    public required uint KeySize { get; init; }

    /// <summary>Bytes in a value.</summary>
    public required uint ValueSize { get; init; }

    /// <summary>Capacity.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>Whether it was created (or reused).</summary>
    public required bool IsCreated { get; init; }

    /// <summary>The descriptor; null where it was not created, or the platform has none.</summary>
    public int? Fd { get; init; }

    /// <summary>Bytes that it holds; zero where it was not created.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes that it holds or would hold, as far as that is known before.</summary>
    public long EstimatedBytes { get; init; }
}
