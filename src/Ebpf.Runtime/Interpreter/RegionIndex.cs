using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Interpreter;

/// <summary>Regions by address. A region is entered under each page that it touches, a large one in a list of its own: finding one stays cheap for any number of map values.</summary>
internal sealed class RegionIndex
{
    private const int PageBits = 12;
    private const ulong LargeSize = 64 << PageBits;

    private readonly Dictionary<ulong, List<MemoryRegion>> _pages = [];
    private readonly List<MemoryRegion> _large = [];

    /// <summary>Adds a region, once.</summary>
    internal void Add(in MemoryRegion region)
    {
        if (region.Size == 0)
            return;
        if (region.Size > LargeSize)
        {
            if (!_large.Contains(region))
                _large.Add(region);
            return;
        }

        for (ulong page = region.Start >> PageBits; page <= (region.Start + region.Size - 1) >> PageBits; page++)
        {
            ref List<MemoryRegion>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, page, out _);
            list ??= [];
            if (!list.Contains(region))
                list.Add(region);
        }
    }

    /// <summary>Removes the region that starts here.</summary>
    internal void Remove(in MemoryRegion region)
    {
        _large.Remove(region);
        if (region.Size is 0 or > LargeSize)
            return;
        for (ulong page = region.Start >> PageBits; page <= (region.Start + region.Size - 1) >> PageBits; page++)
        {
            if (_pages.TryGetValue(page, out List<MemoryRegion>? list))
                list.Remove(region);
        }
    }

    /// <summary>Finds the region that has all these bytes.</summary>
    internal bool TryFind(ulong address, ulong size, out MemoryRegion region)
    {
        if (_pages.TryGetValue(address >> PageBits, out List<MemoryRegion>? list))
        {
            foreach (MemoryRegion candidate in list)
            {
                if (candidate.Contains(address, size))
                {
                    region = candidate;
                    return true;
                }
            }
        }

        foreach (MemoryRegion candidate in _large)
        {
            if (candidate.Contains(address, size))
            {
                region = candidate;
                return true;
            }
        }

        region = default;
        return false;
    }

    /// <summary>Removes all.</summary>
    internal void Clear()
    {
        _pages.Clear();
        _large.Clear();
    }
}
