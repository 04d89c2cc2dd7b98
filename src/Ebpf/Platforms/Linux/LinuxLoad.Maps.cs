using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.StructOps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux;

/// <content>Maps.</content>
internal sealed partial class LinuxLoad
{
    /// <remarks>bpf_object__create_map and bpf_object__populate_internal_map in libbpf.c.</remarks>
    public IMapHandle CreateMap(MapSpec map)
    {
        StructOpsLayout? layout = map.Type == MapType.StructOps ? StructOpsLayout.Find(map, _kernel) : null;
        map = layout is null ? map : map with { ValueSize = layout.Value.Size };
        using FileDescriptor? inner = map.Inner is { } template ? Create(template, null, null, $"the inner map of map '{map.Name}'") : null;
        FileDescriptor descriptor = Create(map, inner, layout, $"map '{map.Name}'");
        var handle = new LinuxMapHandle(map, descriptor) { StructOps = layout };
        try
        {
            if (map.Type == MapType.Arena)
            {
                handle.MapArena();
            }

            Fill(handle);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private FileDescriptor Create(MapSpec map, FileDescriptor? inner, StructOpsLayout? layout, string what)
    {
        var attributes = new MapCreateAttributes
        {
            MapType = (uint)map.Type,
            KeySize = map.KeySize,
            ValueSize = map.ValueSize,
            MaxEntries = map.MaxEntries,
            MapFlags = (uint)map.Flags,
            InnerMapFd = inner?.Number ?? 0,
            NumaNode = map.NumaNode,
            MapName = ObjectName.From(map.Name),
            MapExtra = map.Extra,
        };
        if (layout is not null)
        {
            // BPF_F_VTYPE_BTF_OBJ_FD in include/uapi/linux/bpf.h: the value's type is a module's.
            const uint ValueTypeOfModule = 1 << 15;
            int module = _kernel.DescriptorOf(layout.Value);
            attributes.BtfFd = ObjectTypes?.Number ?? 0;
            attributes.BtfVmlinuxValueTypeId = layout.Value.Id;
            attributes.ValueTypeBtfObjectFd = module;
            attributes.MapFlags |= module != 0 ? ValueTypeOfModule : 0;
        }
        else if (TakesTypes(map.Type) && (map.KeyType | map.ValueType) != 0 && ObjectTypes is { } types)
        {
            attributes.BtfFd = types.Number;
            attributes.BtfKeyTypeId = map.KeyType;
            attributes.BtfValueTypeId = map.ValueType;
        }

        Errno errno = Bpf.CreateMap(ref attributes, out FileDescriptor? created);
        if (MemoryLock.RaisedFor(errno))
        {
            errno = Bpf.CreateMap(ref attributes, out created);
        }

        if (errno is not (Errno.None or Errno.EPERM or Errno.ENOMEM) && attributes.BtfFd != 0 && layout is null)
        {
            // The kernel's opinion on a key's or value's type: the map is as good without it, unless its values have locks or timers.
            (attributes.BtfFd, attributes.BtfKeyTypeId, attributes.BtfValueTypeId) = (0, 0, 0);
            errno = Bpf.CreateMap(ref attributes, out created);
        }

        return errno == Errno.None ? created! : throw Refused(map, what, errno);
    }

    /// <summary>Puts in what the object says, and freezes what is constant.</summary>
    private static void Fill(LinuxMapHandle map)
    {
        // A new map is all zero: only other contents are worth a call.
        if (map.Spec.IsInternal && map.Spec.InitialData.Span.ContainsAnyExcept((byte)0))
        {
            Require(map.Update(BpfMap.Key(0), Whole(map), MapUpdateFlags.Any), map, "does not take its initial contents");
        }

        if (map.Spec.IsFrozen)
        {
            Errno errno = map.Freeze();
            // Before Linux 5.2 nothing can be frozen, and nothing needs to be.
            if (errno != Errno.EINVAL || KernelVersion.Running >= KernelVersion.Number(5, 2, 0))
            {
                Require(errno, map, "cannot be frozen");
            }
        }
    }

    private static ReadOnlySpan<byte> Whole(LinuxMapHandle map)
    {
        ReadOnlySpan<byte> data = map.Spec.InitialData.Span;
        if (data.Length == map.HostValueSize)
        {
            return data;
        }

        byte[] whole = new byte[map.HostValueSize];
        data[..Math.Min(data.Length, whole.Length)].CopyTo(whole);
        return whole;
    }

    private static void Require(Errno errno, LinuxMapHandle map, string what)
    {
        if (errno != Errno.None)
        {
            throw new BpfException($"map '{map.Spec.Name}' {what}: {errno}", errno);
        }
    }

    /// <summary>Whether the kernel takes the types of keys and values of such a map.</summary>
    private static bool TakesTypes(MapType type) => type is not (
        MapType.PerfEventArray or MapType.CgroupArray or MapType.StackTrace or MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.DevMap or
        MapType.DevMapHash or MapType.CpuMap or MapType.XskMap or MapType.SockMap or MapType.SockHash or MapType.Queue or MapType.Stack or MapType.Arena);

    private BpfException Refused(MapSpec map, string what, Errno errno)
    {
        if (errno == Errno.EINVAL && KernelEnums.HasMapType(map.Type) == false)
        {
            return new BpfNotSupportedException($"{what}: type {map.Type.Text()}", "running kernel's Linux", Since.Version(map.Type) is { } since ? $"Linux {since}" : null, errno);
        }

        string reason = errno switch
        {
            Errno.EPERM => "it takes root, or CAP_BPF (for some types with CAP_NET_ADMIN)",
            Errno.ENOMEM => "there is not enough memory",
            Errno.E2BIG => $"{map.MaxEntries} elements of {map.KeySize} and {map.ValueSize} bytes are more than the kernel allows",
            Errno.EINVAL => $"the kernel does not take type {map.Type.Text()} with keys of {map.KeySize} bytes, values of {map.ValueSize}, {map.MaxEntries} elements and flags {map.Flags}",
            Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"a map of type {map.Type.Text()} cannot be had with flags {map.Flags}, or with such values",
            Errno.EMFILE => "the process has too many open files: raise RLIMIT_NOFILE (ulimit -n)",
            _ => "",
        };
        return new BpfException($"{what} cannot be created: {errno}{(reason.Length == 0 ? "" : ", ")}{reason}{TypesNote(errno)}", errno);
    }
}
