using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Features;

namespace Ebpf.Platforms.Linux.Programs;

/// <summary>Makes an error of a kernel's refusal: the reason in one line, what can be done about it, and the whole log.</summary>
internal static partial class LoadFailure
{
    /// <param name="program">What was refused.</param>
    /// <param name="errno">The kernel's answer.</param>
    /// <param name="log">What the verifier wrote, with a zero at its end.</param>
    /// <param name="image">The object, for the names of maps and functions that it does without.</param>
    /// <param name="note">What to add.</param>
    public static BpfException Of(ProgramSpec program, Errno errno, ReadOnlySpan<byte> log, ObjectImage image, string note)
    {
        string text = Text(log);
        if (text.AsSpan().Trim().IsEmpty)
        {
            return WithoutLog(program, errno, note);
        }

        VerifierLog parsed = VerifierLog.Parse(text);
        (string reason, string suggestion) = Explain(program, parsed.Reason, errno, image);
        return VerifierException.OfKernel(program, errno, parsed, reason, suggestion);
    }

    /// <summary>What the kernel wrote, up to its zero.</summary>
    public static string Text(ReadOnlySpan<byte> log)
    {
        int end = log.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? log : log[..end]);
    }

    private static BpfException WithoutLog(ProgramSpec program, Errno errno, string note)
    {
        string type = program.Type.Text();
        if (errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP)
        {
            if (KernelEnums.HasProgramType(program.Type) == false)
            {
                return Missing(program, $"type {type}", Since.Version(program.Type), errno);
            }

            if (program.AttachType != AttachType.None && KernelEnums.HasAttachType(program.AttachType) == false)
            {
                return Missing(program, $"attach type {program.AttachType}", null, errno);
            }
        }

        string reason = errno switch
        {
            Errno.EPERM when KernelVersion.Running < KernelVersion.Number(5, 11, 0) => "it takes root or CAP_SYS_ADMIN, and memory below RLIMIT_MEMLOCK (ulimit -l)",
            Errno.EPERM => "it takes root, or CAP_BPF with CAP_NET_ADMIN (networking) or CAP_PERFMON (tracing); a security policy may forbid it too",
            Errno.E2BIG when program.Instructions.Length > 4096 => $"{program.Instructions.Length} instructions are more than the kernel takes: 4,096 from the unprivileged, 1,000,000 from others",
            Errno.E2BIG => "this kernel is too old for what the program is loaded with",
            Errno.EINVAL => $"the kernel does not take a program of type {type}{(program.AttachType == AttachType.None ? "" : $" for {program.AttachType}")} like this{(program.IsSleepable ? ", sleepable" : "")}",
            Errno.ENOMEM => "there is not enough memory",
            Errno.EACCES => "an argument is not allowed",
            Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"the kernel's JIT, or its configuration, does not have what a program of type {type} needs",
            Errno.EMFILE => "the process has too many open files: raise RLIMIT_NOFILE (ulimit -n)",
            _ => "",
        };
        return new BpfException($"program '{program.Name}' cannot be loaded: {errno}{(reason.Length == 0 ? "" : ", ")}{reason}{note}", errno) { Program = program.Name };
    }

    private static BpfNotSupportedException Missing(ProgramSpec program, string what, string? since, Errno errno) =>
        new($"program '{program.Name}': {what}", "running kernel's Linux", since is null ? null : $"Linux {since}", errno) { Program = program.Name };

    /// <remarks>fixup_verifier_log in libbpf.c knows the first three.</remarks>
    private static (string Reason, string Suggestion) Explain(ProgramSpec program, string reason, Errno errno, ObjectImage image)
    {
        if (UnknownHelper().Match(reason) is { Success: true } match && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            if (number == CorePatch.UnresolvedHelper)
            {
                return ("a CO-RE relocation has no answer in this kernel's types", "guard the access with bpf_core_field_exists or its like");
            }

            if (number - ProgramLinker.MissingKernelFunctionBase is >= 0 and long function && function < image.Externs.Length)
            {
                return ($"kernel function '{image.Externs[(int)function].Name}' is called but this kernel does not have it", "guard the call with bpf_ksym_exists");
            }

            if (number - ProgramLinker.MissingMapBase is >= 0 and long map && map < image.Maps.Length)
            {
                return ($"map '{image.Maps[(int)map].Name}' is used but was not created", "turn its AutoCreate on, or the program's AutoLoad off");
            }

            string name = ((HelperId)number).Text();
            return KernelEnums.HasHelper((int)Math.Min(number, int.MaxValue)) switch
            {
                false when char.IsAsciiLetter(name[0]) => ($"{name} is called, which this kernel does not have", "run it on a newer kernel, or ask with bpf_core_enum_value_exists before the call"),
                false => ($"helper {number} is called, which there is not", ""),
                _ => (reason, $"programs of type {program.Type.Text()} cannot call this helper"),
            };
        }

        return reason switch
        {
            _ when reason.Contains("GPL", StringComparison.Ordinal) => (reason, "declare a licence compatible with the GPL: char LICENSE[] SEC(\"license\") = \"GPL\";"),
            _ when errno == Errno.E2BIG || reason.Contains("too large", StringComparison.Ordinal) => (reason, "make loops shorter or functions global, so that they are verified once"),
            "" => ($"the kernel says {errno}, and not why", ""),
            _ => (reason, ""),
        };
    }

    [GeneratedRegex(@"(?:invalid|unknown) func [\w]+#(\d+)")]
    private static partial Regex UnknownHelper();
}
