using System.Runtime.CompilerServices;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime;

/// <content>Leaving early, and the tests of helpers' arguments.</content>
internal sealed unsafe partial class Run
{
    private IExecutionObserver? _observer;

    /// <summary>Whether the run ends now: dispatch tests it after every call, helpers after every callback.</summary>
    internal bool IsStopped
    {
        get => State->IsStopped != 0;
        private set => State->IsStopped = value ? 1 : 0;
    }

    /// <summary>What stopped the run; null where nothing did.</summary>
    internal Fault? Fault { get; private set; }

    /// <summary>An error of the engine's own in a helper; it is thrown once the run has left.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>The slot of the operation being executed.</summary>
    internal int Instruction => Find((ulong)Position) is { } program ? program.SlotOf(Position) : -1;

    /// <summary>Stops the run; the first reason counts.</summary>
    public override void Stop(string reason)
    {
        if (!IsStopped)
        {
            IsStopped = true;
            Fault = new Fault(Position == null ? 0 : Instruction, reason);
        }
    }

    /// <summary>Stops the run for an exception in a helper: it must not pass through a program.</summary>
    internal void Stop(Exception error)
    {
        IsStopped = true;
        Error ??= error;
    }

    /// <summary>Stops the run at a trap.</summary>
    internal void Trap(Operation* operation) =>
        Stop(Find((ulong)operation) is { } program ? program.TrapReason((int)operation->Immediate) : "execution left the program");

    /// <summary>Shows the registers to the observer.</summary>
    internal void Observe() => _observer!.BeforeInstruction(new ExecutionView(this));

    /// <summary>Whether a helper may read these bytes; the run is stopped where it may not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool CanRead(ulong address, ulong size) => !IsChecking || Memory.CheckRead(address, size);

    /// <summary>Whether a helper may write these bytes; the run is stopped where it may not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool CanWrite(ulong address, ulong size) => !IsChecking || Memory.CheckWrite(address, size);

    /// <summary>The map behind a map pointer; the run is stopped where it is none.</summary>
    internal bool TryMap(ulong address, out EmbeddedMap map)
    {
        if (IsChecking && !Memory.IsMap(address))
        {
            map = null!;
            Stop($"0x{address:x} is not a map");
            return false;
        }

        map = EmbeddedMap.FromHandle((nint)address);
        return true;
    }

    /// <summary>Whether the context is given to a helper that wants it; the run is stopped where something else is.</summary>
    internal bool IsContext(ulong address)
    {
        if (!IsChecking || address == (ulong)Context)
            return true;
        Stop($"0x{address:x} is not the context");
        return false;
    }
}
