using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>bpf.h: maps.</content>
internal static unsafe partial class Libbpf
{
    /// <summary>Offsets of bpf_map_create_opts.</summary>
    private static class MapCreateOptions
    {
        public const int BtfFd = 8;
        public const int BtfKeyTypeId = 12;
        public const int BtfValueTypeId = 16;
        public const int BtfVmlinuxValueTypeId = 20;
        public const int InnerMapFd = 24;
        public const int MapFlags = 28;
        public const int MapExtra = 32;
        public const int NumaNode = 40;
        public const int MapIfindex = 44;
        public const int ValueTypeBtfObjectFd = 48;
        public const int TokenFd = 52;
        public const int ExclusiveProgramHash = 56;
        public const int ExclusiveProgramHashSize = 64;
        public const int LogOptions = 72;
        public const int End = 80;
    }

    public static int bpf_map_create(uint type, byte* name, uint keySize, uint valueSize, uint maxEntries, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(MapCreateOptions.End, "bpf_map_create_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new MapCreateAttributes
        {
            MapType = type,
            KeySize = keySize,
            ValueSize = valueSize,
            MaxEntries = maxEntries,
            MapName = NameOf(name),
            BtfFd = options.I32(MapCreateOptions.BtfFd),
            BtfKeyTypeId = options.U32(MapCreateOptions.BtfKeyTypeId),
            BtfValueTypeId = options.U32(MapCreateOptions.BtfValueTypeId),
            BtfVmlinuxValueTypeId = options.U32(MapCreateOptions.BtfVmlinuxValueTypeId),
            ValueTypeBtfObjectFd = options.I32(MapCreateOptions.ValueTypeBtfObjectFd),
            InnerMapFd = options.I32(MapCreateOptions.InnerMapFd),
            MapFlags = options.U32(MapCreateOptions.MapFlags),
            MapExtra = options.U64(MapCreateOptions.MapExtra),
            NumaNode = options.U32(MapCreateOptions.NumaNode),
            MapInterface = options.U32(MapCreateOptions.MapIfindex),
            MapTokenFd = options.I32(MapCreateOptions.TokenFd),
            ExclusiveProgramHash = options.Pointer(MapCreateOptions.ExclusiveProgramHash),
            ExclusiveProgramHashSize = options.U32(MapCreateOptions.ExclusiveProgramHashSize),
        };
        return Kernel.Open(BpfCommand.MapCreate, ref attributes);
    }

    public static int bpf_map_update_elem(int fd, byte* key, byte* value, ulong flags) => Element(BpfCommand.MapUpdateElement, fd, key, value, flags);

    public static int bpf_map_lookup_elem(int fd, byte* key, byte* value) => Element(BpfCommand.MapLookupElement, fd, key, value, 0);

    public static int bpf_map_lookup_elem_flags(int fd, byte* key, byte* value, ulong flags) => Element(BpfCommand.MapLookupElement, fd, key, value, flags);

    public static int bpf_map_lookup_and_delete_elem(int fd, byte* key, byte* value) => Element(BpfCommand.MapLookupAndDeleteElement, fd, key, value, 0);

    public static int bpf_map_lookup_and_delete_elem_flags(int fd, byte* key, byte* value, ulong flags) =>
        Element(BpfCommand.MapLookupAndDeleteElement, fd, key, value, flags);

    public static int bpf_map_delete_elem(int fd, byte* key) => Element(BpfCommand.MapDeleteElement, fd, key, null, 0);

    public static int bpf_map_delete_elem_flags(int fd, byte* key, ulong flags) => Element(BpfCommand.MapDeleteElement, fd, key, null, flags);

    public static int bpf_map_get_next_key(int fd, byte* key, byte* next) => Element(BpfCommand.MapGetNextKey, fd, key, next, 0);

    public static int bpf_map_freeze(int fd) => Element(BpfCommand.MapFreeze, fd, null, null, 0);

    public static int bpf_map_delete_batch(int fd, byte* keys, uint* count, byte* opts) => Batch(BpfCommand.MapDeleteBatch, fd, null, null, keys, null, count, opts);

    public static int bpf_map_lookup_batch(int fd, byte* inBatch, byte* outBatch, byte* keys, byte* values, uint* count, byte* opts) =>
        Batch(BpfCommand.MapLookupBatch, fd, inBatch, outBatch, keys, values, count, opts);

    public static int bpf_map_lookup_and_delete_batch(int fd, byte* inBatch, byte* outBatch, byte* keys, byte* values, uint* count, byte* opts) =>
        Batch(BpfCommand.MapLookupAndDeleteBatch, fd, inBatch, outBatch, keys, values, count, opts);

    public static int bpf_map_update_batch(int fd, byte* keys, byte* values, uint* count, byte* opts) =>
        Batch(BpfCommand.MapUpdateBatch, fd, null, null, keys, values, count, opts);

    private static int Element(BpfCommand command, int fd, void* key, void* value, ulong flags)
    {
        var attributes = new MapElementAttributes { MapFd = fd, Key = key, Value = value, Flags = flags };
        return Kernel.Call(command, ref attributes);
    }

    private static int Batch(BpfCommand command, int fd, void* inBatch, void* outBatch, void* keys, void* values, uint* count, byte* opts)
    {
        const int ElementFlags = 8, Flags = 16, End = 24;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_map_batch_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new MapBatchAttributes
        {
            MapFd = fd,
            InBatch = inBatch,
            OutBatch = outBatch,
            Keys = keys,
            Values = values,
            Count = *count,
            ElementFlags = options.U64(ElementFlags),
            Flags = options.U64(Flags),
        };
        int result = Kernel.Call(command, ref attributes);
        *count = attributes.Count;
        return result;
    }

    /// <summary>A name as the caller wrote it, cut to what fits; the kernel refuses what it does not like.</summary>
    private static ObjectName NameOf(byte* text)
    {
        ObjectName name = default;
        Span<byte> bytes = name;
        for (int i = 0; text != null && text[i] != 0 && i < ObjectName.Length - 1; i++)
        {
            bytes[i] = text[i];
        }

        return name;
    }
}
