using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using static Ebpf.Native.Libbpf;

namespace Ebpf.Native;

/// <summary>Attaching a program to what its section says.</summary>
/// <remarks>The attach functions of section_defs in libbpf.c: most leave a section that names no target alone, with no link and no error.</remarks>
internal static unsafe class AutoAttachment
{
    /// <summary>Whether the program's section has an attach function.</summary>
    public static bool Exists(NativeProgram program) => program.HasSection && program.Spec.AutoAttachKind != AutoAttachKind.None;

    /// <summary>Attaches it; a link of 0 where the section names no target.</summary>
    public static int Attach(NativeProgram program, out nint link)
    {
        string section = program.Spec.SectionName;
        int slash = section.IndexOf('/');
        string kind = slash < 0 ? section : section[..slash];
        string target = slash < 0 ? "" : section[(slash + 1)..];
        link = 0;
        if (Kernel.IsEmbedded)
        {
            // There is no kernel whose functions could be told apart: a hook is a name.
            link = target.Length == 0 && slash < 0 && program.Spec.AutoAttachKind is not (AutoAttachKind.Trace or AutoAttachKind.Lsm or AutoAttachKind.Iter)
                ? 0
                : AttachEmbedded(program, section);
            return 0;
        }

        nint handle = program.Handle;
        if (target.Length == 0 && program.Spec.AutoAttachKind is not (AutoAttachKind.Trace or AutoAttachKind.Lsm or AutoAttachKind.Iter))
        {
            return 0;
        }

        switch (program.Spec.AutoAttachKind)
        {
            case AutoAttachKind.Kprobe:
                return Kprobe(program, kind.StartsWith("kretprobe", StringComparison.Ordinal), target, out link);
            case AutoAttachKind.Ksyscall:
                link = AttachSyscall(program, target, kind.StartsWith("kret", StringComparison.Ordinal), 0);
                break;
            case AutoAttachKind.KprobeMulti:
            case AutoAttachKind.KprobeSession:
                link = AttachKprobes(program, target, kind.StartsWith("kret", StringComparison.Ordinal), program.Spec.AutoAttachKind == AutoAttachKind.KprobeSession);
                break;
            case AutoAttachKind.Tp:
                int name = target.IndexOf('/');
                if (name < 0)
                {
                    return Answer.Error(Errno.EINVAL);
                }

                link = AttachTracepoint(program, target[..name], target[(name + 1)..], 0);
                break;
            case AutoAttachKind.RawTp:
                fixed (byte* bytes = Encoding.UTF8.GetBytes(target + '\0'))
                {
                    link = bpf_program__attach_raw_tracepoint(handle, bytes);
                }

                break;
            case AutoAttachKind.Uprobe:
                return Uprobe(program, kind.StartsWith("uret", StringComparison.Ordinal), target, out link);
            case AutoAttachKind.Usdt:
                string[] parts = target.Split(':');
                if (parts.Length != 3)
                {
                    Print.Warn($"invalid section '{section}', expected SEC(\"usdt/<path>:<provider>:<name>\")\n");
                    return Answer.Error(Errno.EINVAL);
                }

                link = AttachUsdt(program, -1, parts[0], parts[1], parts[2], 0);
                break;
            case AutoAttachKind.Trace:
                link = bpf_program__attach_trace(handle);
                break;
            case AutoAttachKind.Lsm:
                link = bpf_program__attach_lsm(handle);
                break;
            case AutoAttachKind.Iter:
                link = bpf_program__attach_iter(handle, null);
                break;
            default:
                Print.Warn($"prog '{program.Spec.Name}': sections like '{section}' are not attached by this library (Ebpf for .NET)\n");
                return Answer.Error(Errno.EOPNOTSUPP);
        }

        return link != 0 ? 0 : -Marshal.GetLastSystemError();
    }

    /// <summary>A function, and maybe an offset in it.</summary>
    private static int Kprobe(NativeProgram program, bool isReturn, string target, out nint link)
    {
        link = 0;
        if (!SplitOffset(target, out string function, out ulong offset) || (isReturn && offset != 0))
        {
            Print.Warn(isReturn && offset != 0 ? "kretprobes do not support offset specification\n" : $"kprobe name is invalid: {target}\n");
            return Answer.Error(Errno.EINVAL);
        }

        link = AttachKprobe(program, function, isReturn, offset, 0);
        return link != 0 ? 0 : -Marshal.GetLastSystemError();
    }

    /// <summary>A binary, a function of it, and maybe an offset.</summary>
    private static int Uprobe(NativeProgram program, bool isReturn, string target, out nint link)
    {
        link = 0;
        int colon = target.IndexOf(':');
        if (colon < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': section '{program.Spec.SectionName}' missing ':function[+offset]' specification\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (!SplitOffset(target[(colon + 1)..], out string function, out ulong offset) || (isReturn && offset != 0))
        {
            Print.Warn($"prog '{program.Spec.Name}': uretprobes do not support offset specification\n");
            return Answer.Error(Errno.EINVAL);
        }

        link = AttachUprobe(program, new UprobeTarget(target[..colon], function, offset, -1, isReturn, 0, 0));
        return link != 0 ? 0 : -Marshal.GetLastSystemError();
    }

    private static bool SplitOffset(string text, out string function, out ulong offset)
    {
        int plus = text.LastIndexOf('+');
        function = plus < 0 ? text : text[..plus];
        offset = 0;
        if (plus < 0)
        {
            return true;
        }

        ReadOnlySpan<char> digits = text.AsSpan(plus + 1);
        return digits.StartsWith("0x")
            ? ulong.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out offset)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }
}
