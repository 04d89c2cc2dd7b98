using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>Asks the kernel about a map.</summary>
internal static class MapInfoReader
{
    /// <summary>All that there is to know of a map.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    public static MapInfo Read(FileDescriptor map)
    {
        using FileDescriptor.Lease lease = map.Use();
        MapInfoRecord info = default;
        Errno errno = Bpf.Info(lease.Number, ref info);
        if (errno != Errno.None)
        {
            throw new BpfException($"the kernel does not tell about the map: {errno}", errno);
        }

        bool isProgramArray = (MapType)info.Type == MapType.ProgArray;
        return new MapInfo
        {
            Id = info.Id,
            Type = (MapType)info.Type,
            Name = info.Name.ToString(),
            KeySize = info.KeySize,
            ValueSize = info.ValueSize,
            MaxEntries = info.MaxEntries,
            Flags = (MapFlags)info.MapFlags,
            Extra = info.MapExtra,
            MemoryBytes = FdInfo.Number(lease.Number, "memlock"),
            IsFrozen = FdInfo.Number(lease.Number, "frozen") is > 0,
            BtfId = info.BtfId,
            KeyType = info.BtfKeyTypeId,
            ValueType = info.BtfValueTypeId,
            KernelValueType = info.BtfVmlinuxValueTypeId,
            OwnerType = isProgramArray ? (ProgramType?)FdInfo.Number(lease.Number, "owner_prog_type") : null,
            IsOwnerJited = isProgramArray && FdInfo.Number(lease.Number, "owner_jited") is { } jited ? jited != 0 : null,
            OffloadInterface = info.Interface,
        };
    }
}
