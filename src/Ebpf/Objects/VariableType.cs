using System.Globalization;
using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf;

/// <summary>The type of a global variable: how its bytes are read as text and written from it.</summary>
internal sealed class VariableType
{
    private readonly string _variable;
    private readonly int _size;
    private readonly bool _isLittleEndian;
    private readonly BtfType? _type;
    private readonly Form _form;

    private enum Form
    {
        /// <summary>A struct, a union, an array: bytes in hexadecimal.</summary>
        Bytes,
        Unsigned,
        Signed,
        Boolean,
        Enumeration,

        /// <summary>An array of char: text that ends at the first zero.</summary>
        Text,
    }

    /// <param name="variable">The variable's name, for messages.</param>
    /// <param name="types">The object's types; null where it has none.</param>
    /// <param name="typeId">Its type; 0 where unknown.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="isLittleEndian">The object's byte order.</param>
    internal VariableType(string variable, BtfView? types, uint typeId, int size, bool isLittleEndian)
    {
        _variable = variable;
        _size = size;
        _isLittleEndian = isLittleEndian;
        if (types is not null && typeId != 0)
        {
            Name = types.FormatDeclaration(typeId);
            _type = types.SkipModifiers(typeId);
            _form = FormOf(_type.Value, size);
        }
        else
        {
            Name = "";
            _form = size is 1 or 2 or 4 or 8 ? Form.Unsigned : Form.Bytes;
        }
    }

    /// <summary>Whether a variable of so many bytes is shown as text: 2 GiB of zeros are nothing to read.</summary>
    internal static bool IsTextual(int size) => size <= 4096;

    /// <summary>The type in C, "" where unknown.</summary>
    internal string Name { get; }

    internal void CheckSize(int size, string what)
    {
        if (size != _size)
        {
            throw new ArgumentException($"variable '{_variable}'{(Name.Length == 0 ? "" : $" ({Name})")} has {_size} bytes, {what} has {size}");
        }
    }

    /// <summary>Turns a number's bytes between the object's byte order and this machine's.</summary>
    internal void ToHostOrder(Span<byte> bytes)
    {
        if (_isLittleEndian == BitConverter.IsLittleEndian)
        {
            return;
        }

        if (_form is Form.Bytes)
        {
            throw new BpfException($"variable '{_variable}' ({Name}) is in the other byte order: only its bytes can be had", Errno.LIBBPF_ENDIAN);
        }

        if (_form is not Form.Text)
        {
            bytes.Reverse();
        }
    }

    internal string Format(ReadOnlySpan<byte> bytes) => _form switch
    {
        Form.Unsigned => ReadUnsigned(bytes).ToString(CultureInfo.InvariantCulture),
        Form.Signed => ReadSigned(bytes).ToString(CultureInfo.InvariantCulture),
        Form.Boolean => bytes[0] != 0 ? "true" : "false",
        Form.Enumeration => Enumerator(ReadSigned(bytes)) ?? Enumerator((long)ReadUnsigned(bytes)) ?? ReadSigned(bytes).ToString(CultureInfo.InvariantCulture),
        Form.Text => '"' + Encoding.UTF8.GetString(bytes[..(bytes.IndexOf((byte)0) is >= 0 and int end ? end : bytes.Length)]) + '"',
        _ => Convert.ToHexStringLower(bytes),
    };

    internal void Parse(string text, Span<byte> bytes)
    {
        switch (_form)
        {
            case Form.Boolean:
                bytes[0] = text switch
                {
                    "true" or "1" or "y" => 1,
                    "false" or "0" or "n" => 0,
                    _ => throw DoesNotFit(text, "true or false"),
                };
                break;
            case Form.Enumeration when EnumeratorValue(text) is { } value:
                Write(bytes, (ulong)value);
                break;
            case Form.Enumeration when !char.IsAsciiDigit(text.FirstOrDefault()) && !text.StartsWith('-'):
                throw new BpfException($"cannot set variable '{_variable}' ({Name}): {NameHint.Missing("enumerator", text, Enumerators())}", Errno.EINVAL);
            case Form.Signed or Form.Unsigned or Form.Enumeration:
                Write(bytes, ParseNumber(text));
                break;
            case Form.Text:
                ParseText(text, bytes);
                break;
            default:
                ParseBytes(text, bytes);
                break;
        }
    }

