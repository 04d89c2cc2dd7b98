using System.Collections.Immutable;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Verifier.Checks;

/// <summary>What Linux forbids a program because of its type or of what it is attached to, though it would be safe elsewhere.</summary>
internal static class ProgramRules
{
    // bpf_lsm_disabled_hooks in kernel/bpf/bpf_lsm.c
    private static readonly ImmutableArray<string> DisabledHooks =
    [
        "vm_enough_memory", "inode_need_killpriv", "inode_getsecurity", "inode_listsecurity", "inode_copy_up_xattr", "getselfattr", "getprocattr", "setprocattr",
        "key_getsecurity", "audit_rule_match", "xfrm_decode_session", "ismaclabel",
    ];

    // sleepable_lsm_hooks in kernel/bpf/bpf_lsm.c
    private static readonly ImmutableArray<string> SleepableHooks =
    [
        "bdev_alloc_security", "bdev_setintegrity", "bpf", "bpf_map", "bpf_map_create", "bpf_map_free", "bpf_prog", "bpf_prog_load", "bpf_token_capable",
        "bpf_token_cmd", "bpf_token_create", "bpf_token_free", "bprm_check_security", "bprm_committed_creds", "bprm_committing_creds", "bprm_creds_for_exec",
        "bprm_creds_from_file", "capget", "capset", "cred_prepare", "file_ioctl", "file_lock", "file_open", "file_post_open", "file_receive", "inode_create",
        "inode_free_security", "inode_getattr", "inode_getxattr", "inode_mknod", "inode_need_killpriv", "inode_post_removexattr", "inode_post_setxattr",
        "inode_readlink", "inode_removexattr", "inode_rename", "inode_rmdir", "inode_setattr", "inode_setxattr", "inode_symlink", "inode_unlink",
        "kernel_module_request", "kernel_read_file", "kernfs_init_security", "mmap_file", "netlink_send", "path_chmod", "path_chown", "path_link", "path_mkdir",
        "path_notify", "path_rename", "path_rmdir", "path_symlink", "path_truncate", "path_unlink", "release_secctx", "sb_alloc_security", "sb_eat_lsm_opts",
        "sb_kern_mount", "sb_mount", "sb_remount", "sb_set_mnt_opts", "sb_show_options", "sb_statfs", "sb_umount", "settime", "socket_accept", "socket_bind",
        "socket_connect", "socket_create", "socket_getpeername", "socket_getpeersec_dgram", "socket_getsockname", "socket_getsockopt", "socket_listen",
        "socket_post_create", "socket_recvmsg", "socket_sendmsg", "socket_shutdown", "socket_socketpair", "syslog", "task_alloc", "task_prctl", "task_setscheduler",
        "userns_create",
    ];

    // btf_allowlist_d_path in kernel/trace/bpf_trace.c
    private static readonly ImmutableArray<string> PathFunctions =
    [
        "security_file_permission", "security_inode_getattr", "security_file_open", "security_path_truncate", "vfs_truncate", "vfs_fallocate", "dentry_open", "vfs_getattr", "filp_close",
    ];

    /// <summary>Programs that may run anywhere in the kernel, so that locks are not for them.</summary>
    /// <remarks>is_tracing_prog_type in the kernel's verifier.</remarks>
    internal static bool RunsAnywhere(ProgramType type) =>
        type is ProgramType.Kprobe or ProgramType.Tracepoint or ProgramType.PerfEvent or ProgramType.RawTracepoint or ProgramType.RawTracepointWritable;

    /// <summary>The kernel's structure behind a program's context; null where it is none.</summary>
    /// <remarks>include/linux/bpf_types.h</remarks>
    internal static string? KernelContext(ProgramType type) => type switch
    {
        ProgramType.SocketFilter or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.CgroupSkb or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit
            or ProgramType.LwtSeg6local or ProgramType.SkSkb => "sk_buff",
        ProgramType.Xdp => "xdp_buff",
        ProgramType.CgroupSock => "sock",
        ProgramType.CgroupSockAddr => "bpf_sock_addr_kern",
        ProgramType.SockOps => "bpf_sock_ops_kern",
        ProgramType.SkMsg => "sk_msg",
        ProgramType.FlowDissector => "bpf_flow_dissector",
        ProgramType.Kprobe => "pt_regs",
        ProgramType.PerfEvent => "bpf_perf_event_data_kern",
        ProgramType.CgroupSysctl => "bpf_sysctl_kern",
        ProgramType.CgroupSockOpt => "bpf_sockopt_kern",
        ProgramType.SkReuseport => "sk_reuseport_kern",
        ProgramType.SkLookup => "bpf_sk_lookup_kern",
        ProgramType.Netfilter => "bpf_nf_ctx",
        _ => null,
    };

