using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>A guarded heap, four slots and what maps are made of; disposing it proves that nothing was left behind.</summary>
internal sealed class MapRoom : IDisposable
{
    public const int SlotCount = 4;

    public MapRoom()
    {
        Slots = new ExecutionSlots(Heap, SlotCount);
        BytesWithoutMaps = Heap.LiveBytes;
    }

    public NativeHeap Heap { get; } = new(isGuarded: true);

    public ExecutionSlots Slots { get; }

    public long BytesWithoutMaps { get; }

    public static MapSpec Spec(MapType type, uint keySize, uint valueSize, uint maxEntries, MapFlags flags = MapFlags.None) => new()
    {
        Name = "tested",
        Type = type,
        KeySize = keySize,
        ValueSize = valueSize,
        MaxEntries = maxEntries,
        Flags = flags,
    };

    public EmbeddedMap Map(MapType type, uint keySize, uint valueSize, uint maxEntries, MapFlags flags = MapFlags.None) =>
        Map(Spec(type, keySize, valueSize, maxEntries, flags));

    public EmbeddedMap Map(MapSpec spec) => EmbeddedMap.Create(spec, Heap, Slots);

    public void Dispose()
    {
        Assert.Equal(0, Slots.DeferredCount);
        Assert.Equal(BytesWithoutMaps, Heap.LiveBytes);
        Slots.Dispose();
        Assert.Equal(0, Heap.LiveBytes);
        Assert.Equal(0, Heap.LiveBlocks);
    }
}
