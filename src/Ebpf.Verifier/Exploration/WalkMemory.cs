using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Exploration;

/// <summary>The memory that a walk works in. A thread keeps one between verifications, so that the next begins with arrays of the size that the last one needed.</summary>
internal sealed class WalkMemory
{
    /// <summary>More than this is given back to the collector instead.</summary>
    private const long KeptBytes = 8L << 20;

    /// <summary>A cache: the memory that no walk of this thread uses now.</summary>
    [ThreadStatic]
    private static WalkMemory? _spare;

    internal Checkpoints Kept { get; } = new();

    internal PendingPaths Pending { get; } = new();

    internal MachineState State { get; } = new();

    internal static WalkMemory Rent()
    {
        WalkMemory memory = _spare ?? new WalkMemory();
        _spare = null;
        return memory;
    }

    internal static void Return(WalkMemory memory)
    {
        if (memory.Kept.Bytes + memory.Pending.Bytes <= KeptBytes)
            _spare = memory;
    }
}
