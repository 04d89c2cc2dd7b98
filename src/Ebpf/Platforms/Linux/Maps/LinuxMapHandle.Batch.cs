using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Maps;

/// <content>Many elements in one system call (since Linux 5.6, for most types since 5.13).</content>
internal sealed unsafe partial class LinuxMapHandle
{
    public Errno LookupBatch(MapCursor cursor, Span<byte> keys, Span<byte> values, bool delete, out int count)
    {
        // A hash goes on at a bucket, whose number has 4 bytes; others at a key.
        byte[] next = new byte[Math.Max(sizeof(uint), (int)Spec.KeySize)];
        fixed (byte* keysStart = keys, valuesStart = values, from = cursor.Position, to = next)
        {
            using FileDescriptor.Lease map = Descriptor.Use();
            var attributes = new MapBatchAttributes
            {
                MapFd = map.Number,
                InBatch = from,
                OutBatch = to,
                Keys = keysStart,
                Values = valuesStart,
                Count = CountOf(values.Length),
            };
            Errno errno = Bpf.Batch(delete ? BpfCommand.MapLookupAndDeleteBatch : BpfCommand.MapLookupBatch, ref attributes);
            // Without an answer the count is what was asked for.
            count = errno is Errno.None or Errno.ENOENT ? (int)attributes.Count : 0;
            if (errno == Errno.None)
            {
                cursor.Position = next;
            }

            return Known(errno);
        }
    }

    public Errno UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags, out int count)
    {
        fixed (byte* keysStart = keys, valuesStart = values)
        {
            using FileDescriptor.Lease map = Descriptor.Use();
            var attributes = new MapBatchAttributes { MapFd = map.Number, Keys = keysStart, Values = valuesStart, Count = CountOf(values.Length), ElementFlags = (ulong)flags };
            return Counted(Bpf.Batch(BpfCommand.MapUpdateBatch, ref attributes), attributes, values.Length, out count);
        }
    }

    public Errno DeleteBatch(ReadOnlySpan<byte> keys, out int count)
    {
        fixed (byte* keysStart = keys)
        {
            using FileDescriptor.Lease map = Descriptor.Use();
            uint all = (uint)(keys.Length / (int)Spec.KeySize);
            var attributes = new MapBatchAttributes { MapFd = map.Number, Keys = keysStart, Count = all };
            return Counted(Bpf.Batch(BpfCommand.MapDeleteBatch, ref attributes), attributes, (int)all * HostValueSize, out count);
        }
    }

    private uint CountOf(int bytes) => (uint)(bytes / HostValueSize);

    private Errno Counted(Errno errno, in MapBatchAttributes attributes, int bytes, out int count)
    {
        errno = Known(errno);
        // The kernel counts what it did where it began at all; where it did not, the count is still what was asked for.
        bool isUntouched = errno != Errno.None && attributes.Count == CountOf(bytes);
        count = isUntouched ? 0 : (int)attributes.Count;
        return errno;
    }

    // 524 from types without the operation; EINVAL from kernels that do not know the command, whose arguments are otherwise right.
    private static Errno Known(Errno errno) => errno is Errno.ENOTSUPP or Errno.EINVAL ? Errno.EOPNOTSUPP : errno;
}
