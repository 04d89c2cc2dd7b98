using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Platforms.Embedded;

/// <summary>The platform that is this process.</summary>
internal sealed class EmbeddedPlatform : IPlatform
{
    private readonly NativeHeap _heap = new();
    private readonly Lazy<ExecutionSlots> _slots;
    private readonly PinTable _pins = new();

    public EmbeddedPlatform() => _slots = new Lazy<ExecutionSlots>(() => new ExecutionSlots(_heap));

    public string Name => "embedded";

    public bool HasHostHooks => true;

    public int Processors => _slots.Value.Count;

    /// <summary>There is no kernel: an object means the types it was compiled with, the same on every OS (docs/rationale.md).</summary>
    public BtfView? KernelTypes => null;

    public bool Takes(Dialect dialect) => true;

    public long EstimateBytes(MapSpec map) => MapEstimate.Bytes(map, Processors);

    public IMapHandle CreateMap(MapSpec map)
    {
        EmbeddedMap created = EmbeddedMap.Create(map, _heap, _slots.Value);
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

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading) =>
        throw new BpfNotSupportedException("running programs", Name);

    public IMapHandle? OpenPinned(string path) => _pins.Open(path);

    public void Pin(string path, IMapHandle map) => _pins.Add(path, map);

    public bool Unpin(string path) => _pins.Remove(path);
}
