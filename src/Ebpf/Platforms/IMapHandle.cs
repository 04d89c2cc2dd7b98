using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms;

/// <summary>
/// A created map, with the operations of bpf(2) and its results: <see cref="Errno.None"/>, or why not. Values of per-CPU maps are those of all
/// CPUs, each padded to 8 bytes. Safe for concurrent use, with programs that run too.
/// </summary>
internal interface IMapHandle : IDisposable
{
    /// <summary>What the map was created from.</summary>
    MapSpec Spec { get; }

    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    int? Fd { get; }

    /// <summary>Bytes of memory that it holds.</summary>
    long MemoryBytes { get; }

    /// <summary>Bytes of a value as the host sees it: of all CPUs for per-CPU maps, an id for maps of maps.</summary>
    int HostValueSize { get; }

    /// <summary>A further handle to the same map.</summary>
    IMapHandle Share();

    /// <summary>Copies the value of a key; the head of a queue or stack, whose keys are empty.</summary>
    Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value);

    /// <summary>Sets the value of a key; appends to a queue or stack.</summary>
    Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags);

    /// <summary>Puts a program into a slot of a PROG_ARRAY.</summary>
    Errno Update(ReadOnlySpan<byte> key, IProgramHandle program);

    /// <summary>Puts a map into a map of maps.</summary>
    Errno Update(ReadOnlySpan<byte> key, IMapHandle inner);

    /// <summary>Removes a key.</summary>
    Errno Delete(ReadOnlySpan<byte> key);

    /// <summary>Copies and removes; takes from a queue or stack.</summary>
    Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value);

    /// <summary>The key after the given one; the first where it is empty or no longer there. <see cref="Errno.ENOENT"/> after the last.</summary>
    Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next);

    /// <summary>From now on the host can no longer change it.</summary>
    Errno Freeze();

    /// <summary>Copies bytes of a global-data map's only value, without tearing an aligned word.</summary>
    Errno ReadData(int offset, Span<byte> bytes);

    /// <summary>Changes bytes of a global-data map's only value, without tearing an aligned word.</summary>
    Errno WriteData(int offset, ReadOnlySpan<byte> bytes);

    /// <summary>The consuming side of a ring buffer; null for every other type of map.</summary>
    IRingConsumer? Ring { get; }

    /// <summary>The producing side of a user ring buffer; null for every other type of map.</summary>
    IRingProducer? UserRing => null;

    /// <summary>Opens the buffers of a PERF_EVENT_ARRAY, one for each CPU that is online; null for every other type of map.</summary>
    /// <param name="bytes">Room for records in each, a power of two and at least a page.</param>
    IPerfBuffers? OpenPerfBuffers(int bytes) => null;
}
