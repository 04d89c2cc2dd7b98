namespace Ebpf;

/// <summary>What the kernel says of a loaded program.</summary>
/// <remarks>struct bpf_prog_info in include/uapi/linux/bpf.h (since Linux 4.13). What an older kernel does not tell is 0, "" or empty.</remarks>
public sealed record ProgramInfo
{
    /// <summary>The kernel's number for it.</summary>
    public required uint Id { get; init; }

    /// <summary>Its type.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>The name of its function: in full where its BTF has it, else at most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>A hash of its instructions, in hexadecimal: 16 digits.</summary>
    public required string Tag { get; init; }

    /// <summary>Whether its licence lets it call what is for the GPL alone.</summary>
    public bool IsGplCompatible { get; init; }

    /// <summary>When it was loaded, by the clock of now.</summary>
    public DateTimeOffset LoadedAt { get; init; }

    /// <summary>The user who loaded it.</summary>
    public uint Uid { get; init; }

    /// <summary>Bytes of its instructions as the kernel rewrote them.</summary>
    public int XlatedBytes { get; init; }

    /// <summary>Bytes of its machine code; 0 where it is interpreted.</summary>
    public int JitedBytes { get; init; }

    /// <summary>Instructions that the verifier processed; since Linux 5.16.</summary>
    public int VerifiedInstructions { get; init; }

    /// <summary>Bytes of memory that it holds; null where /proc does not tell.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The ids of the maps that it uses.</summary>
    public IReadOnlyList<uint> MapIds { get; init; } = [];

    /// <summary>The id of its BTF; 0 for none.</summary>
    public uint BtfId { get; init; }

    /// <summary>Time that it ran, while statistics were on (kernel.bpf_stats_enabled).</summary>
    public TimeSpan RunTime => TimeSpan.FromTicks((long)(RunTimeNanoseconds / 100));

    /// <summary>The same in nanoseconds.</summary>
    public ulong RunTimeNanoseconds { get; init; }

    /// <summary>How often it ran, while statistics were on.</summary>
    public ulong RunCount { get; init; }

    /// <summary>Runs that were left out, because it was running already.</summary>
    public ulong RecursionMisses { get; init; }

    /// <summary>The interface that it is offloaded to; 0 for none.</summary>
    public uint OffloadInterface { get; init; }

    /// <summary>Whether the device that it was offloaded to is gone.</summary>
    public bool IsOrphaned { get; init; }
}
