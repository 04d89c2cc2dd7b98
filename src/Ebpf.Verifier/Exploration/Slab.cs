using System.Numerics;

namespace Ebpf.Verifier.Exploration;

/// <summary>A growing array cut into pieces whose sizes are powers of two, each given back to a list of its size. Nothing is allocated for a piece.</summary>
internal sealed class Slab<T>
    where T : unmanaged
{
    private readonly int[] _free = new int[32];
    private int[] _next = [];
    private int _used;

    internal Slab(int capacity)
    {
        Items = new T[capacity];
        Array.Fill(_free, -1);
    }

    /// <summary>The storage; replaced when it grows, so that no reference into it may be kept over an allocation.</summary>
    internal T[] Items { get; private set; }

    internal long Bytes => (long)Items.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    /// <summary>Takes a piece of at least <paramref name="length"/> items and gives its start.</summary>
    internal int Take(int length)
    {
        int order = OrderOf(length);
        int start = _free[order];
        if (start >= 0)
        {
            _free[order] = _next[start];
            return start;
        }

        start = _used;
        _used += 1 << order;
        if (_used > Items.Length)
        {
            T[] grown = new T[Math.Max(_used, Items.Length * 2)];
            Items.AsSpan(0, start).CopyTo(grown);
            Items = grown;
        }

        return start;
    }

    internal void Return(int start, int length)
    {
        int order = OrderOf(length);
        if (_next.Length < Items.Length)
            Array.Resize(ref _next, Items.Length);
        _next[start] = _free[order];
        _free[order] = start;
    }

    internal void Clear()
    {
        _used = 0;
        Array.Fill(_free, -1);
    }

    private static int OrderOf(int length) => length <= 1 ? 0 : 32 - BitOperations.LeadingZeroCount((uint)(length - 1));
}
