using System.Globalization;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>What a name in SEC() says about where its programs attach.</summary>
/// <remarks>The attach functions of section_defs in libbpf.c.</remarks>
internal static class SectionTarget
{
    /// <exception cref="BpfException">The name says nothing (EOPNOTSUPP), or says it in a wrong form (EINVAL).</exception>
    public static AttachRequest Parse(HookRequest hook)
    {
        string name = hook.Name;
        if (!SectionDefinitions.TryFind(Dialect.Linux, name, out SectionDefinition definition))
        {
            throw new BpfException($"'{name}' names no hook of Linux: give what stands in SEC(), such as kprobe/do_unlinkat", Errno.EOPNOTSUPP);
        }

        // The program's own section may have been given a target since: what it was loaded for counts.
        string? target = name == hook.Program?.SectionName ? hook.Program.AttachTarget : SectionDefinitions.AttachTarget(definition, name);
        if (definition.AutoAttach == AutoAttachKind.None || string.IsNullOrEmpty(target))
        {
            throw new BpfException($"section '{name}' does not say where its programs attach: use the method of their kind (AttachXdp, AttachCgroup, …)", Errno.EOPNOTSUPP);
        }

        bool isReturn = definition.Name.StartsWith("kret", StringComparison.Ordinal) || definition.Name.StartsWith("uret", StringComparison.Ordinal);
        bool isSession = definition.Name.Contains(".session", StringComparison.Ordinal);
        return definition.AutoAttach switch
        {
            AutoAttachKind.Kprobe => Kprobe(name, target, isReturn),
            AutoAttachKind.KprobeMulti or AutoAttachKind.KprobeSession =>
                new KprobeMultiRequest(new KprobeMultiOptions { Pattern = FunctionPattern(name, target), IsReturn = isReturn, IsSession = isSession }),
            AutoAttachKind.Ksyscall => new SystemCallRequest(target, isReturn, 0),
            AutoAttachKind.Uprobe => Uprobe(name, target, isReturn),
            AutoAttachKind.UprobeMulti => UprobeMulti(name, target, isReturn, isSession),
            AutoAttachKind.Usdt => Usdt(name, target, hook.Program),
            AutoAttachKind.Tp => Tracepoint(name, target),
            AutoAttachKind.RawTp => new RawTracepointRequest(target, 0),
            AutoAttachKind.Trace or AutoAttachKind.Lsm => new TargetRequest(name, 0),
            AutoAttachKind.Iter => new IteratorRequest(target, new IteratorOptions()),
            _ => throw new BpfNotSupportedException($"attaching to {name}", "linux"),
        };
    }

    private static KprobeRequest Kprobe(string section, string target, bool isReturn)
    {
        int plus = target.IndexOf('+');
        string function = plus < 0 ? target : target[..plus];
        if (function.AsSpan().ContainsAnyExcept(s_functionCharacters) || function.Length == 0)
        {
            throw Malformed(section, "function[+offset]");
        }

        ulong offset = 0;
        if (plus >= 0 && !TryNumber(target.AsSpan(plus + 1), out offset))
        {
            throw Malformed(section, "function[+offset]");
        }

        return isReturn && offset != 0
            ? throw new BpfException($"section '{section}': returns of functions have no offset", Errno.EINVAL)
            : new KprobeRequest(function, new KprobeOptions { IsReturn = isReturn, Offset = offset });
    }

    private static string FunctionPattern(string section, string target) =>
        target.AsSpan().ContainsAnyExcept(s_patternCharacters) ? throw Malformed(section, "pattern, of letters, digits, '_', '.', '*' and '?'") : target;

    private static UprobeRequest Uprobe(string section, string target, bool isReturn)
    {
        (string binary, string function) = BinaryAndFunction(section, target, "binary:function[+offset]");
        int plus = function.LastIndexOf('+');
        ulong offset = 0;
        if (plus >= 0 && TryNumber(function.AsSpan(plus + 1), out ulong number))
        {
            offset = number;
            function = function[..plus];
        }

        return isReturn && offset != 0
            ? throw new BpfException($"section '{section}': returns of functions have no offset", Errno.EINVAL)
            : new UprobeRequest(binary, function, new UprobeOptions { IsReturn = isReturn, Offset = offset });
    }

    private static UprobeMultiRequest UprobeMulti(string section, string target, bool isReturn, bool isSession)
    {
        (string binary, string pattern) = BinaryAndFunction(section, target, "binary:pattern");
        return new UprobeMultiRequest(binary, new UprobeMultiOptions { Pattern = pattern, IsReturn = isReturn, IsSession = isSession });
    }

    private static UsdtRequest Usdt(string section, string target, BpfProgram? program)
    {
        string[] parts = target.Split(':');
        return program is not null && parts.Length == 3 && parts.All(static part => part.Length > 0)
            ? new UsdtRequest(parts[0], parts[1], parts[2], new UsdtOptions(), program.UsdtMaps)
            : throw Malformed(section, "binary:provider:name");
    }

    private static TracepointRequest Tracepoint(string section, string target)
    {
        int slash = target.IndexOf('/');
        return slash > 0 && slash < target.Length - 1
            ? new TracepointRequest(target[..slash], target[(slash + 1)..], 0)
            : throw Malformed(section, "category/name");
    }

    private static (string Binary, string Function) BinaryAndFunction(string section, string target, string form)
    {
        int colon = target.IndexOf(':');
        return colon > 0 && colon < target.Length - 1 ? (target[..colon], target[(colon + 1)..]) : throw Malformed(section, form);
    }

    private static BpfException Malformed(string section, string form) => new($"section '{section}' is malformed: after the first '/' comes {form}", Errno.EINVAL);

    /// <summary>A number as strtol reads it with base 0: decimal, hexadecimal with 0x, octal with 0.</summary>
    private static bool TryNumber(ReadOnlySpan<char> text, out ulong number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (text.Length > 1 && text[0] == '0')
        {
            number = 0;
            foreach (char digit in text)
            {
                if (digit is < '0' or > '7' || number >> 60 != 0)
                {
                    return false;
                }

                number = (number << 3) | (uint)(digit - '0');
            }

            return true;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private const string LettersAndDigits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

    private static readonly System.Buffers.SearchValues<char> s_functionCharacters = System.Buffers.SearchValues.Create(LettersAndDigits);
    private static readonly System.Buffers.SearchValues<char> s_patternCharacters = System.Buffers.SearchValues.Create(LettersAndDigits + "*?");
}
