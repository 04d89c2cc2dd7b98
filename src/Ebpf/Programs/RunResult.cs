namespace Ebpf;

/// <summary>What a run gave.</summary>
public sealed record RunResult
{
    /// <summary>The lower 32 bits of R0 at exit: what the kernel reports as retval.</summary>
    public uint ReturnValue => (uint)ReturnValue64;

    /// <summary>All of R0 at exit.</summary>
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

    /// <summary>Lines that bpf_trace_printk wrote in the last repetition, the first 65,536 of them.</summary>
    public required IReadOnlyList<string> Printk { get; init; }
}
