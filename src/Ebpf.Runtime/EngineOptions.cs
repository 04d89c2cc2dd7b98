using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime;

/// <summary>How an engine is set up.</summary>
internal sealed record EngineOptions
{
    /// <summary>How many runs there can be at a time, and how many values a per-CPU element has; null for as many as processors.</summary>
    public int? Slots { get; init; }

    /// <summary>What the timers of maps run on; null for the system's clock.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Where the engine takes its memory; null for a heap of its own.</summary>
    public NativeHeap? Heap { get; init; }
}

/// <summary>How one program is executed.</summary>
internal sealed record ProgramOptions
{
    /// <summary>The defaults: plain execution of a verified program.</summary>
    public static ProgramOptions Default { get; } = new();

    /// <summary>What executes it. A program with an <see cref="Observer"/> is always interpreted.</summary>
    public ExecutionEngine Engine { get; init; }

    /// <summary>Whether every access is tested. A program without facts is always executed so, except where <see cref="TrustsUnverified"/>.</summary>
    public bool Checks { get; init; }

    /// <summary>Whether a program without facts may be executed without tests: for tests of the instruction set itself.</summary>
    public bool TrustsUnverified { get; init; }

    /// <summary>
    /// Instructions after which a run is stopped, in checking mode and in machine code. The interpreter counts each; machine code counts where a
    /// jump goes back, so that it stops by the next turn of a loop.
    /// </summary>
    public long InstructionBudget { get; init; } = long.MaxValue;

    /// <summary>Sees each instruction in checking mode; null for none.</summary>
    public IExecutionObserver? Observer { get; init; }

    /// <summary>The host's own type that the program is of; null for Linux's and Windows' types.</summary>
    public Hosting.HostProgramType? Host { get; init; }

    /// <summary>The layout of the context of a program without facts; null where its type tells.</summary>
    public ContextLayout? Context { get; init; }
}

/// <summary>What executes a program.</summary>
internal enum ExecutionEngine
{
    /// <summary>Machine code where the machine and the system allow it, the interpreter otherwise.</summary>
    Default,

    /// <summary>The interpreter.</summary>
    Interpreter,

    /// <summary>Machine code; a program that cannot be compiled is an error.</summary>
    Compiler,
}