    /// <summary>Why a program cannot be attached where it says; null where it can.</summary>
    internal static string? WhyNotAttached(ProgramSpec program)
    {
        if (program.Type != ProgramType.Lsm || program.AttachTarget is not { } hook)
            return null;
        if (DisabledHooks.Contains(hook))
            return $"the kernel lets no program at security hook {hook}";
        if (program.IsSleepable && (program.AttachType == AttachType.LsmCgroup || !SleepableHooks.Contains(hook)))
            return $"programs at security hook {hook} ({program.AttachType.Text()}) may not sleep";
        return null;
    }

    /// <summary>Whether a program may ask for the path of a file: only where no lock is held that finding it takes.</summary>
    /// <remarks>bpf_d_path_allowed in kernel/trace/bpf_trace.c.</remarks>
    internal static bool MayAskForPath(ProgramSpec program) => program switch
    {
        { Type: ProgramType.Tracing, AttachType: AttachType.TraceIter } => true,
        { Type: ProgramType.Lsm } => program.AttachTarget is { } hook && SleepableHooks.Contains(hook),
        _ => program.AttachTarget is { } function && PathFunctions.Contains(function),
    };

    /// <summary>Why a program may not use a map; null where it may.</summary>
    /// <remarks>check_map_prog_compatibility in the kernel's verifier.</remarks>
    internal static string? WhyNotUsed(ProgramSpec program, MapSpec map, ReadOnlySpan<SpecialField> fields)
    {
        if (program.Dialect == Dialect.Windows)
            return null;
        foreach (SpecialField field in fields)
        {
            bool isLock = field.Kind is SpecialFieldKind.SpinLock or SpecialFieldKind.ResilientSpinLock;
            bool isRoot = field.Kind is SpecialFieldKind.ListHead or SpecialFieldKind.TreeRoot;
            bool isLater = field.Kind == SpecialFieldKind.Timer && program.KernelFunctions.IsEmpty;
            if ((isLock || isRoot || isLater) && RunsAnywhere(program.Type) || isLock && program.Type == ProgramType.SocketFilter)
                return $"programs of type {program.Type.Text()} may not use {field.Name}, which is in the value of map {map.Name}";
        }

        if (map.Type == MapType.StructOps)
            return $"map {map.Name} holds the functions of a struct_ops; programs do not use it";
        bool maySleep = map.Type is MapType.Hash or MapType.RHash or MapType.LruHash or MapType.Array or MapType.PerCpuHash or MapType.PerCpuArray or MapType.LruPerCpuHash
            or MapType.LpmTrie or MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.RingBuf or MapType.UserRingBuf or MapType.InodeStorage or MapType.SkStorage
            or MapType.TaskStorage or MapType.CgrpStorage or MapType.Queue or MapType.Stack or MapType.Arena or MapType.InsnArray or MapType.ProgArray;
        return program.IsSleepable && !maySleep
            ? $"programs that may sleep cannot use map {map.Name}, which is of type {map.Type.Text()}"
            : null;
    }

    /// <summary>Whether a function, by its declaration, returns an int: only those may be left early by a legacy packet load or a tail call.</summary>
    /// <remarks>check_btf_func in the kernel's check_btf.c.</remarks>
    internal static bool ReturnsNumber(BtfView? types, uint function)
    {
        if (types is null || function == 0)
            return true;
        try
        {
            BtfType result = types.SkipModifiers(types.SkipModifiers(types[function].ReferencedType).ReferencedType);
            return result.Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64;
        }
        catch (BpfException)
        {
            return true;
        }
    }
}
