namespace Ebpf.Runtime.Helpers;

/// <summary>The C library's functions on memory, which a compiler may call.</summary>
internal static unsafe class LibraryHelpers
{
    /// <summary>memset(to, byte, size).</summary>
    internal static ulong Memset(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r1, r3))
            return 0;
        new Span<byte>((void*)r1, checked((int)r3)).Fill((byte)r2);
        return r1;
    }

    /// <summary>memcpy(to, from, size).</summary>
    internal static ulong Memcpy(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Memmove(r1, r2, r3, r4, r5, run);

    /// <summary>memmove(to, from, size).</summary>
    internal static ulong Memmove(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r1, r3) || !run.CanRead(r2, r3))
            return 0;
        Buffer.MemoryCopy((void*)r2, (void*)r1, r3, r3);
        return r1;
    }

    /// <summary>memcmp(a, b, size): the difference of the first bytes that differ.</summary>
    internal static ulong Memcmp(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, r3) || !run.CanRead(r2, r3))
            return 0;
        byte* a = (byte*)r1, b = (byte*)r2;
        return Compare(a, b, r3);
    }

    /// <summary>bpf_strnlen_s(text, size) of eBPF for Windows.</summary>
    internal static ulong StrnlenS(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        ulong length = 0;
        while (length < r2 && run.CanRead(r1 + length, 1) && ((byte*)r1)[length] != 0)
            length++;
        return length;
    }

    private static ulong Compare(byte* a, byte* b, ulong size)
    {
        for (ulong i = 0; i < size; i++)
        {
            if (a[i] != b[i])
                return (ulong)(a[i] - b[i]);
        }

        return 0;
    }
}
