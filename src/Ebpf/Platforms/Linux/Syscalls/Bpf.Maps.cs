namespace Ebpf.Platforms.Linux.Syscalls;

/// <content>Maps.</content>
internal static unsafe partial class Bpf
{
    public static Errno CreateMap(ref MapCreateAttributes attributes, out FileDescriptor? map) => Open(BpfCommand.MapCreate, ref attributes, out map);

    /// <param name="map">The map's descriptor.</param>
    /// <param name="key">Empty for queues and stacks.</param>
    /// <param name="value">The value; of all CPUs, 8-byte aligned each, for per-CPU maps.</param>
    /// <param name="flags">BPF_F_LOCK (4), since Linux 5.1; BPF_F_CPU (8) with the CPU in the upper half, since 7.0.</param>
    public static Errno Lookup(int map, ReadOnlySpan<byte> key, Span<byte> value, ulong flags) => Element(BpfCommand.MapLookupElement, map, key, value, flags);

    public static Errno Update(int map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Element(BpfCommand.MapUpdateElement, map, key, value, flags);

    public static Errno Delete(int map, ReadOnlySpan<byte> key, ulong flags = 0) => Element(BpfCommand.MapDeleteElement, map, key, default, flags);

    /// <summary>Since Linux 4.20 for queues and stacks, 5.14 for hashes.</summary>
    public static Errno LookupAndDelete(int map, ReadOnlySpan<byte> key, Span<byte> value, ulong flags) =>
        Element(BpfCommand.MapLookupAndDeleteElement, map, key, value, flags);

    /// <summary>The key after the given one; the first where it is empty or not there (since Linux 4.12).</summary>
    public static Errno NextKey(int map, ReadOnlySpan<byte> key, Span<byte> next) => Element(BpfCommand.MapGetNextKey, map, key, next, 0);

    /// <summary>From now on user space cannot write it; since Linux 5.2.</summary>
    public static Errno Freeze(int map) => Element(BpfCommand.MapFreeze, map, default, default, 0);

    /// <summary>Works on many elements at once; since Linux 5.6, per type. <see cref="MapBatchAttributes.Count"/> says how many it was.</summary>
    public static Errno Batch(BpfCommand command, ref MapBatchAttributes attributes) => Call(command, ref attributes);

    private static Errno Element(BpfCommand command, int map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        // An empty span gives a null pointer, which is what the kernel wants for "no key".
        fixed (byte* keyAddress = key, valueAddress = value)
        {
            var attributes = new MapElementAttributes { MapFd = map, Key = keyAddress, Value = valueAddress, Flags = flags };
            return Call(command, ref attributes);
        }
    }
}
