using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms;

/// <summary>Where programs and maps live: the embedded engine, a kernel. What the Loader needs of it, and no more.</summary>
/// <remarks>Safe for concurrent use. Every failure is a <see cref="BpfException"/>, after which nothing is left behind.</remarks>
internal interface IPlatform
{
    /// <summary>The name that users and messages use: "embedded", "linux".</summary>
    string Name { get; }

    /// <summary>Whether it takes objects of that dialect.</summary>
    bool Takes(Dialect dialect);

    /// <summary>Whether hooks are names that the host raises by itself (<see cref="LoadedObject.Raise"/>).</summary>
    bool HasHostHooks { get; }

    /// <summary>Whether programs are verified by this library, so that <see cref="LoadOptions.Verifier"/> and <see cref="LoadLimits.Instructions"/> hold; a kernel has its own rules and limits.</summary>
    bool VerifiesHere { get; }

    /// <summary>How many CPUs a per-CPU value is for.</summary>
    int Processors { get; }

    /// <summary>The bytes that a map will take at least, known before it is created, so that a limit can be kept.</summary>
    long EstimateBytes(MapSpec map);

    /// <summary>Begins a load. What is needed for one load only (a kernel's copy of the types, descriptors of modules) lives in what this answers.</summary>
    IPlatformLoad Begin(ObjectImage image);

    /// <summary>The map that is pinned at a path, as a handle of its own; null where there is none.</summary>
    IMapHandle? OpenPinned(string path);

    /// <summary>Pins a map: it lives on under that path until it is unpinned.</summary>
    void Pin(string path, IMapHandle map);

    /// <summary>Removes a pin; false where there is none.</summary>
    bool Unpin(string path);
}

/// <summary>One load of one object: of one thread.</summary>
internal interface IPlatformLoad
{
    /// <summary>The types that CO-RE relocations are resolved against; null for the object's own. Asked only where a selected program has such relocations.</summary>
    BtfView? KernelTypes { get; }

    /// <summary>The types of kernel modules, where CO-RE looks for what <see cref="KernelTypes"/> does not have.</summary>
    IReadOnlyList<BtfView> ModuleTypes => [];

    /// <summary>A value of the kernel's configuration (<c>CONFIG_…</c>), as text; null where it is not there.</summary>
    string? ConfigValue(string name) => null;

    /// <summary>One of libbpf's own configuration values (<c>LINUX_KERNEL_VERSION</c>, <c>LINUX_HAS_…</c>); null where there is no kernel that has it.</summary>
    ulong? VirtualValue(string name) => null;

    /// <summary>What a kernel symbol or kernel function is there. Values stay good until <see cref="End"/>.</summary>
    /// <exception cref="BpfException">It is there, but of another type, and not weak.</exception>
    ExternValue Resolve(ExternImage needed) => ExternValue.Unresolved;

    /// <summary>Creates a map. Inner maps of its template are not created with it.</summary>
    IMapHandle CreateMap(MapSpec map);

    /// <summary>Verifies and loads a program.</summary>
    /// <exception cref="VerifierException">The program is refused.</exception>
    IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading);

    /// <summary>Ends the load, whether it succeeded or not. Maps and programs stay.</summary>
    void End()
    {
    }
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

    /// <summary>Whether the verifier's states are to be counted (<see cref="ProgramFigures.TotalStates"/>), where that costs something.</summary>
    public bool WantsStatistics { get; init; }

    /// <summary>The host's own type that the program is of; null for all others.</summary>
    public Hosting.HostProgramType? Host { get; init; }

    /// <summary>The loaded program that the program attaches to; null where it is the kernel.</summary>
    public IProgramHandle? AttachProgram { get; init; }

    /// <summary>For programs of type struct_ops: the table that names the program, and as which member.</summary>
    public (IMapHandle Map, string Member)? StructOps { get; init; }
}
