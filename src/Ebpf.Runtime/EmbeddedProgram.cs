using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Compiler;
using Ebpf.Runtime.Contexts;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime;

/// <summary>A program that the embedded engine can run. Safe for concurrent use.</summary>
/// <remarks>
/// References keep its memory: its owner's (given up by <see cref="Dispose"/>) and one for each program array that holds it. When the last is
/// gone, memory is freed as soon as no run is left that could execute it.
/// </remarks>
internal sealed unsafe class EmbeddedProgram : IProgramReferent, IDisposable
{
    /// <summary>Before the operations: a weak GCHandle of the program, for who has only the address.</summary>
    private const int HeaderBytes = 64;

    private static readonly RunRequest s_noRequest = new();

    private readonly NativeBlock _code;
    private readonly List<string> _traps;
    private readonly List<EmbeddedMap> _maps = [];
    private readonly GCHandle _self;
    private readonly Dictionary<int, int> _frameBytes = [];
    private int _referenceCount = 1;
    private int _isDisposed;

    internal EmbeddedProgram(Engine engine, int id, ProgramSpec spec, Facts? facts, IReadOnlyList<EmbeddedMap?> maps, ProgramOptions options)
    {
        Engine = engine;
        Id = id;
        Spec = spec;
        IsChecking = options.Checks || options.Observer is not null || (facts is null && !options.TrustsUnverified);
        InstructionBudget = options.InstructionBudget;
        Observer = options.Observer;
        Host = options.Host;
        Hook = Host is null ? Hook.For(spec.Type) : HostHook.Instance;
        if (facts is not null)
            Hook.Check(spec, facts);
        ContextMap = Hook.MapContext(facts?.Context ?? options.Context ?? Host?.Layout ?? ContextLayouts.For(spec.Type, spec.AttachType, spec.Dialect));
        StackBytes = FrameSize.Of(facts, 0);
        foreach (FunctionSpec function in spec.Functions)
            _frameBytes[function.Start] = FrameSize.Of(facts, function.Start);

        try
        {
            foreach (EmbeddedMap map in UsedMaps(maps))
            {
                if (map is ReferenceArrayMap { Type: MapType.ProgArray } programs && !programs.IsCompatible(spec.Type, spec.HandlesFragments))
                    throw new BpfException($"program '{spec.Name}' is a {spec.Type.Text()}, but the program array '{map.Spec.Name}' is for programs of another kind", Errno.EINVAL) { Program = spec.Name };
                ObjectDisposedException.ThrowIf(!map.TryAddReference(), map);
                _maps.Add(map);
            }

            int operations = Decoder.OperationCount(spec);
            _code = engine.Heap.Allocate((ulong)HeaderBytes + ((ulong)operations * (ulong)sizeof(Operation)), 64, $"program '{spec.Name}'");
            Entry = (Operation*)(_code.Address + HeaderBytes);
            _traps = Decoder.Decode(spec, facts, maps, IsChecking, Host, Entry);
            _self = GCHandle.Alloc(this, GCHandleType.Weak);
            *(nint*)_code.Address = GCHandle.ToIntPtr(_self);
            if (options.Engine != ExecutionEngine.Interpreter && Observer is null)
                Compile(facts, maps, isRequired: options.Engine == ExecutionEngine.Compiler);
        }
        catch
        {
            GC.SuppressFinalize(this);
            if (_self.IsAllocated)
                _self.Free();
            _code?.Dispose();
            ReleaseMaps();
            throw;
        }
    }

    ~EmbeddedProgram()
    {
        // The block has a finalizer of its own, and so have the maps.
        if (_self.IsAllocated)
            _self.Free();
    }

    /// <summary>The engine that the program belongs to.</summary>
    public Engine Engine { get; }

    /// <summary>Which of the engine's programs this is, from 1.</summary>
    public int Id { get; }

    /// <summary>What the program was created from.</summary>
    public ProgramSpec Spec { get; }

    /// <summary>Bytes of native memory that the program holds.</summary>
    public long MemoryBytes => _code.AccountedBytes + (Native?.MemoryBytes ?? 0);

    /// <summary>The program's machine code; null where it is interpreted.</summary>
    public NativeCode? Native { get; private set; }

    /// <summary>Why the program is interpreted though machine code was wanted; null where it is not.</summary>
    public string? NotCompiled { get; private set; }

