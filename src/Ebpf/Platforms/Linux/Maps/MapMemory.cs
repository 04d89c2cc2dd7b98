using Ebpf.Platforms.Linux.Buffers;
using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Linux.Maps;

/// <summary>A map's elements in this process' memory (BPF_F_MMAPABLE; since Linux 5.5): what a program writes is there at once.</summary>
internal sealed unsafe class MapMemory : IMapMemory
{
    private readonly MemoryMapping _mapping;

    private MapMemory(MemoryMapping mapping, nuint length, bool isWritable)
    {
        _mapping = mapping;
        Length = length;
        IsWritable = isWritable;
    }

    /// <summary>Whether the process may write to it.</summary>
    public bool IsWritable { get; }

    public nint Start => (nint)_mapping.Start;

    /// <summary>Bytes from the first element to the end of the last.</summary>
    public nuint Length { get; }

    /// <summary>Maps the elements of an array, each on its own 8 bytes.</summary>
    public static Errno Map(int descriptor, uint valueSize, uint entries, bool writable, out MapMemory? memory)
    {
        // array_map_mmap in kernel/bpf/arraymap.c: stride is the value's size, rounded up to 8.
        nuint length = (nuint)(((ulong)valueSize + 7) & ~7UL) * entries;
        Errno errno = MemoryMapping.Map(descriptor, length, 0, writable, out MemoryMapping? mapping);
        memory = mapping is null ? null : new MapMemory(mapping, length, writable);
        return errno;
    }

    /// <summary>Copies out, without tearing an aligned word.</summary>
    public void Read(int offset, Span<byte> bytes)
    {
        using Hold hold = new(this);
        fixed (byte* to = bytes)
        {
            Bytes.Copy(to, At(offset, bytes.Length), (uint)bytes.Length);
        }
    }

    /// <summary>Copies in, without tearing an aligned word.</summary>
    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        using Hold hold = new(this);
        fixed (byte* from = bytes)
        {
            Bytes.Copy(At(offset, bytes.Length), from, (uint)bytes.Length);
        }
    }

    public void Dispose() => _mapping.Dispose();

    private byte* At(int offset, int length) =>
        offset >= 0 && (nuint)offset + (nuint)length <= Length ? _mapping.Start + offset : throw new ArgumentOutOfRangeException(nameof(offset));

    /// <summary>Keeps the memory mapped, whoever disposes the map meanwhile.</summary>
    private readonly ref struct Hold : IDisposable
    {
        private readonly MemoryMapping _mapping;

        public Hold(MapMemory memory)
        {
            ObjectDisposedException.ThrowIf(!memory._mapping.TryHold(), memory);
            _mapping = memory._mapping;
        }

        public void Dispose() => _mapping.DangerousRelease();
    }
}
