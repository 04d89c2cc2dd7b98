namespace Ebpf.Runtime.Helpers;

/// <summary>Numbers and strings.</summary>
internal static unsafe class NumberHelpers
{
    /// <remarks>BPF_STRTOX_BASE_MASK in kernel/bpf/helpers.c.</remarks>
    private const ulong BaseMask = 0x1f;

    /// <summary>bpf_strtol(text, size, flags, result): how many characters were used.</summary>
    internal static ulong Strtol(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, r2) || !run.CanWrite(r4, 8))
            return 0;
        long* result = (long*)r4;
        *result = 0;
        int used = Parse(new ReadOnlySpan<byte>((byte*)r1, Limit(r2)), r3, out ulong value, out bool isNegative);
        if (used < 0)
            return Run.Result(used);
        if (isNegative ? (long)(0 - value) > 0 : (long)value < 0)
            return Run.Result(Errno.ERANGE);
        *result = isNegative ? (long)(0 - value) : (long)value;
        return (ulong)used;
    }

    /// <summary>bpf_strtoul(text, size, flags, result): how many characters were used.</summary>
    internal static ulong Strtoul(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r1, r2) || !run.CanWrite(r4, 8))
            return 0;
        ulong* result = (ulong*)r4;
        *result = 0;
        int used = Parse(new ReadOnlySpan<byte>((byte*)r1, Limit(r2)), r3, out ulong value, out bool isNegative);
        if (used < 0)
            return Run.Result(used);
        if (isNegative)
            return Run.Result(Errno.EINVAL);
        *result = value;
        return (ulong)used;
    }

    /// <summary>bpf_strncmp(a, size, b): -1, 0 or 1. The second is a constant that ends with 0.</summary>
    internal static ulong Strncmp(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r2;
        if (!run.CanRead(r1, size))
            return 0;
        byte* a = (byte*)r1, b = (byte*)r3;
        for (uint i = 0; i < size; i++)
        {
            if (!run.CanRead((ulong)(b + i), 1))
                return 0;
            if (a[i] != b[i])
                return a[i] < b[i] ? ulong.MaxValue : 1;
            if (a[i] == 0)
                break;
        }

        return 0;
    }

    /// <remarks>__bpf_strtoull in kernel/bpf/helpers.c with _parse_integer of lib/kstrtox.c: at most 63 digits, a sign, a prefix that agrees with the base.</remarks>
    private static int Parse(ReadOnlySpan<byte> text, ulong flags, out ulong value, out bool isNegative)
    {
        const int MaximumDigits = 63;

        value = 0;
        isNegative = false;
        ulong @base = flags & BaseMask;
        if (text.IsEmpty || (flags & ~BaseMask) != 0 || @base is not (0 or 8 or 10 or 16))
            return -(int)Errno.EINVAL;

        int position = 0;
        while (position < text.Length && IsSpace(text[position]))
            position++;
        isNegative = position < text.Length && text[position] == '-';
        if (isNegative)
            position++;
        if (position == text.Length)
            return -(int)Errno.EINVAL;

        ReadOnlySpan<byte> digits = text.Slice(position, Math.Min(text.Length - position, MaximumDigits));
        bool hasPrefix = At(digits, 0) == '0' && (At(digits, 1) | 0x20) == 'x';
        if (@base == 0)
            @base = At(digits, 0) != '0' ? 10u : hasPrefix && Digit(At(digits, 2)) < 16 ? 16u : 8u;
        int start = @base == 16 && hasPrefix ? 2 : 0;

        int i = start;
        for (; i < digits.Length && Digit(digits[i]) < @base; i++)
        {
            UInt128 next = ((UInt128)value * @base) + Digit(digits[i]);
            if (next > ulong.MaxValue)
                return -(int)Errno.ERANGE;
            value = (ulong)next;
        }

        return i == start ? -(int)Errno.EINVAL : position + i;
    }

    /// <summary>Texts are never read further than matters; a size beyond 2 GiB cannot be memory of a run.</summary>
    private static int Limit(ulong size) => (int)Math.Min(size, int.MaxValue);

    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13) or 0xa0;

    private static byte At(ReadOnlySpan<byte> text, int index) => index < text.Length ? text[index] : (byte)0;

    private static uint Digit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => (uint)(b - '0'),
        >= (byte)'a' and <= (byte)'f' => (uint)(b - 'a' + 10),
        >= (byte)'A' and <= (byte)'F' => (uint)(b - 'A' + 10),
        _ => uint.MaxValue,
    };
}
