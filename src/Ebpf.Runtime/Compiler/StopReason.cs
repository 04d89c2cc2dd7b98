namespace Ebpf.Runtime.Compiler;

/// <summary>Why machine code stops a run; the first argument of <see cref="RunState.Stop"/>.</summary>
internal enum StopReason
{
    /// <summary>The operation at the position is a trap.</summary>
    Trap,

    /// <summary>The instruction budget is used up.</summary>
    Budget,

    /// <summary>Calls are nested too deeply.</summary>
    Depth,
}
