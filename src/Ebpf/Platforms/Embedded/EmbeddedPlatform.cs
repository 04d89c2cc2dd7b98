using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Hosting;
using Ebpf.Runtime;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Platforms.Embedded;

/// <summary>The platform that is this process: verify, then run on the engine.</summary>
/// <param name="options">How the engine is set up; null for the defaults.</param>
/// <param name="programs">How programs are executed; null for the defaults.</param>
internal sealed class EmbeddedPlatform(EngineOptions? options = null, ProgramOptions? programs = null) : IPlatform, IPlatformLoad, IDisposable
{
    // Opening and showing objects needs no engine, and takes no memory for one.
    private readonly Lazy<Engine> _engine = new(() => new Engine(options));
    private readonly PinTable _pins = new();

    public string Name => "embedded";

    /// <summary>The engine that runs its programs.</summary>
    public Engine Engine => _engine.Value;

    public bool HasHostHooks => true;

    public bool VerifiesHere => true;

    public int Processors => Engine.Slots.Count;

    /// <summary>There is no kernel: an object means the types it was compiled with, the same on every OS (docs/rationale.md).</summary>
    public BtfView? KernelTypes => null;

    public bool Takes(Dialect dialect) => true;

    public long EstimateBytes(MapSpec map) => MapEstimate.Bytes(map, Processors);

    /// <summary>Nothing here is for one load only.</summary>
    public IPlatformLoad Begin(ObjectImage image) => this;

    public IMapHandle CreateMap(MapSpec map)
    {
        EmbeddedMap created = Engine.CreateMap(map);
        try
        {
            return new EmbeddedMapHandle(created, Descriptor.Open($"map '{map.Name}'"));
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
    {
        VerificationResult result = ProgramVerifier.Verify(program, loading.Maps, loading.Verifier);
        if (!result.IsAccepted)
        {
            throw new VerifierException(program, result);
        }

        EmbeddedMap?[] maps = [.. loading.MapHandles.Select(static m => (m as EmbeddedMapHandle)?.Map)];
        EmbeddedProgram created = Engine.CreateProgram(program, result.Facts, maps, OptionsOf(loading.Host));
        try
        {
            return new EmbeddedProgramHandle(created, result, Descriptor.Open($"program '{program.Name}'"));
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    public IMapHandle? OpenPinned(string path) => _pins.Open(path);

    public void Pin(string path, IMapHandle map) => _pins.Add(path, map);

    public bool Unpin(string path) => _pins.Remove(path);

    private ProgramOptions? OptionsOf(HostProgramType? host) => host is null
        ? programs
        : (programs ?? ProgramOptions.Default) with { Host = host, Checks = programs is { Checks: true } || host.InstructionBudget is not null, InstructionBudget = host.InstructionBudget ?? long.MaxValue };

    /// <summary>Drops pins and the engine. What was loaded on it must be gone.</summary>
    public void Dispose()
    {
        _pins.Dispose();
        if (_engine.IsValueCreated)
        {
            _engine.Value.Dispose();
        }
    }
}
