using Ebpf.Platforms.Linux.Buffers;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Maps;

/// <content>Global data: parts of the map's only value.</content>
internal sealed partial class LinuxMapHandle
{
    private MapMemory? _memory;
    private MemoryMapping? _arena;

    /// <summary>
    /// Maps an arena (since Linux 6.9), at the address that its map_extra says: programs that use it are verified against where it is in this process. It
    /// stays for as long as this handle.
    /// </summary>
    public void MapArena()
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        Errno errno = MemoryMapping.Map(map.Number, (nuint)Spec.MaxEntries * (nuint)Environment.SystemPageSize, 0, isWritable: true, out _arena, address: Spec.Extra);
        if (errno != Errno.None)
        {
            throw new BpfException($"arena '{Spec.Name}' of {Spec.MaxEntries} pages cannot be mapped{(Spec.Extra == 0 ? "" : $" at 0x{Spec.Extra:x}")}: {errno}", errno);
        }
    }

    public Errno ReadData(int offset, Span<byte> bytes)
    {
        if (!IsInside(offset, bytes.Length))
        {
            return Errno.EINVAL;
        }

        if (Memory(out Errno errno) is { } memory)
        {
            memory.Read(offset, bytes);
            return Errno.None;
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        byte[] whole = new byte[HostValueSize];
        errno = Lookup(BpfMap.Key(0), whole);
        whole.AsSpan(offset, bytes.Length).CopyTo(bytes);
        return errno;
    }

    public Errno WriteData(int offset, ReadOnlySpan<byte> bytes)
    {
        if (!IsInside(offset, bytes.Length))
        {
            return Errno.EINVAL;
        }

        if (Memory(out Errno errno) is { } memory)
        {
            if (!memory.IsWritable)
            {
                return Errno.EPERM;
            }

            memory.Write(offset, bytes);
            return Errno.None;
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        // A map of hidden variables only cannot be mapped: the whole value is replaced.
        byte[] whole = new byte[HostValueSize];
        errno = Lookup(BpfMap.Key(0), whole);
        if (errno != Errno.None)
        {
            return errno;
        }

        bytes.CopyTo(whole.AsSpan(offset));
        return Update(BpfMap.Key(0), whole, MapUpdateFlags.Any);
    }

    /// <summary>The map's memory; null where it cannot be mapped, which is no error.</summary>
    private MapMemory? Memory(out Errno errno)
    {
        errno = Errno.None;
        if (Volatile.Read(ref _memory) is { } there)
        {
            return there;
        }

        if ((Spec.Flags & MapFlags.Mmapable) == 0)
        {
            return null;
        }

        using FileDescriptor.Lease map = Descriptor.Use();
        errno = MapMemory.Map(map.Number, Spec.ValueSize, Spec.MaxEntries, writable: !Spec.IsFrozen, out MapMemory? made);
        if (errno == Errno.EPERM && !Spec.IsFrozen)
        {
            // Frozen by somebody since.
            errno = MapMemory.Map(map.Number, Spec.ValueSize, Spec.MaxEntries, writable: false, out made);
        }

        if (made is not null && Interlocked.CompareExchange(ref _memory, made, null) is { } other)
        {
            made.Dispose();
            return other;
        }

        return made;
    }

    public Errno OpenMemory(bool writable, out IMapMemory? memory)
    {
        memory = null;
        if (Spec.Type != MapType.Array || (Spec.Flags & MapFlags.Mmapable) == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        using FileDescriptor.Lease map = Descriptor.Use();
        Errno errno = MapMemory.Map(map.Number, Spec.ValueSize, Spec.MaxEntries, writable, out MapMemory? mapped);
        memory = mapped;
        return errno;
    }

    private bool IsInside(int offset, int length) => offset >= 0 && (long)offset + length <= Spec.ValueSize && Spec.Type == MapType.Array;
}