    /// <summary>How long compiling took.</summary>
    public TimeSpan CompileDuration { get; private set; }

    /// <summary>Whether every access is tested.</summary>
    public bool IsChecking { get; }

    /// <summary>What program arrays hold: an address that <see cref="FromHandle"/> understands.</summary>
    public nint Handle => (nint)_code.Address;

    ProgramType IProgramReferent.ProgramType => Spec.Type;

    bool IProgramReferent.HandlesFragments => Spec.HandlesFragments;

    uint IReferent.Id => (uint)Id;

    /// <summary>The maps that the program refers to.</summary>
    internal IReadOnlyList<EmbeddedMap> Maps => _maps;

    /// <summary>The host's own type that the program is of; null for all others.</summary>
    internal Hosting.HostProgramType? Host { get; }

    internal Hook Hook { get; }

    internal ContextMap ContextMap { get; }

    internal IExecutionObserver? Observer { get; }

    internal long InstructionBudget { get; }

    /// <summary>The first operation.</summary>
    internal Operation* Entry { get; }

    /// <summary>Bytes of stack that the program's own frame uses.</summary>
    internal int StackBytes { get; }

    /// <summary>Runs the program.</summary>
    /// <exception cref="BpfException">EINVAL where the packet or the context do not fit the program's type; ENOMEM.</exception>
    /// <exception cref="ObjectDisposedException">The program is gone.</exception>
    public RunOutcome Run(RunRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Repeat, 1);
        using RunSession session = Begin(request);
        long start = Stopwatch.GetTimestamp();
        ulong value = 0;
        int repetitions = 0;
        do
            value = session.Execute();
        while (++repetitions < request.Repeat && session.Fault is null);

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return new RunOutcome
        {
            ReturnValue = value,
            Duration = elapsed / repetitions,
            Nanoseconds = elapsed.TotalNanoseconds / repetitions,
            Data = Hook.Data(session.Run),
            Context = Hook.Context(session.Run),
            Printk = session.Run.Printk,
            Redirections = session.Run.Redirections,
            HookResult = session.Run.HookResult,
            Sysctl = session.Run.Sysctl,
            SocketOptions = new Dictionary<(int, int), byte[]>(session.Run.SocketOptions),
            AssignedSocket = session.Run.AssignedSocket,
            RedirectContext = session.Run.RedirectContext,
            Fault = session.Fault,
        };
    }

    /// <summary>Runs a program of a host's own type on contexts that lie one after the other, and writes what each run returned.</summary>
    /// <exception cref="BpfException">A run was stopped; the results before it are there.</exception>
    /// <exception cref="ObjectDisposedException">The program is gone.</exception>
    public void RunHosted(byte* contexts, int stride, int count, ulong* results, object? state)
    {
        using RunSession session = Begin(s_noRequest);
        Run run = session.Run;
        run.HostState = state;
        try
        {
            for (int i = 0; i < count; i++)
            {
                run.HostContext = contexts + ((nint)i * stride);
                ulong result = session.Execute();
                if (session.Fault is { } fault)
                    throw new BpfException($"program '{Spec.Name}' was stopped at instruction {fault.Instruction}: {fault.Reason}", Errno.EFAULT) { Program = Spec.Name };
                if (results != null)
                    results[i] = result;
            }
        }
        finally
        {
            run.HostState = null;
            run.HostContext = null;
        }
    }

    /// <summary>Runs a function of the program for a timer, unless <paramref name="begins"/> says no once the run holds its slot.</summary>
    internal void RunTimer(ulong function, EmbeddedMap map, nint value, Func<bool> begins)
    {
        using RunSession session = Begin(s_noRequest);
        if (!begins())
            return;
        uint index;
        byte* key = map.KeyOf((byte*)value, &index);
        session.Run.ExecuteFunction(function, map, key, (byte*)value);
        if (session.Fault is { } fault)
            throw new BpfException($"program '{Spec.Name}': a timer's callback was stopped at instruction {fault.Instruction}: {fault.Reason}", Errno.EFAULT) { Program = Spec.Name };
    }

    /// <summary>Begins a series of runs with the same input, which allocate nothing. Dispose the session.</summary>
    internal RunSession Begin(RunRequest request)
    {
        (ExecutionSlot slot, Run run) = Hold(request);
        return new RunSession(Engine, slot, run);
    }

    /// <summary>Takes a slot and a run state, prepared for the request. Give them back to the engine, the run state first.</summary>
    internal (ExecutionSlot Slot, Run Run) Hold(RunRequest request)
    {
        if (request.Cpu is { } cpu && (uint)cpu >= (uint)Engine.Slots.Count)
            throw new ArgumentOutOfRangeException(nameof(request), cpu, $"there are {Engine.Slots.Count} CPUs (slots), numbered from 0");
        RuntimeHelpers.EnsureSufficientExecutionStack();
        ExecutionSlot slot = Engine.Slots.Enter();
        Run? run = null;
        try
        {
            // Tested within the slot: who disposes either is seen here, or waits for the slot.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            run = Engine.Rent(slot.Index);
            run.Begin(this, request, slot.Index);
            return (slot, run);
        }
        catch
        {
            if (run is not null)
                Engine.Return(slot.Index, run);
            slot.Dispose();
            throw;
        }
    }

    /// <summary>Takes a reference; false where the program is gone already.</summary>
    public bool TryAddReference()
    {
        int count = Volatile.Read(ref _referenceCount);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _referenceCount, count + 1, count);
            if (seen == count)
                return true;
            count = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _referenceCount) == 0)
            Engine.Slots.Defer(Free);
    }

    /// <summary>Gives up the owner's reference: no run begins any more, and the last one has ended when this returns (except within a run).</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (!Engine.Slots.IsInRun)
            Engine.Slots.WaitForRuns();
        Release();
    }

    /// <summary>The program behind a handle.</summary>
    internal static EmbeddedProgram FromHandle(nint handle) => Unsafe.As<EmbeddedProgram>(GCHandle.FromIntPtr(*(nint*)handle).Target!);

    /// <summary>Whether an operation is one of this program's.</summary>
    internal bool Contains(Operation* operation) => operation >= Entry && operation <= Entry + Spec.Instructions.Length;

    /// <summary>The slot of an operation.</summary>
    internal int SlotOf(Operation* operation) => (int)(operation - Entry);

    /// <summary>Whether an operation is the first of a function.</summary>
    internal bool IsFunction(Operation* operation) =>
        ((ulong)((byte*)operation - (byte*)Entry) % (ulong)sizeof(Operation)) == 0 && _frameBytes.ContainsKey(SlotOf(operation));

    /// <summary>Bytes of stack that the function at an operation uses.</summary>
    internal int StackBytesOf(Operation* operation) => _frameBytes[SlotOf(operation)];

    /// <summary>Why a trap stops the run.</summary>
    internal string TrapReason(int index) => _traps[index];

    private HashSet<EmbeddedMap> UsedMaps(IReadOnlyList<EmbeddedMap?> maps)
    {
        HashSet<EmbeddedMap> used = [];
        foreach (Instruction instruction in Spec.Instructions)
        {
            bool isMap = instruction.IsWide && (PseudoLoad)instruction.Source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue;
            if (isMap && (uint)instruction.Immediate < (uint)maps.Count && maps[instruction.Immediate] is { } map)
                used.Add(map);
        }

        return used;
    }

    private void Free()
    {
        if (_self.IsAllocated)
            _self.Free();
        GC.SuppressFinalize(this);
        Native?.Dispose();
        _code.Dispose();
        ReleaseMaps();
    }

    private void Compile(Facts? facts, IReadOnlyList<EmbeddedMap?> maps, bool isRequired)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            if (!ProgramCompiler.IsSupported)
                throw new BpfException($"there is no compiler for {RuntimeInformation.ProcessArchitecture} processors", Errno.EOPNOTSUPP);
            Native = ProgramCompiler.Current.Compile(new CompilationUnit(Spec, Entry, facts, maps, IsChecking, InstructionBudget != long.MaxValue), Engine.Heap);
        }
        catch (BpfException e) when (!isRequired && e.Errno != Errno.ENOMEM)
        {
            NotCompiled = e.Message;
        }

        CompileDuration = Stopwatch.GetElapsedTime(start);
    }

    private void ReleaseMaps()
    {
        foreach (EmbeddedMap map in _maps)
            map.Release();
        _maps.Clear();
    }
}
