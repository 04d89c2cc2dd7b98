namespace Ebpf.Runtime.Helpers;

/// <summary>
/// Reads from addresses that may be anything. What belongs to the run or to its maps is read, everything else is -EFAULT: a program never sees
/// memory of the host process.
/// </summary>
internal static unsafe class ProbeHelpers
{
    /// <summary>bpf_probe_read(to, size, from), its user and kernel forms, and bpf_copy_from_user.</summary>
    internal static ulong Read(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r2;
        if (!run.CanWrite(r1, size))
            return 0;
        if (size == 0)
            return 0;
        if (!run.IsProbeable(r3, size))
        {
            new Span<byte>((byte*)r1, checked((int)size)).Clear();
            return Run.Result(Errno.EFAULT);
        }

        Buffer.MemoryCopy((byte*)r3, (byte*)r1, size, size);
        return 0;
    }

    /// <summary>bpf_probe_read_str(to, size, from) and its forms: the length with the terminator, cut to the size.</summary>
    internal static ulong ReadString(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r2;
        if (!run.CanWrite(r1, size))
            return 0;
        byte* to = (byte*)r1, from = (byte*)r3;
        for (uint i = 0; i < size; i++)
        {
            if (!run.IsProbeable((ulong)(from + i), 1))
            {
                new Span<byte>(to, checked((int)size)).Clear();
                return Run.Result(Errno.EFAULT);
            }

            to[i] = from[i];
            if (to[i] == 0)
                return i + 1;
        }

        if (size != 0)
            to[size - 1] = 0;
        return size;
    }
}
