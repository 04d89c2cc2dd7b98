using System.Runtime.InteropServices;
using Ebpf.Runtime.Compiler;
using Ebpf.Runtime.Contexts;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier;

namespace Ebpf.Runtime;

/// <summary>
/// The state of one run: registers, stack, context and packet in native memory, and what helpers need to know. Kept by the engine and used again,
/// so that a run allocates nothing. Helpers get it as their last argument.
/// </summary>
internal sealed unsafe partial class Run : Hosting.HostRun, IDisposable
{
    /// <summary>Frames of a verified program: 8, and as many again for each tail call out of a subprogram.</summary>
    /// <remarks>MAX_CALL_FRAMES in include/linux/bpf_verifier.h, MAX_TAIL_CALL_CNT in include/linux/bpf.h.</remarks>
    private const int FrameCount = 8 * (TailCallLimit + 1);

    private const int StackBytes = 16 * 1024;

    private readonly NativeBlock _block;
    private readonly Frame* _frames;
    private readonly byte* _stackTop;
    private readonly GCHandle _self;
    private byte* _stackLow;

    internal Run(Engine engine)
    {
        Engine = engine;
        int frameBytes = FrameCount * sizeof(Frame);
        _block = engine.Heap.Allocate((ulong)(RunState.Bytes + frameBytes + StackBytes + ObjectBytes), 64, "the state of a run");
        State = (RunState*)_block.Address;
        Registers = State->Registers;
        _frames = (Frame*)(_block.Address + RunState.Bytes);
        _stackTop = _block.Address + RunState.Bytes + frameBytes + StackBytes;
        _stackLow = _stackTop;
        _objects = _stackTop;
        Memory = new CheckedMemory(this);
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        State->Run = GCHandle.ToIntPtr(_self);
        State->StackLimit = _stackTop - StackBytes;
        NativeCalls.Fill(State);
    }

    ~Run()
    {
        if (_self.IsAllocated)
            _self.Free();
    }

    /// <summary>The engine that the run belongs to.</summary>
    internal Engine Engine { get; }

    /// <summary>The program being executed; changes with tail calls.</summary>
    internal EmbeddedProgram Program { get; private set; } = null!;

    /// <summary>What machine code sees of the run.</summary>
    internal RunState* State { get; }

    /// <summary>R0 to R10.</summary>
    internal ulong* Registers { get; }

    /// <summary>The innermost frame.</summary>
    internal Frame* Frame;

    /// <summary>The operation being executed, as far as it matters: before whatever may stop the run.</summary>
    internal Operation* Position
    {
        get => State->Position;
        set => State->Position = value;
    }

    /// <summary>Instructions that the checking mode still executes.</summary>
    internal ref long Budget => ref State->Budget;

    /// <summary>What the checking mode knows about memory.</summary>
    internal CheckedMemory Memory { get; }

    /// <summary>Whether accesses are tested.</summary>
    internal bool IsChecking { get; private set; }

    /// <summary>The slot that the run holds; which CPU it pretends to be is <see cref="Cpu"/>.</summary>
    internal int Slot { get; private set; }

    /// <summary>Which per-CPU values the run uses.</summary>
    internal int Cpu
    {
        get => State->Cpu;
        private set => State->Cpu = value;
    }

    /// <summary>The current function's lowest byte of stack.</summary>
    internal byte* StackBottom => _isNative ? State->StackAt : (byte*)Registers[10] - Frame->StackBytes;

    /// <summary>One past the highest byte of stack.</summary>
    internal byte* StackTop => _stackTop;

    /// <summary>How many frames are entered: 1 in the program itself.</summary>
    internal int Depth => (int)(Frame - _frames);

    /// <summary>Prepares for runs of a program: once for any number of repetitions.</summary>
    internal void Begin(EmbeddedProgram program, RunRequest request, int slot)
    {
        _entry = program;
        Program = program;
        IsChecking = program.IsChecking;
        Slot = slot;
        Cpu = request.Cpu ?? slot;
        Clock.Fixed = request.Time;
        Random.Seed(request.RandomSeed);
        PidTgid = request.PidTgid;
        Comm = request.Comm;
        BeginObjects(request);
        Windows = request.Windows;
        _observer = program.Observer;
        Memory.Clear();
        program.Hook.Prepare(this, request);
    }

    /// <summary>One repetition: packet, context, stack and registers start anew. Answers R0; what stopped it is in <see cref="Fault"/>.</summary>
    internal ulong Execute()
    {
        EmbeddedProgram program = _entry;
        Reset(program);
        program.Hook.Enter(this);
        Frame = _frames;
        _stackLow = _stackTop;
        try
        {
            if (program.Native is { } native)
                ExecuteNative(native, native.Function(0), _stackTop);
            else if (Enter(null, program.StackBytes))
                Dispatch(program.Entry);
        }
        catch (Exception e) when (e is not (InvalidProgramException or AccessViolationException))
        {
            Stop(e);
        }

        End();
        return Registers[0];
    }

    /// <summary>Runs one function of the program, as what a timer calls: no packet, and no context but its arguments.</summary>
    internal void ExecuteFunction(ulong function, EmbeddedMap map, byte* key, byte* value)
    {
        EmbeddedProgram program = _entry;
        Reset(program);
        ClearPacket();
        ContextSize = 0;
        Frame = _frames;
        _stackLow = _stackTop;
        if (IsChecking)
        {
            Memory.Grant(new MemoryRegion((ulong)key, map.Spec.KeySize, MemoryKinds.Allocated, false, "a key"));
            Memory.GrantValue(map, value);
        }

        (Registers[1], Registers[2], Registers[3]) = ((ulong)map.Handle, (ulong)key, (ulong)value);
        var entry = (Operation*)function;
        try
        {
            if (program.Native is { } native)
                ExecuteNative(native, native.Function(program.SlotOf(entry)), _stackTop);
            else if (Enter(null, program.StackBytesOf(entry)))
                Dispatch(entry);
        }
        catch (Exception e) when (e is not (InvalidProgramException or AccessViolationException))
        {
            Stop(e);
        }

        End();
    }

    private void Reset(EmbeddedProgram program)
    {
        Program = program;
        IsStopped = false;
        Fault = null;
        Error = null;
        Budget = program.InstructionBudget;
        TailCalls = 0;
        _visited.Clear();
        ResetObjects();
        Redirect = null;
        RedirectContext = [];
        Copies.Clear();
        Tunnel.Clear();
        _printk.Clear();
        if (IsChecking)
        {
            Memory.Reset();
            GrantObjects();
        }

        new Span<byte>(_stackLow, (int)(_stackTop - _stackLow)).Clear();
        new Span<ulong>(Registers, 11).Clear();
        Registers[10] = (ulong)_stackTop;
    }

    private void End()
    {
        if (IsChecking)
            Memory.GiveBack();
        ReleaseLock();
        if (Error is not null)
            throw Error;
    }

    /// <summary>Gives the native memory back.</summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _self.Free();
        _block.Dispose();
        _contextBlock?.Dispose();
        _packetBlock?.Dispose();
    }

    private void Dispatch(Operation* entry)
    {
        if (!IsChecking)
            Dispatcher.Execute<Plain>(this, entry);
        else if (_observer is null)
            Dispatcher.Execute<Checking>(this, entry);
        else
            Dispatcher.Execute<Observing>(this, entry);
    }

    private EmbeddedProgram _entry = null!;
}
