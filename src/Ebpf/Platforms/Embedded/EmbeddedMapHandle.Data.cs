using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Embedded;

/// <content>Global data: parts of the map's only value.</content>
internal sealed unsafe partial class EmbeddedMapHandle
{
    public Errno ReadData(int offset, Span<byte> bytes)
    {
        using Hold hold = new(Map);
        if (!IsInside(offset, bytes.Length))
        {
            return Errno.EINVAL;
        }

        fixed (byte* to = bytes)
        {
            Bytes.Copy(to, Map.DirectValue + offset, (uint)bytes.Length);
        }

        return Errno.None;
    }

    public Errno WriteData(int offset, ReadOnlySpan<byte> bytes)
    {
        using Hold hold = new(Map);
        if (!IsInside(offset, bytes.Length))
        {
            return Errno.EINVAL;
        }

        if (Map.IsFrozen)
        {
            return Errno.EPERM;
        }

        fixed (byte* from = bytes)
        {
            Bytes.Copy(Map.DirectValue + offset, from, (uint)bytes.Length);
        }

        return Errno.None;
    }

    public Errno OpenMemory(bool writable, out IMapMemory? memory)
    {
        memory = null;
        if (Map is not ArrayMap { Elements: var elements } array || elements == null || (Spec.Flags & MapFlags.Mmapable) == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (writable && Map.IsFrozen)
        {
            return Errno.EPERM;
        }

        ObjectDisposedException.ThrowIf(!Map.TryAddReference(), this);
        memory = new ArrayMemory(array, (nint)elements);
        return Errno.None;
    }

    /// <summary>The elements where the engine has them. They keep the map.</summary>
    private sealed class ArrayMemory(ArrayMap map, nint start) : IMapMemory
    {
        private int _disposed;

        public nint Start => start;

        public nuint Length => (nuint)(((ulong)map.Spec.ValueSize + 7) & ~7UL) * map.Spec.MaxEntries;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                map.Release();
            }
        }
    }

    private bool IsInside(int offset, int length) =>
        Map.DirectValue != null && offset >= 0 && (long)offset + length <= Spec.ValueSize;

    /// <summary>Keeps the map's memory, whoever disposes it meanwhile.</summary>
    private readonly ref struct Hold : IDisposable
    {
        private readonly EmbeddedMap _map;

        public Hold(EmbeddedMap map)
        {
            ObjectDisposedException.ThrowIf(!map.TryAddReference(), map);
            _map = map;
        }

        public void Dispose() => _map.Release();
    }
}
