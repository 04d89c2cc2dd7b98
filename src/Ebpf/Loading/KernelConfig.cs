using System.Globalization;
using System.Text;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms;

namespace Ebpf.Loading;

/// <summary>The values of <c>__kconfig</c> externs.</summary>
/// <remarks>
/// Three are no configuration values but libbpf's own. A kernel has them; on other platforms they have defaults, which stand for what the embedded one imitates:
/// <c>LINUX_KERNEL_VERSION</c> 6.18.0, <c>LINUX_HAS_BPF_COOKIE</c> 0 (an embedded hook has no cookie), <c>LINUX_HAS_SYSCALL_WRAPPER</c> 1. See
/// bpf_object__resolve_externs and set_kcfg_value_* in libbpf.c.
/// </remarks>
/// <param name="values">What the caller gives.</param>
/// <param name="load">Where the rest is asked for: a kernel knows its configuration.</param>
internal sealed class KernelConfig(IReadOnlyDictionary<string, string> values, IPlatformLoad load)
{
    /// <summary>KERNEL_VERSION(6, 18, 0).</summary>
    public const ulong DefaultKernelVersion = (6 << 16) | (18 << 8);

    /// <summary>Writes the value of an extern; false where there is none, which leaves zeros.</summary>
    public bool TryWrite(ExternImage needed, Span<byte> bytes, string objectName)
    {
        ulong? own = load.VirtualValue(needed.Name);
        if ((values.GetValueOrDefault(needed.Name) ?? (own is null ? load.ConfigValue(needed.Name) : null)) is { } text)
        {
            Write(needed, text, bytes, objectName);
            return true;
        }

        ulong? value = own ?? needed.Name switch
        {
            "LINUX_KERNEL_VERSION" => DefaultKernelVersion,
            "LINUX_HAS_BPF_COOKIE" => 0,
            "LINUX_HAS_SYSCALL_WRAPPER" => 1,
            _ => null,
        };
        if (value is null)
        {
            return false;
        }

        WriteNumber(value.Value, bytes);
        return true;
    }

    private static void Write(ExternImage needed, string text, Span<byte> bytes, string objectName)
    {
        BpfException DoesNotFit(string wanted) =>
            new($"{objectName}: the kernel configuration value {needed.Name}={text} does not fit its declaration, which takes {wanted}", Errno.EINVAL);

        switch (needed.Kconfig)
        {
            case KconfigKind.Boolean:
                bytes[0] = text switch { "y" => 1, "n" => 0, _ => throw DoesNotFit("y or n") };
                break;
            case KconfigKind.Tristate:
                // enum libbpf_tristate: TRI_NO, TRI_YES, TRI_MODULE.
                WriteNumber(text switch { "n" => 0, "y" => 1, "m" => 2, _ => throw DoesNotFit("y, m or n") }, bytes);
                break;
            case KconfigKind.Character:
                bytes[0] = text is ['y' or 'n' or 'm'] ? (byte)text[0] : throw DoesNotFit("y, m or n");
                break;
            case KconfigKind.CharacterArray:
                string content = text is ['"', .., '"'] ? text[1..^1] : text;
                int length = Math.Clamp(bytes.Length - 1, 0, Encoding.UTF8.GetByteCount(content));
                // Too long a text is cut off, with a zero at its end, as libbpf does.
                Encoding.UTF8.GetBytes(content).AsSpan(0, length).CopyTo(bytes);
                break;
            default:
                WriteNumber(Number(needed, text) ?? throw DoesNotFit($"a number of {8 * bytes.Length} bits"), bytes);
                break;
        }
    }

    private static ulong? Number(ExternImage needed, string text)
    {
        int bits = 8 * (int)needed.Size;
        bool isNegative = text.StartsWith('-');
        string digits = isNegative ? text[1..] : text;
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!ulong.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
        {
            return text switch { "y" => 1, "n" => 0, _ => null };
        }

        // is_kcfg_value_in_range: a signed declaration takes its own range, an unsigned one no negative number.
        ulong most = needed.IsSigned ? isNegative ? 1UL << (bits - 1) : (1UL << (bits - 1)) - 1 : ulong.MaxValue >> (64 - bits);
        return value > most || (isNegative && !needed.IsSigned && value != 0) ? null : isNegative ? unchecked(0 - value) : value;
    }

    private static void WriteNumber(ulong value, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[BitConverter.IsLittleEndian ? i : bytes.Length - 1 - i] = (byte)(value >> (8 * i));
        }
    }
}
