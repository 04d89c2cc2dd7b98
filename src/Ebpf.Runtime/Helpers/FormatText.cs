using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Runtime.Helpers;

/// <summary>The kernel's text formatting for BPF programs: what it accepts, and what comes out.</summary>
/// <remarks>bpf_bprintf_prepare in kernel/bpf/helpers.c and vsnprintf in lib/vsprintf.c. A hashed pointer (%p) is printed as it is.</remarks>
internal static unsafe class FormatText
{
    /// <summary>Formats into a byte list. Answers 0 or -EINVAL, as the kernel does before it prints anything.</summary>
    internal static int Format(ReadOnlySpan<byte> format, ReadOnlySpan<ulong> arguments, Run run, ArrayBufferWriter<byte> output)
    {
        int error = -(int)Errno.EINVAL;
        int used = 0;
        for (int i = 0; i < format.Length; i++)
        {
            byte c = format[i];
            if (c < 0x80 && !IsPrintable(c) && !IsSpace(c))
                return error;
            if (c != '%')
            {
                output.Write(format.Slice(i, 1));
                continue;
            }

            if (At(format, i + 1) == '%')
            {
                output.Write("%"u8);
                i++;
                continue;
            }

            if (used >= arguments.Length)
                return error;
            i++;
            Specification specification = ReadFlags(format, ref i);
            ulong argument = arguments[used++];
            if (!Convert(format, ref i, specification, argument, run, output))
                return error;
        }

        return 0;
    }

    private static Specification ReadFlags(ReadOnlySpan<byte> format, ref int i)
    {
        var specification = default(Specification);
        for (; At(format, i) is (byte)'0' or (byte)'+' or (byte)'-' or (byte)' '; i++)
        {
            switch (format[i])
            {
                case (byte)'0': specification.PadsWithZeros = true; break;
                case (byte)'+': specification.Sign = '+'; break;
                case (byte)'-': specification.IsLeft = true; break;
                default:
                    if (specification.Sign == 0)
                        specification.Sign = ' ';
                    break;
            }
        }

        if (At(format, i) is >= (byte)'1' and <= (byte)'9')
        {
            // The kernel keeps a width in 24 bits and clamps it; nobody gets a megabyte of blanks here.
            for (; At(format, i) is >= (byte)'0' and <= (byte)'9'; i++)
                specification.Width = Math.Min((specification.Width * 10) + (format[i] - '0'), MaximumWidth);
        }

        return specification;
    }

    /// <summary>Longer than what any of the helpers gives out.</summary>
    private const int MaximumWidth = 1 << 16;

    /// <summary>Prints one conversion, whose character is at <paramref name="i"/>; false where the kernel does not know it.</summary>
    private static bool Convert(ReadOnlySpan<byte> format, ref int i, Specification specification, ulong argument, Run run, ArrayBufferWriter<byte> output)
    {
        switch (At(format, i))
        {
            case (byte)'p':
                return Pointer(format, ref i, specification, argument, run, output);
            case (byte)'s':
                return EndsHere(format, i) && Text(specification, argument, run, output);
            case (byte)'c':
                Pad([(byte)argument], specification with { PadsWithZeros = false }, output);
                return true;
        }

        int longs = 0;
        for (; longs < 2 && At(format, i) == 'l'; longs++)
            i++;
        bool isWide = longs > 0;
        switch (At(format, i))
        {
            case (byte)'d' or (byte)'i':
                Signed(isWide ? (long)argument : (int)argument, specification, output);
                return true;
            case (byte)'u':
                Number((isWide ? argument : (uint)argument).ToString(CultureInfo.InvariantCulture), "", specification, output);
                return true;
            case (byte)'x':
                Number((isWide ? argument : (uint)argument).ToString("x", CultureInfo.InvariantCulture), "", specification, output);
                return true;
            case (byte)'X':
                Number((isWide ? argument : (uint)argument).ToString("X", CultureInfo.InvariantCulture), "", specification, output);
                return true;
            default:
                return false;
        }
    }

