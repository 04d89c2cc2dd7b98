using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Maps;

/// <summary>Copies and comparisons of keys and values: the sizes that nearly all maps have go by registers, and aligned words are never torn.</summary>
internal static unsafe class Bytes
{
    /// <summary>Copies <paramref name="size"/> bytes between places that do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(byte* to, byte* from, uint size)
    {
        switch (size)
        {
            case 4:
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<uint>(from));
                break;
            case 8:
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
                break;
            default:
                Unsafe.CopyBlockUnaligned(to, from, size);
                break;
        }
    }

    /// <summary>Whether two keys are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreEqual(byte* left, byte* right, uint size) => size switch
    {
        4 => Unsafe.ReadUnaligned<uint>(left) == Unsafe.ReadUnaligned<uint>(right),
        8 => Unsafe.ReadUnaligned<ulong>(left) == Unsafe.ReadUnaligned<ulong>(right),
        16 => ((Unsafe.ReadUnaligned<ulong>(left) ^ Unsafe.ReadUnaligned<ulong>(right))
            | (Unsafe.ReadUnaligned<ulong>(left + 8) ^ Unsafe.ReadUnaligned<ulong>(right + 8))) == 0,
        _ => new ReadOnlySpan<byte>(left, (int)size).SequenceEqual(new ReadOnlySpan<byte>(right, (int)size)),
    };
}
