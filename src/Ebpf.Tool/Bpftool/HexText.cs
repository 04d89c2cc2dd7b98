namespace Ebpf.Tool.Bpftool;

/// <summary>Bytes in plain output: sixteen a line, with a gap in the middle.</summary>
/// <remarks>fprint_hex in main.c of bpftool.</remarks>
internal static class HexText
{
    public static void Write(TextWriter output, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i > 0)
                output.Write(i % 16 == 0 ? "\n" : i % 8 == 0 ? "  " : " ");
            output.Write($"{bytes[i]:x2}");
        }
    }
}
