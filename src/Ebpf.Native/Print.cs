using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Native;

/// <summary>Messages to the client's print callback, in libbpf's wording where programs look for it.</summary>
/// <remarks>libbpf_print in libbpf.c: the callback never changes errno; until one is set, what is above debug goes to standard error.</remarks>
internal static unsafe class Print
{
    private static nint s_callback = (nint)Guest.DefaultPrint();
    private static readonly Level s_lowest = LowestLevel();

    /// <summary>enum libbpf_print_level.</summary>
    private enum Level
    {
        Warn,
        Info,
        Debug,
    }

    /// <summary>Whether debug messages reach anybody: making one costs.</summary>
    public static bool HasDebug => s_callback != 0 && (s_callback != (nint)Guest.DefaultPrint() || s_lowest == Level.Debug);

    /// <summary>Sets the callback and answers what it was before; null is nobody.</summary>
    public static void* Set(void* callback) => (void*)Interlocked.Exchange(ref s_callback, (nint)callback);

    public static void Warn(string text) => Write(Level.Warn, text);

    public static void Info(string text) => Write(Level.Info, text);

    public static void Debug(string text)
    {
        if (HasDebug)
        {
            Write(Level.Debug, text);
        }
    }

    private static void Write(Level level, string text)
    {
        void* callback = (void*)Volatile.Read(ref s_callback);
        if (callback == null || (callback == Guest.DefaultPrint() && level > s_lowest))
        {
            return;
        }

        int errno = Marshal.GetLastSystemError();
        int length = Encoding.UTF8.GetMaxByteCount(text.Length) + 16;
        byte* bytes = (byte*)NativeMemory.Alloc((nuint)length);
        int used = Encoding.UTF8.GetBytes("libbpf: " + text, new Span<byte>(bytes, length - 1));
        bytes[used] = 0;
        _ = Guest.Print(callback, (int)level, bytes);
        NativeMemory.Free(bytes);
        Marshal.SetLastSystemError(errno);
    }

    private static Level LowestLevel() => Environment.GetEnvironmentVariable("LIBBPF_LOG_LEVEL")?.ToLowerInvariant() switch
    {
        "debug" => Level.Debug,
        "warn" => Level.Warn,
        _ => Level.Info,
    };
}
