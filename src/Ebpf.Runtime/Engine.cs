using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using Ebpf.Runtime.Timers;
using Ebpf.Verifier;

namespace Ebpf.Runtime;

/// <summary>The embedded engine: creates maps and programs and runs them. Safe for concurrent use. Dispose what it made first.</summary>
internal sealed class Engine : IDisposable
{
    // One run state for each slot waits here for its next run.
    private readonly Run?[] _idle;
    private int _lastProgramId;
    private int _isDisposed;

    /// <summary>Creates an engine.</summary>
    /// <exception cref="BpfException">ENOMEM.</exception>
    public Engine(EngineOptions? options = null)
    {
        Heap = options?.Heap ?? new NativeHeap();
        Slots = options?.Slots is { } count ? new ExecutionSlots(Heap, count) : new ExecutionSlots(Heap);
        _idle = new Run?[Slots.Count];
        Timers = new TimerTable(options?.Time ?? TimeProvider.System);
    }

    /// <summary>The timers in the engine's maps.</summary>
    internal TimerTable Timers { get; }

    /// <summary>The engine's memory.</summary>
    public NativeHeap Heap { get; }

    /// <summary>The slots that runs hold.</summary>
    public ExecutionSlots Slots { get; }

    /// <summary>Creates a map, with its initial contents.</summary>
    /// <exception cref="BpfException">What Linux refuses to create, with its errno; ENOMEM; EOPNOTSUPP for types that this platform lacks.</exception>
    public EmbeddedMap CreateMap(MapSpec spec)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        EmbeddedMap map = EmbeddedMap.Create(spec, Heap, Slots);
        map.Timers = Timers;
        return map;
    }

    /// <summary>Creates a program.</summary>
    /// <param name="spec">The program, relocated.</param>
    /// <param name="facts">What the verifier found out; null for a program that was not verified, which is then executed in checking mode.</param>
    /// <param name="maps">The load's maps, which the program refers to by index; null for one that was not created.</param>
    /// <param name="options">How it is executed.</param>
    /// <exception cref="BpfException">EOPNOTSUPP: it needs a helper, a kernel function or a context that this platform lacks; ENOMEM.</exception>
    public EmbeddedProgram CreateProgram(ProgramSpec spec, Facts? facts, IReadOnlyList<EmbeddedMap?> maps, ProgramOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return new EmbeddedProgram(this, Interlocked.Increment(ref _lastProgramId), spec, facts, maps, options ?? ProgramOptions.Default);
    }

    /// <summary>Gives the engine's memory back. No run may be left.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        // Timers have threads of their own; the last callbacks of maps that are gone may still be on their way out.
        Timers.WaitForCallbacks();
        foreach (Run? run in _idle)
            run?.Dispose();
        Slots.Dispose();
    }

    /// <summary>A run state for who holds a slot.</summary>
    internal Run Rent(int slot) => Interlocked.Exchange(ref _idle[slot], null) ?? new Run(this);

    /// <summary>Takes a run state back. A nested run finds the place taken and is freed.</summary>
    internal void Return(int slot, Run run)
    {
        if (Interlocked.CompareExchange(ref _idle[slot], run, null) is not null)
            run.Dispose();
    }
}
