using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>
/// The memory of a map's data, whose address clients keep from open on: first only the initial value, later the map itself. On Linux the map is mapped
/// over it, embedded the map is created on it.
/// </summary>
internal sealed unsafe class MapMemory : IDisposable
{
    private readonly nuint _length;
    private byte* _address;

    public MapMemory(ulong size)
    {
        _length = (nuint)((Math.Max(size, 1) + (ulong)Os.PageSize - 1) & ~((ulong)Os.PageSize - 1));
        void* address = LibC.Map(null, _length, Os.ProtectionReadWrite, Os.MapSharedAnonymous, -1, 0);
        _address = (nint)address != -1 ? (byte*)address : throw new BpfException($"there is no memory for {size} bytes of data", Errno.ENOMEM);
        nuint length = _length;
        Storage = new MapStorage((nint)address, length, () => _ = LibC.Unmap(address, length));
    }

    public byte* Address => _address;

    public Span<byte> Bytes => new(_address, (int)Math.Min(_length, int.MaxValue));

    /// <summary>Another one of the new size, with the same contents as far as they fit; this one is gone.</summary>
    /// <remarks>bpf_map_mmap_resize in libbpf.c.</remarks>
    public MapMemory Resized(ulong size)
    {
        var other = new MapMemory(size);
        Bytes[..(int)Math.Min(_length, other._length)].CopyTo(other.Bytes);
        Dispose();
        return other;
    }

    /// <summary>From now on it is the map's own memory.</summary>
    public void MapOver(int map, bool readOnly)
    {
        void* mapped = LibC.Map(_address, _length, readOnly ? Os.ProtectionRead : Os.ProtectionReadWrite, Os.MapShared | Os.MapFixed, map, 0);
        if ((nint)mapped == -1)
        {
            throw new BpfException($"a map of global data cannot be mapped into memory: {LibC.LastError}", LibC.LastError);
        }
    }

    /// <summary>The memory as the embedded platform takes it.</summary>
    public MapStorage Storage { get; }

    /// <summary>From now on it cannot be written.</summary>
    public void Seal() => _ = Os.Protect(_address, _length, Os.ProtectionRead);

    public void Dispose()
    {
        if (_address != null)
        {
            _address = null;
            Storage.Release();
        }
    }
}