    private static bool Pointer(ReadOnlySpan<byte> format, ref int i, Specification specification, ulong argument, Run run, ArrayBufferWriter<byte> output)
    {
        byte next = At(format, i + 1), after = At(format, i + 2);
        if (next is (byte)'k' or (byte)'u' && after == 's')
        {
            i += 2;
            return EndsHere(format, i) && Text(specification, argument, run, output);
        }

        if (next is (byte)'i' or (byte)'I' && after is (byte)'4' or (byte)'6')
        {
            i += 2;
            Address(next == 'I', after == '6', argument, run, output);
            return true;
        }

        if (next is (byte)'s' or (byte)'S' or (byte)'B')
        {
            // A symbol that is not known is printed as a number.
            i++;
            Number(argument.ToString("x", CultureInfo.InvariantCulture), "0x", specification, output);
            return true;
        }

        if (next is (byte)'K' or (byte)'x')
            i++;
        else if (!EndsHere(format, i))
            return false;
        Number(argument.ToString("x16", CultureInfo.InvariantCulture), "", specification, output);
        return true;
    }

    /// <summary>Text in memory of the run; empty where it cannot be read.</summary>
    private static bool Text(Specification specification, ulong address, Run run, ArrayBufferWriter<byte> output)
    {
        const int MaximumLength = 511; // the kernel's buffer for all arguments of one call has 512 bytes

        Span<byte> text = stackalloc byte[MaximumLength];
        int length = 0;
        for (; length < MaximumLength && run.IsProbeable(address + (ulong)length, 1); length++)
        {
            byte b = ((byte*)address)[length];
            if (b == 0)
                break;
            text[length] = b;
        }

        Pad(text[..length], specification with { PadsWithZeros = false }, output);
        return true;
    }

    /// <summary>An IP address; the kernel has made text of it before it would look at a width.</summary>
    private static void Address(bool isPlain, bool isVersion6, ulong address, Run run, ArrayBufferWriter<byte> output)
    {
        Span<byte> bytes = stackalloc byte[isVersion6 ? 16 : 4];
        bytes.Clear();
        if (run.IsProbeable(address, (ulong)bytes.Length))
            new ReadOnlySpan<byte>((byte*)address, bytes.Length).CopyTo(bytes);

        var text = new StringBuilder();
        for (int i = 0; i < bytes.Length; i++)
        {
            if (isVersion6)
            {
                if (isPlain && i > 0 && i % 2 == 0)
                    text.Append(':');
                text.Append(CultureInfo.InvariantCulture, $"{bytes[i]:x2}");
            }
            else
            {
                if (i > 0)
                    text.Append('.');
                text.Append(bytes[i].ToString(isPlain ? "d" : "d3", CultureInfo.InvariantCulture));
            }
        }

        output.Write(Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static void Signed(long value, Specification specification, ArrayBufferWriter<byte> output)
    {
        string sign = value < 0 ? "-" : specification.Sign == 0 ? "" : specification.Sign.ToString();
        string digits = value.ToString(CultureInfo.InvariantCulture);
        Number(value < 0 ? digits[1..] : digits, sign, specification, output);
    }

    /// <summary>A number: zeros go between its sign and its digits.</summary>
    private static void Number(string digits, string sign, Specification specification, ArrayBufferWriter<byte> output)
    {
        if (specification is { PadsWithZeros: true, IsLeft: false })
            digits = digits.PadLeft(Math.Max(specification.Width - sign.Length, 0), '0');
        Pad(Encoding.ASCII.GetBytes(sign + digits), specification, output);
    }

    private static void Pad(ReadOnlySpan<byte> text, Specification specification, ArrayBufferWriter<byte> output)
    {
        int blanks = Math.Max(specification.Width - text.Length, 0);
        if (!specification.IsLeft)
            Blanks(blanks, output);
        output.Write(text);
        if (specification.IsLeft)
            Blanks(blanks, output);

        static void Blanks(int count, ArrayBufferWriter<byte> output)
        {
            if (count == 0)
                return;
            output.GetSpan(count)[..count].Fill((byte)' ');
            output.Advance(count);
        }
    }

    /// <summary>A conversion of one character must not run into a word.</summary>
    private static bool EndsHere(ReadOnlySpan<byte> format, int i) => At(format, i + 1) is var next && (next == 0 || IsSpace(next) || IsPunctuation(next));

    private static byte At(ReadOnlySpan<byte> format, int i) => i < format.Length ? format[i] : (byte)0;

    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    private static bool IsPrintable(byte b) => b is >= 0x20 and < 0x7f;

    private static bool IsPunctuation(byte b) => IsPrintable(b) && b != ' ' && !char.IsAsciiLetterOrDigit((char)b);

    [StructLayout(LayoutKind.Auto)]
    private record struct Specification
    {
        public bool PadsWithZeros, IsLeft;
        public char Sign;
        public int Width;
    }
}
