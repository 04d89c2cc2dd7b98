using Ebpf.Runtime.Compiler;
using Ebpf.Runtime.Helpers;
using Ebpf.Runtime.Interpreter;

namespace Ebpf.Runtime;

/// <content>Runs of machine code, and what it asks for: see <see cref="NativeCalls"/>.</content>
internal sealed unsafe partial class Run
{
    // Whether the innermost function is machine code: then frames are on the machine's stack.
    private bool _isNative;

    /// <summary>The run behind a state.</summary>
    internal static Run FromState(RunState* state) =>
        System.Runtime.CompilerServices.Unsafe.As<Run>(System.Runtime.InteropServices.GCHandle.FromIntPtr(state->Run).Target!);

    /// <summary>Runs a function on the registers, with its stack below <paramref name="top"/>. Answers R0.</summary>
    private ulong ExecuteNative(NativeCode native, byte* function, byte* top)
    {
        byte* bottom = native.StackDepth >= 0 ? top - native.StackDepth : State->StackLimit;
        if (bottom < State->StackLimit || top < State->StackLimit)
        {
            Stop("calls are nested too deeply");
            return 0;
        }

        if (bottom < _stackLow)
            _stackLow = bottom;
        bool outer = _isNative;
        _isNative = true;
        if (IsChecking)
            RunState.ForgetRegion(State);
        Registers[10] = (ulong)top;
        ulong result = native.Execute(State, function);
        _isNative = outer;
        return result;
    }

    /// <summary>Runs the program once more, after <see cref="Execute"/>, on packet, context and stack as they are.</summary>
    internal ulong ExecuteAgain()
    {
        TailCalls = 0;
        _visited.Clear();
        Program = _entry;
        Registers[1] = (ulong)Context;
        if (_entry.Native is { } native)
            return ExecuteNative(native, native.Function(0), _stackTop);
        Registers[10] = (ulong)_stackTop;
        Frame = _frames;
        if (Enter(null, _entry.StackBytes))
            Dispatch(_entry.Entry);
        return Registers[0];
    }

    /// <summary>A tail call from machine code, whose frame pointer is in R10 of the state: where to jump, null where the program goes on with R0.</summary>
    internal byte* TailCallNative(ulong array, uint index)
    {
        EmbeddedProgram caller = Program;
        EmbeddedProgram? target = FindTailCall(array, index, (byte*)Registers[10]);
        if (target is null)
            return IsStopped ? caller.Native!.ReturnStub : null;
        if (target.Native is { } native)
            return native.Function(0);

        // A program that was not compiled: its result is what the caller returns.
        _isNative = false;
        if (EnterAt((byte*)Registers[10], null, target.StackBytes))
            Dispatch(target.Entry);
        _isNative = true;
        return caller.Native!.ReturnStub;
    }

    /// <summary>callx from machine code, R1 to R5 in the state: the function to call. A helper is called here, and its result is what the function gives.</summary>
    internal byte* CallRegisterNative(Operation* operation, ulong target)
    {
        NativeCode native = Program.Native!;
        if (Find(target) is { Native: { } owner } program && program.IsFunction((Operation*)target))
            return owner.Function(program.SlotOf((Operation*)target));
        if (FindHelper(operation, target) is var helper && helper == null)
            return native.ReturnStub;
        ulong* r = Registers;
        r[0] = helper(r[1], r[2], r[3], r[4], r[5], this);
        return native.ReturnStub;
    }

    /// <summary>The helper that callx names by its number; null, and the run stopped, where there is none.</summary>
    private delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> FindHelper(Operation* operation, ulong target)
    {
        if (target <= int.MaxValue && Program.Host?.Function((int)target) is { } own and not 0)
            return (delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong>)own;
        if (target <= int.MaxValue && HelperIdTable.From(Program.Spec.Dialect, (int)target, Program.Spec.Type) is { } id && id != HelperId.TailCall
            && HelperTable.Find(id, Program.Spec.Dialect) is var function && function != null)
            return function;
        Stop($"a call through r{operation->Destination} = 0x{target:x}, which is neither a function of this program nor a helper");
        return null;
    }
}
