using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms;

/// <summary>Where programs and maps live: the embedded engine, a kernel. What the Loader needs of it, and no more.</summary>
/// <remarks>Safe for concurrent use. Every failure is a <see cref="BpfException"/>, after which nothing is left behind.</remarks>
internal interface IPlatform
{
    /// <summary>The name that users and messages use: "embedded".</summary>
    string Name { get; }

    /// <summary>Whether it takes objects of that dialect.</summary>
    bool Takes(Dialect dialect);

    /// <summary>The types that CO-RE relocations are resolved against; null for the object's own.</summary>
    BtfView? KernelTypes { get; }

    /// <summary>Whether hooks are names that the host raises by itself (<see cref="LoadedObject.Raise"/>).</summary>
    bool HasHostHooks { get; }

    /// <summary>How many CPUs a per-CPU value is for.</summary>
    int Processors { get; }

    /// <summary>The bytes that a map will take at least, known before it is created, so that a limit can be kept.</summary>
    long EstimateBytes(MapSpec map);

    /// <summary>Creates a map. Inner maps of its template are not created with it.</summary>
    IMapHandle CreateMap(MapSpec map);

    /// <summary>Verifies and loads a program.</summary>
    /// <exception cref="VerifierException">The program is refused.</exception>
    IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading);

    /// <summary>The map that is pinned at a path, as a handle of its own; null where there is none.</summary>
    IMapHandle? OpenPinned(string path);

    /// <summary>Pins a map: it lives on under that path until it is unpinned.</summary>
    void Pin(string path, IMapHandle map);

    /// <summary>Removes a pin; false where there is none.</summary>
    bool Unpin(string path);
}

/// <summary>What a platform is given beside a program.</summary>
internal sealed class ProgramLoading
{
    /// <summary>The maps of the object, by the index that the program's instructions name.</summary>
    public required IReadOnlyList<MapSpec> Maps { get; init; }

    /// <summary>The created ones, by the same index; null for those that were not created, which no instruction names.</summary>
    public required IReadOnlyList<IMapHandle?> MapHandles { get; init; }

    /// <summary>How to verify.</summary>
    public required Verifier.VerifierOptions Verifier { get; init; }
}
