using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// The hash function of maps: folded 128-bit products over 8 bytes at a time, with a secret seed for each map. Small enough for machine code to
/// repeat inline: one multiplication for keys of up to 8 bytes, two for 16.
/// </summary>
internal static unsafe class KeyHash
{
    // Odd numbers without structure: the fractions of the square roots of 2 and 3.
    private const ulong First = 0x6A09E667F3BCC909;
    private const ulong Second = 0xBB67AE8584CAA73B;

    /// <summary>The hash of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(byte* key, uint size, ulong seed) => size switch
    {
        4 => Fold(Mix(Unsafe.ReadUnaligned<uint>(key) ^ seed, First)),
        8 => Fold(Mix(Unsafe.ReadUnaligned<ulong>(key) ^ seed, First)),
        16 => Fold(Mix(Mix(Unsafe.ReadUnaligned<ulong>(key) ^ seed, First) ^ Unsafe.ReadUnaligned<ulong>(key + 8), Second)),
        _ => Long(key, size, seed),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Long(byte* key, uint size, ulong seed)
    {
        ulong state = Mix(seed ^ size, Second);
        for (; size >= 8; size -= 8, key += 8)
            state = Mix(state ^ Unsafe.ReadUnaligned<ulong>(key), First);
        ulong tail = 0;
        for (int shift = 0; size > 0; size--, shift += 8)
            tail |= (ulong)*key++ << shift;
        return Fold(Mix(state ^ tail, Second));
    }

    private static ulong Mix(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static uint Fold(ulong value) => (uint)(value ^ (value >> 32));
}
