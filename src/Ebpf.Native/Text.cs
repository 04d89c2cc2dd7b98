using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Native;

/// <summary>Strings of C.</summary>
internal static unsafe class Text
{
    // Grows with the names of types and versions, of which there are few.
    private static readonly ConcurrentDictionary<string, nint> s_static = new();

    /// <summary>A string that lives as long as the process.</summary>
    public static byte* Static(string text) => (byte*)s_static.GetOrAdd(text, static t => (nint)Copy(t));

    /// <summary>A copy that the C side frees, or we by <see cref="Free"/>.</summary>
    public static byte* Copy(string text) => Copy(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Copy(string)"/>
    public static byte* Copy(ReadOnlySpan<byte> text)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
        text.CopyTo(new Span<byte>(copy, text.Length));
        copy[text.Length] = 0;
        return copy;
    }

    public static void Free(byte* text) => NativeMemory.Free(text);

    /// <summary>The text of a string of C; null for null.</summary>
    public static string? Read(byte* text) => text == null ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    public static ReadOnlySpan<byte> Bytes(byte* text) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
}
