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

    /// <summary>How often the program runs; packet and context start anew each time.</summary>
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
}
