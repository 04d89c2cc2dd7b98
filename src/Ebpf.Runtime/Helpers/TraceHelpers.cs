using System.Buffers;
using System.Text;

namespace Ebpf.Runtime.Helpers;

/// <summary>Text that programs print or compose.</summary>
/// <remarks>kernel/trace/bpf_trace.c and kernel/bpf/helpers.c.</remarks>
internal static unsafe class TraceHelpers
{
    /// <remarks>MAX_TRACE_PRINTK_VARARGS, MAX_BPRINTF_VARARGS and MAX_BPRINTF_BUF in the kernel.</remarks>
    private const int MaximumArguments = 12, LineLength = 1024;

    /// <summary>bpf_trace_printk(format, size, a, b, c): the length of the text.</summary>
    internal static ulong Printk(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Print(r1, (uint)r2, [r3, r4, r5], run);

    /// <summary>bpf_trace_printk2 to 5 of eBPF for Windows, which say in their names how many arguments there are: 2 has none behind the size.</summary>
    internal static ulong Printk2(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Print(r1, (uint)r2, [], run);

    /// <summary>See <see cref="Printk2"/>.</summary>
    internal static ulong Printk3(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Print(r1, (uint)r2, [r3], run);

    /// <summary>See <see cref="Printk2"/>.</summary>
    internal static ulong Printk4(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Print(r1, (uint)r2, [r3, r4], run);

    /// <summary>bpf_trace_vprintk(format, size, arguments, length): the length of the text.</summary>
    internal static ulong VPrintk(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!AreArguments(r3, (uint)r4))
            return Run.Result(Errno.EINVAL);
        return run.CanRead(r3, (uint)r4) ? Print(r1, (uint)r2, new ReadOnlySpan<ulong>((void*)r3, (int)r4 / 8), run) : 0;
    }

    /// <summary>bpf_snprintf(text, size, format, arguments, length): the length with the terminator, had there been room.</summary>
    internal static ulong Snprintf(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r2;
        if (!AreArguments(r4, (uint)r5))
            return Run.Result(Errno.EINVAL);
        if (!run.CanWrite(r1, size) || !run.CanRead(r4, (uint)r5) || !TryConstant(r3, run, out ReadOnlySpan<byte> format))
            return 0;

        ArrayBufferWriter<byte> text = run.Text;
        text.ResetWrittenCount();
        int error = FormatText.Format(format, new ReadOnlySpan<ulong>((void*)r4, (int)r5 / 8), run, text);
        if (error != 0)
            return Run.Result(error);
        if (size != 0)
        {
            int length = (int)Math.Min((uint)text.WrittenCount, size - 1);
            text.WrittenSpan[..length].CopyTo(new Span<byte>((void*)r1, length));
            ((byte*)r1)[length] = 0;
        }

        return (ulong)text.WrittenCount + 1;
    }

    private static ulong Print(ulong address, uint size, ReadOnlySpan<ulong> arguments, Run run)
    {
        if (!run.CanRead(address, size))
            return 0;
        var format = new ReadOnlySpan<byte>((byte*)address, checked((int)size));
        int end = format.IndexOf((byte)0);
        if (end < 0)
            return Run.Result(Errno.EINVAL);

        ArrayBufferWriter<byte> text = run.Text;
        text.ResetWrittenCount();
        int error = FormatText.Format(format[..end], arguments, run, text);
        if (error != 0)
            return Run.Result(error);

        ReadOnlySpan<byte> line = text.WrittenSpan[..Math.Min(text.WrittenCount, LineLength - 1)];
        run.Print(Encoding.UTF8.GetString(line.EndsWith("\n"u8) ? line[..^1] : line));
        return (ulong)text.WrittenCount;
    }

    private static bool AreArguments(ulong address, uint length) => (length & 7) == 0 && length <= MaximumArguments * 8 && (length == 0 || address != 0);

    /// <summary>A text that ends with 0, which the verifier has seen in memory that does not change.</summary>
    private static bool TryConstant(ulong address, Run run, out ReadOnlySpan<byte> text)
    {
        int length = 0;
        text = default;
        while (true)
        {
            if (!run.CanRead(address + (ulong)length, 1))
                return false;
            if (((byte*)address)[length] == 0)
                break;
            length++;
        }

        text = new ReadOnlySpan<byte>((byte*)address, length);
        return true;
    }
}
