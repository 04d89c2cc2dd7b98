using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Maps of an object.</content>
internal static unsafe partial class Libbpf
{
    private const ulong FlagOneCpu = 8;
    private const ulong FlagAllCpus = 16;

    public static int bpf_map__fd(nint map)
    {
        if (map == 0)
        {
            System.Runtime.InteropServices.Marshal.SetLastSystemError((int)Errno.EINVAL);
            return Answer.Error(Errno.EINVAL);
        }

        NativeMap source = Map(map);
        return source.IsCreated ? source.Fd : -1;
    }

    public static byte* bpf_map__name(nint map) => map == 0 ? null : Map(map).Name;

    public static uint bpf_map__type(nint map) => (uint)Map(map).Spec.Type;

    public static int bpf_map__set_type(nint map, uint type) => Change(map, target => target.Spec.Type = (MapType)type);

    public static uint bpf_map__max_entries(nint map) => Map(map).Spec.MaxEntries;

    public static int bpf_map__set_max_entries(nint map, uint entries) => Change(
        map,
        target => target.Spec.MaxEntries = target.Spec.Type is MapType.RingBuf or MapType.UserRingBuf ? RingBufferSize.Round(entries) : entries);

    public static uint bpf_map__map_flags(nint map) => (uint)Map(map).Spec.Flags;

    public static int bpf_map__set_map_flags(nint map, uint flags) => Change(map, target => target.Spec.Flags = (MapFlags)flags);

    public static uint bpf_map__numa_node(nint map) => Map(map).Spec.NumaNode;

    public static int bpf_map__set_numa_node(nint map, uint node) => Change(map, target => target.Spec.NumaNode = node);

    public static uint bpf_map__key_size(nint map) => Map(map).Spec.KeySize;

    public static int bpf_map__set_key_size(nint map, uint size) => Change(map, target => target.Spec.KeySize = size);

    public static uint bpf_map__value_size(nint map) => Map(map).Spec.ValueSize;

    public static int bpf_map__set_value_size(nint map, uint size)
    {
        NativeMap target = Map(map);
        if (target.IsCreated)
        {
            return Answer.Error(Errno.EBUSY);
        }

        if (target.Spec.IsInternal && target.Spec.Type != MapType.Array)
        {
            return Answer.Error(Errno.EOPNOTSUPP);
        }

        target.Resize(size);
        return 0;
    }

    public static uint bpf_map__btf_key_type_id(nint map) => map == 0 ? 0 : Map(map).KeyTypeId;

    public static uint bpf_map__btf_value_type_id(nint map) => map == 0 ? 0 : Map(map).ValueTypeId;

    public static uint bpf_map__ifindex(nint map) => Map(map).Ifindex;

    public static int bpf_map__set_ifindex(nint map, uint ifindex) => Change(map, target => target.Ifindex = ifindex);

    public static ulong bpf_map__map_extra(nint map) => Map(map).Spec.Extra;

    public static int bpf_map__set_map_extra(nint map, ulong extra) => Change(map, target => target.Spec.Extra = extra);

    public static bool bpf_map__autocreate(nint map) => Map(map).Spec.AutoCreate;

    public static int bpf_map__set_autocreate(nint map, bool autocreate) => Change(map, target => target.Spec.AutoCreate = autocreate);

    public static bool bpf_map__autoattach(nint map) => Map(map).AutoAttach;

    public static int bpf_map__set_autoattach(nint map, bool autoattach)
    {
        NativeMap target = Map(map);
        if (!target.IsStructOps)
        {
            return Answer.Error(Errno.EINVAL);
        }

        target.AutoAttach = autoattach;
        return 0;
    }

    public static bool bpf_map__is_internal(nint map) => Map(map).Spec.IsInternal;

    public static int bpf_map__set_initial_value(nint map, byte* data, nuint size)
    {
        NativeMap target = Map(map);
        if (target.IsCreated)
        {
            return Answer.Error(Errno.EBUSY);
        }

        if (target.Memory is not { } memory || target.IsStructOps || target.IsKconfig || size != target.Spec.ValueSize)
        {
            return Answer.Error(Errno.EINVAL);
        }

        new ReadOnlySpan<byte>(data, (int)size).CopyTo(memory.Bytes);
        return 0;
    }

    public static byte* bpf_map__initial_value(nint map, nuint* size)
    {
        NativeMap source = Map(map);
        if (source.Memory is not { } memory)
        {
            return null;
        }

        if (size != null)
        {
            *size = source.Spec.ValueSize;
        }

        return memory.Address;
    }

    public static nint bpf_map__inner_map(nint map)
    {
        NativeMap source = Map(map);
        return source.Spec.Type is MapType.ArrayOfMaps or MapType.HashOfMaps ? source.Inner?.Handle ?? 0 : Answer.Null(Errno.EINVAL);
    }

