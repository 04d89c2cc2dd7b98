using Ebpf.Platforms;

namespace Ebpf;

/// <content>Many elements at once: one system call where the kernel has it for the type (since 5.6), key by key otherwise.</content>
public sealed partial class BpfMap
{
    // Elements of a first batch: enough to hold the fullest bucket of most hashes; more where it does not.
    private const int BatchSize = 256, LargestBatch = 1 << 20;

    /// <summary>Sets the values of many keys, in their order, until one cannot be set.</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <param name="values">As many values, each of <see cref="HostValueSize"/> bytes.</param>
    /// <param name="flags">What an update may do.</param>
    /// <returns>How many were set: fewer than there are where <paramref name="flags"/> forbid the next, or the map is full.</returns>
    public int TryUpdateMany(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Answer(UpdateAll(keys, values, flags, out int done), "update");
        return done;
    }

    /// <summary>Sets the values of many keys, in their order.</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <param name="values">As many values, each of <see cref="HostValueSize"/> bytes.</param>
    /// <param name="flags">What an update may do.</param>
    /// <exception cref="BpfException">One cannot be set; those before it are.</exception>
    public void UpdateMany(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Errno errno = UpdateAll(keys, values, flags, out int done);
        Require(errno, $"set element {done} of {keys.Length / Math.Max(KeySize, 1)} in");
    }

    /// <summary>Removes many keys; those that are not there are passed over.</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <returns>How many were there.</returns>
    public int DeleteMany(ReadOnlySpan<byte> keys)
    {
        int count = CountOf(keys);
        int deleted = 0;
        for (int at = 0; at < count;)
        {
            ReadOnlySpan<byte> rest = keys[(at * KeySize)..];
            Errno errno = Handle.DeleteBatch(rest, out int done);
            if (errno == Errno.EOPNOTSUPP)
            {
                errno = Handle.Delete(rest[..KeySize]);
                done = errno == Errno.None ? 1 : 0;
            }

            deleted += done;
            at += done;
            if (errno == Errno.ENOENT)
            {
                at++;
            }
            else
            {
                Require(errno, "delete a key from");
            }
        }

        return deleted;
    }

    /// <summary>Takes all elements out: copies and removes them. What is put in meanwhile may be taken or stay.</summary>
    public IReadOnlyList<BpfMapEntry> Drain()
    {
        var taken = new List<BpfMapEntry>();
        if (KeySize == 0)
        {
            byte[] value = new byte[HostValueSize];
            while (TryPop(value))
            {
                taken.Add(new BpfMapEntry([], value));
                value = new byte[HostValueSize];
            }

            return taken;
        }

        if (!TryReadBatches(delete: true, taken.Add))
        {
            foreach (byte[] key in Keys())
            {
                byte[] value = new byte[HostValueSize];
                if (TryTake(key, value))
                {
                    taken.Add(new BpfMapEntry(key, value));
                }
            }
        }

        return taken;
    }

    /// <summary>The elements of an array in this process' memory.</summary>
    /// <param name="writable">Whether it is to be written to; a frozen map is only read.</param>
    /// <exception cref="BpfException">The map is no array that was created with <see cref="MapFlags.Mmapable"/>, or it is frozen.</exception>
    public BpfMapMemory OpenMemory(bool writable = true)
    {
        Errno errno = Handle.OpenMemory(writable, out IMapMemory? memory);
        return errno switch
        {
            Errno.None => new BpfMapMemory(memory!, this, writable),
            Errno.EOPNOTSUPP => throw new BpfException($"map '{Name}' cannot be mapped into memory: it takes an array with the flag {nameof(MapFlags.Mmapable)}", errno),
            _ => throw Failure(errno, "map into memory the elements of"),
        };
    }

    /// <summary>Older kernels look up and delete in two steps, between which a program may change the value.</summary>
    private bool TryTake(byte[] key, byte[] value)
    {
        Errno errno = Handle.LookupAndDelete(key, value);
        return errno is Errno.EOPNOTSUPP or Errno.ENOTSUPP or Errno.EINVAL
            ? TryLookup(key, value) && TryDelete(key)
            : Answer(errno, "look up and delete a key in");
    }

    private Errno UpdateAll(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags, out int done)
    {
        int count = CountOf(keys);
        if (values.Length != (long)count * HostValueSize)
        {
            throw new ArgumentException($"{count} values of map '{Name}' have {(long)count * HostValueSize} bytes, not {values.Length}", nameof(values));
        }

        done = 0;
        if (count == 0)
        {
            return Errno.None;
        }

        Errno errno = Handle.UpdateBatch(keys, values, flags, out done);
        while (errno == Errno.EOPNOTSUPP && done < count)
        {
            errno = Handle.Update(keys.Slice(done * KeySize, KeySize), values.Slice(done * HostValueSize, HostValueSize), flags);
            if (errno == Errno.None && ++done < count)
            {
                errno = Errno.EOPNOTSUPP;
            }
        }

        return errno;
    }

    /// <summary>Walks the elements batch by batch; false, and nothing was given, where the map has no batches.</summary>
    private bool TryReadBatches(bool delete, Action<BpfMapEntry> give)
    {
        var cursor = new MapCursor();
        int size = BatchSize;
        for (bool isFirst = true; ; isFirst = false)
        {
            byte[] keys = new byte[size * KeySize], values = new byte[size * HostValueSize];
            Errno errno = Handle.LookupBatch(cursor, keys, values, delete, out int count);
            for (int i = 0; i < count; i++)
            {
                give(new BpfMapEntry(keys.AsSpan(i * KeySize, KeySize).ToArray(), values.AsSpan(i * HostValueSize, HostValueSize).ToArray()));
            }

            switch (errno)
            {
                case Errno.None:
                    break;
                case Errno.ENOENT:
                    return true;
                case Errno.EOPNOTSUPP or Errno.EINTR when isFirst:
                    return false;
                case Errno.ENOSPC when size < LargestBatch:
                    size *= 2;
                    break;
                default:
                    throw Failure(errno, "walk the elements of");
            }
        }
    }

    private int CountOf(ReadOnlySpan<byte> keys) => KeySize > 0 && keys.Length % KeySize == 0
        ? keys.Length / KeySize
        : throw new ArgumentException(KeySize == 0 ? $"map '{Name}' has no keys" : $"keys of map '{Name}' have {KeySize} bytes each: {keys.Length} are no whole number of them", nameof(keys));
}
