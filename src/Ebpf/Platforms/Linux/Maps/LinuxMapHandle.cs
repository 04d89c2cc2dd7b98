using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Programs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Maps;

/// <summary>A map of the kernel.</summary>
internal sealed partial class LinuxMapHandle : IMapHandle
{
    public LinuxMapHandle(MapSpec spec, FileDescriptor descriptor)
    {
        Spec = spec;
        Descriptor = descriptor;
        HostValueSize = spec.Type switch
        {
            MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage =>
                checked((int)((spec.ValueSize + 7) & ~7u) * PossibleCpus.Count),
            // What is looked up is an id.
            MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.ProgArray => sizeof(uint),
            _ => checked((int)spec.ValueSize),
        };
    }

    public FileDescriptor Descriptor { get; }

    public MapSpec Spec { get; }

    public int? Fd => Descriptor.Number;

    public long MemoryBytes
    {
        get
        {
            using FileDescriptor.Lease map = Descriptor.Use();
            return FdInfo.Number(map.Number, "memlock") ?? 0;
        }
    }

    public int HostValueSize { get; }

    /// <summary>How a table of functions is laid out in this kernel; null for every other type of map.</summary>
    public StructOps.StructOpsLayout? StructOps { get; init; }

    public ILinkHandle AttachStructOps(IReadOnlyList<(string Member, IProgramHandle Program)> functions) => Links.StructOpsLink.Attach(this, functions);

    /// <summary>A handle to a map that exists already. The descriptor is the handle's from now on, also where this fails.</summary>
    /// <exception cref="BpfException">It is no map.</exception>
    public static LinuxMapHandle Open(FileDescriptor descriptor)
    {
        try
        {
            if (FdInfo.Kind(descriptor.Number) is { } kind and not "bpf-map")
            {
                throw new BpfException($"it is no map but a {kind.Replace('_', '-')}", Errno.EINVAL);
            }

            MapInfoRecord info = default;
            Errno errno = Bpf.Info(descriptor.Number, ref info);
            if (errno != Errno.None)
            {
                throw new BpfException($"the kernel does not tell what map it is: {errno}", errno);
            }

            return new LinuxMapHandle(
                new MapSpec
                {
                    Name = info.Name.ToString(),
                    Type = (MapType)info.Type,
                    KeySize = info.KeySize,
                    ValueSize = info.ValueSize,
                    MaxEntries = info.MaxEntries,
                    // Devmaps have it whatever they were created with: map_is_reuse_compat in libbpf.c.
                    Flags = (MapFlags)info.MapFlags & ((MapType)info.Type is MapType.DevMap or MapType.DevMapHash ? ~MapFlags.ReadOnlyProgram : (MapFlags)uint.MaxValue),
                    Extra = info.MapExtra,
                    IsFrozen = FdInfo.Number(descriptor.Number, "frozen") == 1,
                },
                descriptor);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    public IMapHandle Share() => new LinuxMapHandle(Spec, Descriptor.Duplicate()) { StructOps = StructOps };

    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None)
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.Lookup(map.Number, key, value, (ulong)flags);
    }

    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags)
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.Update(map.Number, key, value, (ulong)flags);
    }

    public Errno Update(ReadOnlySpan<byte> key, IProgramHandle program) => Update(key, (program as LinuxProgramHandle)?.Descriptor);

    public Errno Update(ReadOnlySpan<byte> key, IMapHandle inner) => Update(key, (inner as LinuxMapHandle)?.Descriptor);

    public Errno Delete(ReadOnlySpan<byte> key)
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.Delete(map.Number, key);
    }

    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags)
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.LookupAndDelete(map.Number, key, value, (ulong)flags);
    }

    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.NextKey(map.Number, key, next);
    }

    public Errno Freeze()
    {
        // A map that is mapped for writing cannot be frozen.
        Interlocked.Exchange(ref _memory, null)?.Dispose();
        using FileDescriptor.Lease map = Descriptor.Use();
        return Bpf.Freeze(map.Number);
    }

    public MapInfo? ReadInfo() => MapInfoReader.Read(Descriptor);

    public void Dispose()
    {
        Descriptor.Dispose();
        Interlocked.Exchange(ref _memory, null)?.Dispose();
        _arena?.Dispose();
        DisposeBuffers();
    }

    private Errno Update(ReadOnlySpan<byte> key, FileDescriptor? referent)
    {
        if (referent is null)
        {
            return Errno.EBADF;
        }

        using FileDescriptor.Lease map = Descriptor.Use();
        using FileDescriptor.Lease other = referent.Use();
        int number = other.Number;
        return Bpf.Update(map.Number, key, System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)), 0);
    }
}
