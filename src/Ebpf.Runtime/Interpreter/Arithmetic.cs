using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Interpreter;

/// <summary>Division as BPF has it: it never traps.</summary>
/// <remarks>RFC 9669 §4.1: x / 0 is 0, x % 0 is x, and the least number divided by -1 is itself with remainder 0.</remarks>
internal static class Arithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Div(ulong x, ulong y) => y == 0 ? 0 : x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Mod(ulong x, ulong y) => y == 0 ? x : x % y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Div(uint x, uint y) => y == 0 ? 0 : x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Mod(uint x, uint y) => y == 0 ? x : x % y;

    internal static ulong SDiv(ulong x, ulong y) => (long)y switch
    {
        0 => 0,
        -1 => 0 - x,
        long divisor => (ulong)((long)x / divisor),
    };

    internal static ulong SMod(ulong x, ulong y) => (long)y switch
    {
        0 => x,
        -1 => 0,
        long divisor => (ulong)((long)x % divisor),
    };

    internal static uint SDiv(uint x, uint y) => (int)y switch
    {
        0 => 0,
        -1 => 0 - x,
        int divisor => (uint)((int)x / divisor),
    };

    internal static uint SMod(uint x, uint y) => (int)y switch
    {
        0 => x,
        -1 => 0,
        int divisor => (uint)((int)x % divisor),
    };
}
