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
    Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None);

    /// <summary>Sets the value of a key; appends to a queue or stack.</summary>
    Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags);

    /// <summary>Puts a program into a slot of a PROG_ARRAY.</summary>
    Errno Update(ReadOnlySpan<byte> key, IProgramHandle program);

    /// <summary>Puts a map into a map of maps.</summary>
    Errno Update(ReadOnlySpan<byte> key, IMapHandle inner);

    /// <summary>Removes a key.</summary>
    Errno Delete(ReadOnlySpan<byte> key);

    /// <summary>Copies and removes; takes from a queue or stack.</summary>
    Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None);

    /// <summary>The key after the given one; the first where it is empty or no longer there. <see cref="Errno.ENOENT"/> after the last.</summary>
    Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next);

    /// <summary>From now on the host can no longer change it.</summary>
    Errno Freeze();

    /// <summary>Gives a table of functions (struct_ops) its programs, by member, and registers it.</summary>
    ILinkHandle AttachStructOps(IReadOnlyList<(string Member, IProgramHandle Program)> functions) =>
        throw new BpfNotSupportedException("a table of functions (struct_ops)", "embedded", "the linux platform");

    /// <summary>Copies bytes of a global-data map's only value, without tearing an aligned word.</summary>
    Errno ReadData(int offset, Span<byte> bytes);

    /// <summary>Changes bytes of a global-data map's only value, without tearing an aligned word.</summary>
    Errno WriteData(int offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Copies elements from a place on, as many as there is room for; <see cref="Errno.ENOENT"/> with the last of them, <see cref="Errno.ENOSPC"/>
    /// where there is room for too few. With <paramref name="delete"/> they are removed.
    /// </summary>
    /// <returns><see cref="Errno.EOPNOTSUPP"/> where the platform, or this type of map, has no such operation: go key by key.</returns>
    Errno LookupBatch(MapCursor cursor, Span<byte> keys, Span<byte> values, bool delete, out int count)
    {
        count = 0;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>Sets values of keys in their order, up to the first that fails.</summary>
    /// <returns>As for <see cref="LookupBatch"/>.</returns>
    Errno UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags, out int count)
    {
        count = 0;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>Removes keys in their order, up to the first that fails.</summary>
    /// <returns>As for <see cref="LookupBatch"/>.</returns>
    Errno DeleteBatch(ReadOnlySpan<byte> keys, out int count)
    {
        count = 0;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>The elements of an array in this process' memory; <see cref="Errno.EOPNOTSUPP"/> where it was not created for that (<see cref="MapFlags.Mmapable"/>).</summary>
    Errno OpenMemory(bool writable, out IMapMemory? memory)
    {
        memory = null;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>What the kernel says of it; null where it lives in none.</summary>
    MapInfo? ReadInfo() => null;

    /// <summary>The consuming side of a ring buffer; null for every other type of map.</summary>
    IRingConsumer? Ring { get; }

    /// <summary>The producing side of a user ring buffer; null for every other type of map.</summary>
    IRingProducer? UserRing => null;

    /// <summary>Opens the buffers of a PERF_EVENT_ARRAY, one for each CPU that is online; null for every other type of map.</summary>
    /// <param name="bytes">Room for records in each, a power of two and at least a page.</param>
    IPerfBuffers? OpenPerfBuffers(int bytes) => null;
}

/// <summary>Where a walk over a map's elements is. Its bytes mean something to the platform alone.</summary>
internal sealed class MapCursor
{
    /// <summary>What the platform wrote last; empty before the beginning.</summary>
    public byte[] Position { get; set; } = [];
}

/// <summary>The elements of an array in this process' memory. It stays where it is until it is disposed, whatever happens to the map.</summary>
internal interface IMapMemory : IDisposable
{
    /// <summary>Where the first element begins; each takes its value's size, rounded up to 8.</summary>
    nint Start { get; }

    /// <summary>Bytes of all elements.</summary>
    nuint Length { get; }
}
