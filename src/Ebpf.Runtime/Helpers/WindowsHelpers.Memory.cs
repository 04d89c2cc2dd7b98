namespace Ebpf.Runtime.Helpers;

/// <content>Memory and text.</content>
/// <remarks>_ebpf_core_memcpy_s and its like in libs/execution_context/ebpf_core.c, ebpf_strings.c over ntstrsafe.h.</remarks>
internal static unsafe partial class WindowsHelpers
{
    // NTSTATUS, which the text helpers give as int.
    private const int BufferOverflow = unchecked((int)0x80000005), InvalidParameter = unchecked((int)0xC000000D);

    /// <summary>bpf_memcpy_s(to, to size, from, from size) and bpf_memmove_s: what does not fit is not copied.</summary>
    private static ulong Move(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (r4 > r2)
            return Run.Result(Errno.EINVAL);
        if (!run.CanWrite(r1, r4) || !run.CanRead(r3, r4))
            return 0;
        Buffer.MemoryCopy((void*)r3, (void*)r1, r2, r4);
        return 0;
    }

    /// <summary>bpf_memcmp_s(a, a size, b, b size): -1, 0 or 1; of two that begin alike the shorter one is less.</summary>
    private static ulong Compare(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, r2) || !run.CanRead(r3, r4))
            return 0;
        int order = new ReadOnlySpan<byte>((void*)r1, checked((int)r2)).SequenceCompareTo(new ReadOnlySpan<byte>((void*)r3, checked((int)r4)));
        return Run.Result(Math.Sign(order));
    }

    /// <summary>bpf_memset(to, size, byte): the destination.</summary>
    private static ulong Fill(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => LibraryHelpers.Memset(r1, r3, r2, r4, r5, run);

    /// <summary>bpf_strncpy_s(to, to size, from, count): ends with zero, and zeros follow.</summary>
    private static ulong CopyText(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r1, r2) || !run.CanRead(r3, r4))
            return 0;
        return Put(new Span<byte>((void*)r1, checked((int)r2)), 0, Text(r3, r4));
    }

    /// <summary>bpf_strncat_s(to, to size, from, count): appends, as <see cref="CopyText"/>; the destination must end within its size.</summary>
    private static ulong AppendText(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r1, r2) || !run.CanRead(r3, r4))
            return 0;
        var destination = new Span<byte>((void*)r1, checked((int)r2));
        int end = destination.IndexOf((byte)0);
        return end < 0 ? Run.Result(InvalidParameter) : Put(destination, end, Text(r3, r4));
    }

    private static ReadOnlySpan<byte> Text(ulong address, ulong count)
    {
        var bytes = new ReadOnlySpan<byte>((void*)address, checked((int)count));
        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }

    private static ulong Put(Span<byte> destination, int at, ReadOnlySpan<byte> text)
    {
        if (destination.IsEmpty)
            return Run.Result(InvalidParameter);
        int room = destination.Length - at - 1;
        bool fits = text.Length <= room;
        if (!fits)
            text = text[..room];
        // Source and destination may be the same memory.
        text.CopyTo(destination[at..]);
        destination[(at + text.Length)..].Clear();
        return fits ? 0 : Run.Result(BufferOverflow);
    }
}
