namespace Ebpf;

/// <summary>What a run gave.</summary>
public sealed record RunResult
{
    /// <summary>The lower 32 bits of R0 at exit: what the kernel reports as retval.</summary>
    public uint ReturnValue => (uint)ReturnValue64;

    /// <summary>All of R0 at exit; in the kernel its lower 32 bits, since it tells no more.</summary>
    public required ulong ReturnValue64 { get; init; }

    /// <summary>Mean duration of one repetition, to a tenth of a microsecond.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The same in nanoseconds: short programs take less than <see cref="Duration"/> can tell.</summary>
    public required double Nanoseconds { get; init; }

    /// <summary>How often the program ran.</summary>
    public required int Repeat { get; init; }

    /// <summary>The packet after the last repetition.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The context after the last repetition, in the layout that programs see.</summary>
    public required ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>What bpf_sock_addr_set_redirect_context was given in the last repetition (Windows' dialect); empty where it was not called.</summary>
    public ReadOnlyMemory<byte> RedirectContext { get; init; }

    /// <summary>Lines that bpf_trace_printk wrote in the last repetition, the first 65,536 of them; empty in the kernel, whose trace_pipe has them.</summary>
    public required IReadOnlyList<string> Printk { get; init; }

    /// <summary>What the hook returns after the last repetition: what the program set with bpf_set_retval.</summary>
    public int HookResult { get; init; }

    /// <summary>What is written to the file below /proc/sys after the last repetition; null where the run was about none.</summary>
    public SysctlAccess? Sysctl { get; init; }

    /// <summary>Options of the run's socket after the last repetition.</summary>
    public IReadOnlyDictionary<(int Level, int Name), byte[]> SocketOptions { get; init; } = System.Collections.Immutable.ImmutableDictionary<(int, int), byte[]>.Empty;

    /// <summary>The number of the socket that the packet or connection was given to (bpf_sk_assign); null for none.</summary>
    public uint? AssignedSocket { get; init; }

    /// <summary>Where the program wanted its packet, or copies of it, to go in the last repetition. The embedded platform sends nothing: that is the host's.</summary>
    public IReadOnlyList<PacketRedirection> Redirections { get; init; } = [];
}

/// <summary>What bpf_redirect, bpf_redirect_map and their like were asked for.</summary>
/// <param name="Map">The name of the map of interfaces, CPUs or sockets; null where the interface was given.</param>
/// <param name="Key">The key in it, where keys are numbers; the interface, where there is no map.</param>
/// <param name="Target">What the map has under the key, as the host put it in; 0 where the packet goes to all that are in it. The interface, where there is no map.</param>
/// <param name="Flags">The flags that were given.</param>
/// <param name="IsCopy">Whether a copy was to be sent, while the program went on (bpf_clone_redirect).</param>
public readonly record struct PacketRedirection(string? Map, uint Key, ulong Target, ulong Flags, bool IsCopy);
