namespace Ebpf.Runtime;

/// <summary>One run of a program on the embedded engine: its input, and what makes it repeatable.</summary>
internal sealed class RunRequest
{
    /// <summary>Packet bytes, for the types that have a packet.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Context bytes in the program-visible layout; missing bytes are zero.</summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>How often the program runs, at least 1; packet and context start anew each time.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>What bpf_ktime_get_ns and its like answer (nanoseconds since boot); null for the machine's clock.</summary>
    public ulong? Time { get; init; }

    /// <summary>Seed of bpf_get_prandom_u32; null for a random one.</summary>
    public ulong? RandomSeed { get; init; }

    /// <summary>What bpf_get_smp_processor_id answers and which per-CPU values the run uses; null for the slot that the run is given.</summary>
    public int? Cpu { get; init; }

    /// <summary>What bpf_get_current_pid_tgid answers (tgid &lt;&lt; 32 | pid); null for this process.</summary>
    public ulong? PidTgid { get; init; }

    /// <summary>What bpf_get_current_comm answers; null for this process.</summary>
    public string? Comm { get; init; }

    /// <summary>The id of the cgroup that the run is in: what bpf_get_current_cgroup_id answers, and whose storage the run uses.</summary>
    public ulong CgroupId { get; init; } = 1;

    /// <summary>The number of the run's socket: the key of its storage, and its cookie; 0 where there is none, and sockets that may be null are.</summary>
    public uint SocketId { get; init; }

    /// <summary>struct bpf_sock of the run's socket; missing bytes are zero.</summary>
    public ReadOnlyMemory<byte> Socket { get; init; }

    /// <summary>The number of the inode that a run is about: the key of its storage.</summary>
    public uint InodeId { get; init; }

    /// <summary>What the hook returns before the program runs: what bpf_get_retval answers.</summary>
    public int HookResult { get; init; }

    /// <summary>The file below /proc/sys that a sysctl program is about; null for none.</summary>
    public SysctlAccess? Sysctl { get; init; }

    /// <summary>Options of the run's socket, by level and name.</summary>
    public IReadOnlyDictionary<(int Level, int Name), byte[]>? SocketOptions { get; init; }

    /// <summary>The call stack of the kernel that bpf_get_stack and bpf_get_stackid answer, innermost first; empty for none.</summary>
    public ReadOnlyMemory<ulong> KernelStack { get; init; }

    /// <summary>The same of user space.</summary>
    public ReadOnlyMemory<ulong> UserStack { get; init; }

    /// <summary>What Windows would answer to programs of its dialect.</summary>
    public WindowsState Windows { get; init; } = WindowsState.Default;
}

/// <summary>What a run gave.</summary>
internal sealed class RunOutcome
{
    /// <summary>R0 at exit of the last repetition, 64 bits.</summary>
    public required ulong ReturnValue { get; init; }

    /// <summary>Mean duration of one repetition, to a tenth of a microsecond.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The same in nanoseconds: short programs take less than <see cref="Duration"/> can tell.</summary>
    public double Nanoseconds { get; init; }

    /// <summary>Packet bytes after the last repetition.</summary>
    public required byte[] Data { get; init; }

    /// <summary>Context bytes after the last repetition, program-visible layout.</summary>
    public required byte[] Context { get; init; }

    /// <summary>Lines that bpf_trace_printk wrote in the last repetition, the first 65,536 of them.</summary>
    public required IReadOnlyList<string> Printk { get; init; }

    /// <summary>Where the program wanted its packet, or copies of it, to go in the last repetition; nothing was sent.</summary>
    public IReadOnlyList<Redirection> Redirections { get; init; } = [];

    /// <summary>What the hook returns after the last repetition: what the program set with bpf_set_retval.</summary>
    public int HookResult { get; init; }

    /// <summary>The value that is written to the sysctl after the last repetition.</summary>
    public SysctlAccess? Sysctl { get; init; }

    /// <summary>Options of the run's socket after the last repetition.</summary>
    public IReadOnlyDictionary<(int Level, int Name), byte[]> SocketOptions { get; init; } = new Dictionary<(int, int), byte[]>();

    /// <summary>The number of the socket that the packet or connection was given to (bpf_sk_assign); null for none.</summary>
    public uint? AssignedSocket { get; init; }

    /// <summary>What bpf_sock_addr_set_redirect_context was given in the last repetition; empty where it was not called.</summary>
    public ReadOnlyMemory<byte> RedirectContext { get; init; }

    /// <summary>What stopped the run in checking mode; null where it ended by itself.</summary>
    public Fault? Fault { get; init; }
}

/// <summary>What bpf_redirect and its like were asked for.</summary>
/// <param name="Map">The name of the map of interfaces, CPUs or sockets; null where the interface was given.</param>
/// <param name="Key">The key in it, where keys are numbers; the interface, where there is no map.</param>
/// <param name="Target">What the map has there, as the host put it in; 0 where the packet goes to all of them. The interface, where there is no map.</param>
/// <param name="Flags">The flags that were given.</param>
/// <param name="IsCopy">Whether a copy was to be sent, while the program went on (bpf_clone_redirect).</param>
internal readonly record struct Redirection(string? Map, uint Key, ulong Target, ulong Flags, bool IsCopy);

/// <summary>An access or an instruction that the checking mode refused.</summary>
/// <param name="Instruction">The slot.</param>
/// <param name="Reason">What was wrong, with the address and the regions that there are.</param>
internal sealed record Fault(int Instruction, string Reason);