    public static int bpf_map__set_inner_map_fd(nint map, int fd)
    {
        NativeMap target = Map(map);
        if (target.Spec.Type is not (MapType.ArrayOfMaps or MapType.HashOfMaps))
        {
            Print.Warn("error: unsupported map type\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (target.InnerMapFd != -1)
        {
            Print.Warn("error: inner_map_fd already specified\n");
            return Answer.Error(Errno.EINVAL);
        }

        target.DropInner();
        target.InnerMapFd = fd;
        target.Spec.InnerTemplate = Host.MapOf(fd, target.Spec.Name).Handle.Spec;
        return 0;
    }

    public static int bpf_map__reuse_fd(nint map, int fd)
    {
        NativeMap target = Map(map);
        MapInfoRecord info = default;
        uint length = (uint)sizeof(MapInfoRecord);
        int error = bpf_obj_get_info_by_fd(fd, (byte*)&info, &length);
        if (error != 0)
        {
            return error;
        }

        int copy = LibC.Control(fd, Os.DuplicateCloseOnExec, 3);
        if (copy < 0)
        {
            return -(int)LibC.LastError;
        }

        target.Spec.Type = (MapType)info.Type;
        target.Spec.KeySize = info.KeySize;
        target.Spec.ValueSize = info.ValueSize;
        target.Spec.MaxEntries = info.MaxEntries;
        target.Spec.Flags = (MapFlags)info.MapFlags;
        target.Spec.Extra = info.MapExtra;
        target.Spec.Reuse(Host.MapOf(copy, target.Spec.Name));
        target.Reuse(copy);
        return 0;
    }

    public static int bpf_map__lookup_elem(nint map, byte* key, nuint keySize, byte* value, nuint valueSize, ulong flags)
    {
        NativeMap source = Map(map);
        int error = CheckElement(source, keySize, valueSize, true, flags);
        return error != 0 ? error : bpf_map_lookup_elem_flags(source.Fd, key, value, flags);
    }

    public static int bpf_map__update_elem(nint map, byte* key, nuint keySize, byte* value, nuint valueSize, ulong flags)
    {
        NativeMap target = Map(map);
        int error = CheckElement(target, keySize, valueSize, true, flags);
        return error != 0 ? error : bpf_map_update_elem(target.Fd, key, value, flags);
    }

    public static int bpf_map__delete_elem(nint map, byte* key, nuint keySize, ulong flags)
    {
        NativeMap target = Map(map);
        int error = CheckElement(target, keySize, 0, false, flags);
        return error != 0 ? error : bpf_map_delete_elem_flags(target.Fd, key, flags);
    }

    public static int bpf_map__lookup_and_delete_elem(nint map, byte* key, nuint keySize, byte* value, nuint valueSize, ulong flags)
    {
        NativeMap target = Map(map);
        int error = CheckElement(target, keySize, valueSize, true, flags);
        return error != 0 ? error : bpf_map_lookup_and_delete_elem_flags(target.Fd, key, value, flags);
    }

    public static int bpf_map__get_next_key(nint map, byte* key, byte* next, nuint keySize)
    {
        NativeMap source = Map(map);
        int error = CheckElement(source, keySize, 0, false, 0);
        return error != 0 ? error : bpf_map_get_next_key(source.Fd, key, next);
    }

    internal static NativeMap Map(nint pointer) => Handles.Get<NativeMap>(pointer);

    private static int Change(nint map, Action<NativeMap> change)
    {
        NativeMap target = Map(map);
        if (target.IsCreated)
        {
            return Answer.Error(Errno.EBUSY);
        }

        change(target);
        return 0;
    }

    /// <remarks>validate_map_op in libbpf.c.</remarks>
    private static int CheckElement(NativeMap map, nuint keySize, nuint valueSize, bool checksValue, ulong flags)
    {
        string name = map.Spec.Name;
        if (!map.IsCreated)
        {
            return Answer.Error(Errno.ENOENT);
        }

        if (map.Spec.KeySize != keySize)
        {
            Print.Warn($"map '{name}': unexpected key size {keySize} provided, expected {map.Spec.KeySize}\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (map.Fd < 0)
        {
            Print.Warn($"map '{name}': can't use BPF map without FD (was it created?)\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (!checksValue)
        {
            return 0;
        }

        uint size = map.Spec.ValueSize;
        bool isPerCpu = map.Spec.Type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;
        if (isPerCpu && (flags & (FlagOneCpu | FlagAllCpus)) == 0)
        {
            int cpus = libbpf_num_possible_cpus();
            ulong stride = ((ulong)size + 7) & ~7UL;
            if (valueSize != (ulong)cpus * stride)
            {
                Print.Warn($"map '{name}': unexpected value size {valueSize} provided for per-CPU map, expected {cpus} * {stride} = {(ulong)cpus * stride}\n");
                return Answer.Error(Errno.EINVAL);
            }

            return 0;
        }

        if (isPerCpu && (flags & (FlagOneCpu | FlagAllCpus)) == (FlagOneCpu | FlagAllCpus))
        {
            Print.Warn($"map '{name}': BPF_F_CPU and BPF_F_ALL_CPUS are mutually exclusive\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (size != valueSize)
        {
            Print.Warn($"map '{name}': unexpected value size {valueSize} provided, expected {size}\n");
            return Answer.Error(Errno.EINVAL);
        }

        return 0;
    }
}
