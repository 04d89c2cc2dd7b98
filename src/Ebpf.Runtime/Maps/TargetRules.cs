using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Maps;

/// <summary>What a value of a table of targets may be. Interfaces, sockets and cgroups are numbers that the host understands: whether there is one of that number only the host knows.</summary>
/// <remarks>__dev_map_update_elem, cpu_map_update_elem, sock_map_update_elem_sys.</remarks>
internal static unsafe class TargetRules
{
    /// <summary>The most packets that a CPU's queue may have.</summary>
    private const uint LargestQueue = 16384;

    /// <summary>The flags that updates of a type may have; other flags are -EINVAL.</summary>
    public static ulong MostFlags(MapType type) => type == MapType.CgroupArray ? (ulong)ElementFlags.Any : (ulong)ElementFlags.Exist;

    /// <summary>Reads a value as the map keeps it. A program beside an interface or a CPU (its descriptor, above 0) is -EINVAL: it would be run by the driver.</summary>
    public static int Read(MapType type, uint valueSize, byte* value, out ulong target)
    {
        target = valueSize == 8 ? Unsafe.ReadUnaligned<ulong>(value) : Unsafe.ReadUnaligned<uint>(value);
        if (type is MapType.DevMap or MapType.DevMapHash or MapType.CpuMap)
        {
            int program = (int)(target >> 32);
            target = (uint)target;
            if (type == MapType.CpuMap && target > LargestQueue)
                return -(int)Errno.EOVERFLOW;
            if (program > 0 || (type == MapType.DevMapHash && target == 0))
                return -(int)Errno.EINVAL;
        }

        return 0;
    }

    /// <summary>Whether a value takes an element out: an array has no interface 0, and a CPU without a queue gets nothing.</summary>
    public static bool Empties(MapType type, ulong target) => target == 0 && type is MapType.DevMap or MapType.CpuMap;

    /// <summary>Whether the host can read values: sockets have 8-byte cookies, and descriptors of AF_XDP sockets and cgroups cannot be had back.</summary>
    public static int HostRead(MapType type, uint valueSize) => type switch
    {
        MapType.CgroupArray => -(int)Errno.ENOTSUPP,
        MapType.XskMap => -(int)Errno.EOPNOTSUPP,
        MapType.SockMap or MapType.SockHash or MapType.ReuseportSockArray when valueSize != 8 => -(int)Errno.ENOSPC,
        _ => 0,
    };
}
