namespace Ebpf;

/// <summary>The input of a run (BPF_PROG_TEST_RUN), and on the embedded platform what makes it repeatable.</summary>
public sealed record RunOptions
{
    /// <summary>The defaults: one run, 64 zero bytes for programs that take a packet.</summary>
    public static RunOptions Default { get; } = new();

    /// <summary>The packet; null for 64 zero bytes. Programs that take no packet refuse one.</summary>
    public ReadOnlyMemory<byte>? Data { get; init; }

    /// <summary>The context in the layout that programs see; missing bytes are zero.</summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>How often the program runs; packet and context start anew each time, but in the kernel a repetition finds the packet as the one before left it.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>What bpf_ktime_get_ns and its like answer, in nanoseconds; null for the machine's clock.</summary>
    public ulong? Time { get; init; }

    /// <summary>Seed of bpf_get_prandom_u32; null for a random one.</summary>
    public ulong? RandomSeed { get; init; }

    /// <summary>What bpf_get_smp_processor_id answers, and whose per-CPU values the run uses; null for the one it gets.</summary>
    public int? Cpu { get; init; }

    /// <summary>The process and thread id that bpf_get_current_pid_tgid answers; null for this process.</summary>
    public int? Pid { get; init; }

    /// <summary>What bpf_get_current_comm answers; null for this process.</summary>
    public string? Comm { get; init; }

    /// <summary>The id of the cgroup that the run is in: what bpf_get_current_cgroup_id answers, and whose storage the run uses. 1 is the root.</summary>
    public ulong CgroupId { get; init; } = 1;

    /// <summary>The number of the run's socket: its cookie, and its key in maps of socket storage. 0 where there is no socket; a context's socket is null then, where it may be.</summary>
    public uint SocketId { get; init; }

    /// <summary><c>struct bpf_sock</c> of the run's socket; missing bytes are zero.</summary>
    public ReadOnlyMemory<byte> Socket { get; init; }

    /// <summary>The number of the inode that the run is about: its key in maps of inode storage.</summary>
    public uint InodeId { get; init; }

    /// <summary>What the hook returns before the program runs: what bpf_get_retval answers.</summary>
    public int HookResult { get; init; }

    /// <summary>The file below /proc/sys that a cgroup/sysctl program is about; null for none.</summary>
    public SysctlAccess? Sysctl { get; init; }

    /// <summary>Options of the run's socket, by level and name: what bpf_getsockopt answers.</summary>
    public IReadOnlyDictionary<(int Level, int Name), byte[]>? SocketOptions { get; init; }

    /// <summary>The kernel's call stack, innermost first: what bpf_get_stack and bpf_get_stackid see.</summary>
    public ReadOnlyMemory<ulong> KernelStack { get; init; }

    /// <summary>The call stack of user space, for the same helpers.</summary>
    public ReadOnlyMemory<ulong> UserStack { get; init; }

    /// <summary>What Windows would answer to helpers of programs in its dialect.</summary>
    public WindowsState Windows { get; init; } = WindowsState.Default;
}
