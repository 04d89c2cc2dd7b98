using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Names of types, and types of section names.</content>
internal static unsafe partial class Libbpf
{
    private static readonly string[] s_linkTypes =
    [
        "unspec", "raw_tracepoint", "tracing", "cgroup", "iter", "netns", "xdp", "perf_event", "kprobe_multi", "struct_ops", "netfilter", "tcx", "uprobe_multi",
        "netkit", "sockmap", "tracing_multi",
    ];

    // Where Linux's numbers end; behind them the vocabulary has Windows'.
    private const uint AttachTypes = 62;
    private const uint MapTypes = 36;
    private const uint ProgramTypes = 33;

    public static byte* libbpf_bpf_attach_type_str(uint type) => type < AttachTypes ? Text.Static(((AttachType)type).Text()) : null;

    public static byte* libbpf_bpf_link_type_str(uint type) => type < s_linkTypes.Length ? Text.Static(s_linkTypes[type]) : null;

    public static byte* libbpf_bpf_map_type_str(uint type) => type < MapTypes ? Text.Static(((MapType)type).Text()) : null;

    public static byte* libbpf_bpf_prog_type_str(uint type) => type < ProgramTypes ? Text.Static(((ProgramType)type).Text()) : null;

    public static int libbpf_prog_type_by_name(byte* name, uint* type, uint* attachType)
    {
        if (name == null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (!SectionDefinitions.TryFind(Dialect.Linux, Text.Read(name)!, out SectionDefinition found))
        {
            Print.Debug($"failed to guess program type from ELF section '{Text.Read(name)}'\n");
            return Answer.Error(Errno.ESRCH);
        }

        *type = (uint)found.Type;
        *attachType = found.AttachType == AttachType.None ? 0 : (uint)found.AttachType;
        return 0;
    }

    public static int libbpf_attach_type_by_name(byte* name, uint* attachType)
    {
        if (name == null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (!SectionDefinitions.TryFind(Dialect.Linux, Text.Read(name)!, out SectionDefinition found))
        {
            Print.Debug($"failed to guess attach type based on ELF section name '{Text.Read(name)}'\n");
            return Answer.Error(Errno.EINVAL);
        }

        if ((found.Flags & (SectionFlags.Attachable | SectionFlags.AttachableOpt)) == 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        *attachType = found.AttachType == AttachType.None ? 0 : (uint)found.AttachType;
        return 0;
    }

    public static int libbpf_num_possible_cpus() => Host.Platform.Implementation.Processors;

    public static int libbpf_find_vmlinux_btf_id(byte* name, uint attachType)
    {
        string prefix = (AttachType)attachType switch
        {
            AttachType.TraceRawTp => "btf_trace_",
            AttachType.LsmMac or AttachType.LsmCgroup => "bpf_lsm_",
            AttachType.TraceIter => "bpf_iter_",
            _ => "",
        };
        Bytecode.Btf.BtfKind kind = (AttachType)attachType == AttachType.TraceRawTp ? Bytecode.Btf.BtfKind.Typedef : Bytecode.Btf.BtfKind.Func;
        return KernelTypes.Vmlinux.FindByName(prefix + Text.Read(name), kind) is { } id ? (int)id : Answer.Error(Errno.ENOENT);
    }

    private static bool s_memoryLimitIsSet;

    /// <summary>Kernels since 5.11 do not count locked memory; nothing is changed here for older ones.</summary>
    public static int libbpf_set_memlock_rlim(nuint bytes)
    {
        if (s_memoryLimitIsSet)
        {
            return Answer.Error(Errno.EBUSY);
        }

        s_memoryLimitIsSet = true;
        return 0;
    }
}
