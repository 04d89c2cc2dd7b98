using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>A value of the map <c>__bpf_usdt_specs</c>: how a program has the arguments of a tracepoint.</summary>
/// <remarks>'struct __bpf_usdt_spec' in libbpf's usdt.bpf.h, which programs are compiled with: 12 arguments of 16 bytes, a cookie, a count.</remarks>
internal static class UsdtSpec
{
    public const int Size = UsdtArgument.MaxCount * ArgumentSize + 16;

    private const int ArgumentSize = 16;

    public static void Write(Span<byte> spec, ReadOnlySpan<UsdtArgument> arguments, ulong cookie)
    {
        spec[..Size].Clear();
        for (int i = 0; i < arguments.Length; i++)
        {
            Write(spec[(i * ArgumentSize)..], arguments[i]);
        }

        MemoryMarshal.Write(spec[(UsdtArgument.MaxCount * ArgumentSize)..], cookie);
        MemoryMarshal.Write(spec[(UsdtArgument.MaxCount * ArgumentSize + sizeof(ulong))..], (short)arguments.Length);
    }

    private static void Write(Span<byte> place, in UsdtArgument argument)
    {
        MemoryMarshal.Write(place, argument.Value);
        // Bit fields of a little-endian machine: kind in 8, the index register in 12, its scale in 4, 8 unused.
        MemoryMarshal.Write(place[8..], (uint)argument.Kind | ((uint)argument.Index << 8) | ((uint)argument.Scale << 20));
        MemoryMarshal.Write(place[12..], (short)argument.Register);
        place[14] = argument.IsSigned ? (byte)1 : (byte)0;
        place[15] = (byte)(64 - argument.Size * 8);
    }
}