    private static Form FormOf(in BtfType type, int size) => type.Kind switch
    {
        BtfKind.Int when type.Int.IsBool && size == 1 => Form.Boolean,
        BtfKind.Int when size is 1 or 2 or 4 or 8 => type.Int.IsSigned ? Form.Signed : Form.Unsigned,
        BtfKind.Ptr when size is 4 or 8 => Form.Unsigned,
        BtfKind.Enum or BtfKind.Enum64 when size is 1 or 2 or 4 or 8 => Form.Enumeration,
        BtfKind.Array when IsCharacter(type.View.SkipModifiers(type.Array.ElementType), type.View.String(type.View[type.Array.ElementType].NameOffset)) => Form.Text,
        _ => Form.Bytes,
    };

    /// <summary>A char, and not a byte by another name: typedefs such as u8 are numbers.</summary>
    private static bool IsCharacter(in BtfType element, string ownName) =>
        element.Kind == BtfKind.Int && element.Size == 1 && !element.Int.IsBool && (element.Int.IsChar || element.Name == "char") && ownName is "char" or "";

    private ulong ReadUnsigned(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)bytes[_isLittleEndian ? i : bytes.Length - 1 - i] << (8 * i);
        }

        return value;
    }

    private long ReadSigned(ReadOnlySpan<byte> bytes)
    {
        int shift = 64 - (8 * bytes.Length);
        return (long)(ReadUnsigned(bytes) << shift) >> shift;
    }

    private void Write(Span<byte> bytes, ulong value)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[_isLittleEndian ? i : bytes.Length - 1 - i] = (byte)(value >> (8 * i));
        }
    }

    private ulong ParseNumber(string text)
    {
        int bits = 8 * _size;
        bool isNegative = text.StartsWith('-');
        string digits = isNegative ? text[1..] : text;
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (text.Length == 3 && text[0] == '\'' && text[2] == '\'' && text[1] < 128)
        {
            return text[1];
        }

        if (!ulong.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
        {
            throw DoesNotFit(text, "a number");
        }

        // Hexadecimal stands for the bits, whatever the sign of the type.
        bool isSigned = _form != Form.Unsigned && !isHex;
        ulong greatest = isNegative ? 1UL << (bits - 1) : ulong.MaxValue >> (64 - bits + (isSigned && _form == Form.Signed ? 1 : 0));
        if (value > greatest || (isNegative && value != 0 && _form == Form.Unsigned))
        {
            throw DoesNotFit(text, $"a number of {bits} bits{(_form == Form.Signed ? " with a sign" : _form == Form.Unsigned ? " without a sign" : "")}");
        }

        return isNegative ? unchecked(0 - value) : value;
    }

    private void ParseText(string text, Span<byte> bytes)
    {
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        if (Encoding.UTF8.GetByteCount(text) > bytes.Length)
        {
            throw DoesNotFit(text, $"text of at most {bytes.Length} bytes");
        }

        bytes.Clear();
        Encoding.UTF8.GetBytes(text, bytes);
    }

    private void ParseBytes(string text, Span<byte> bytes)
    {
        string digits = text.Replace(" ", "", StringComparison.Ordinal);
        digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        if (digits.Length != 2 * bytes.Length || !digits.All(char.IsAsciiHexDigit))
        {
            throw DoesNotFit(text, $"{bytes.Length} bytes in hexadecimal");
        }

        Convert.FromHexString(digits).CopyTo(bytes);
    }

    private string? Enumerator(long value)
    {
        foreach (BtfEnumerator enumerator in _type!.Value.Enumerators)
        {
            if (enumerator.Value == value)
            {
                return enumerator.Name;
            }
        }

        return null;
    }

    private long? EnumeratorValue(string name)
    {
        foreach (BtfEnumerator enumerator in _type!.Value.Enumerators)
        {
            if (enumerator.Name == name)
            {
                return enumerator.Value;
            }
        }

        return null;
    }

    private List<string> Enumerators()
    {
        var names = new List<string>();
        foreach (BtfEnumerator enumerator in _type!.Value.Enumerators)
        {
            names.Add(enumerator.Name);
        }

        return names;
    }

    private BpfException DoesNotFit(string text, string wanted) =>
        new($"cannot set variable '{_variable}'{(Name.Length == 0 ? "" : $" ({Name})")} to '{text}': it takes {wanted}", Errno.EINVAL);
}
