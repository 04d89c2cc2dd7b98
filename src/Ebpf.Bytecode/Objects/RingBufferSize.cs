using System.Numerics;

namespace Ebpf.Bytecode.Objects;

/// <summary>The size that a ring buffer gets: the kernel takes powers of two pages only.</summary>
internal static class RingBufferSize
{
    /// <summary>The page that opening counts with. Objects read the same on every machine; one with larger pages rounds up again when it creates the map.</summary>
    public const uint PageSize = 4096;

    /// <summary>The next size that is a power of two pages; 0 and what is too large stay as they are, for the platform to refuse.</summary>
    /// <remarks>adjust_ringbuf_sz in libbpf.c.</remarks>
    public static uint Round(uint size, uint pageSize = PageSize)
    {
        if (size == 0 || (size % pageSize == 0 && BitOperations.IsPow2(size / pageSize)))
            return size;
        for (ulong candidate = pageSize; candidate <= uint.MaxValue; candidate <<= 1)
        {
            if (candidate > size)
                return (uint)candidate;
        }

        return size;
    }
}
