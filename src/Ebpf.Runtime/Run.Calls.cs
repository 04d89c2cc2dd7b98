using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Helpers;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime;

/// <content>Calls: functions of the program, callbacks, tail calls.</content>
internal sealed unsafe partial class Run
{
    /// <remarks>MAX_TAIL_CALL_CNT in include/linux/bpf.h.</remarks>
    internal const int TailCallLimit = 33;

    /// <remarks>BPF_MAX_LOOPS in include/linux/bpf.h.</remarks>
    internal const int LoopLimit = 8 * 1024 * 1024;

    // Programs that a tail call left while a caller of theirs is still to be returned to.
    private readonly List<EmbeddedProgram> _visited = [];

    /// <summary>Tail calls so far.</summary>
    internal int TailCalls { get; private set; }

    /// <summary>Enters a function: saves what its return restores, and moves the frame pointer. False, and the run stopped, where there is no more room.</summary>
    internal bool Enter(Operation* returnTo, int stackBytes)
    {
        Frame* caller = Frame;
        return EnterAt(caller == _frames ? _stackTop : (byte*)Registers[10] - caller->StackBytes, returnTo, stackBytes);
    }

    private bool EnterAt(byte* top, Operation* returnTo, int stackBytes)
    {
        Frame* caller = Frame;
        ulong* r = Registers;
        byte* bottom = top - stackBytes;
        if (caller + 1 >= _frames + FrameCount || bottom < _stackTop - StackBytes)
        {
            Stop("calls are nested too deeply");
            return false;
        }

        Frame* frame = caller + 1;
        frame->Return = returnTo;
        frame->R6 = r[6];
        frame->R7 = r[7];
        frame->R8 = r[8];
        frame->R9 = r[9];
        frame->R10 = r[10];
        frame->StackBytes = stackBytes;
        frame->MayGoto = LoopLimit;
        Frame = frame;
        r[10] = (ulong)top;
        if (bottom < _stackLow)
            _stackLow = bottom;
        return true;
    }

    /// <summary>Calls a function of the program from a helper. False where the run is stopped; then the helper returns at once.</summary>
    internal bool Call(ulong function, ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, out ulong result)
    {
        result = 0;
        if (Find(function) is not { } program || !program.IsFunction((Operation*)function))
        {
            Stop($"0x{function:x} is not the address of a function of this program");
            return false;
        }

        Operation* position = Position;
        ulong* r = Registers;
        r[1] = r1;
        r[2] = r2;
        r[3] = r3;
        r[4] = r4;
        r[5] = r5;
        if (_isNative && program.Native is { } native)
        {
            byte* stack = State->StackAt;
            r[0] = ExecuteNative(native, native.Function(program.SlotOf((Operation*)function)), stack);
            State->StackAt = stack;
        }
        else
        {
            if (!Enter(null, program.StackBytesOf((Operation*)function)))
                return false;
            Dispatch((Operation*)function);
        }

        if (IsStopped)
            return false;
        Position = position;
        result = r[0];
        return true;
    }

    /// <summary>callx: a helper by its number, or a function of the program by its address. Where to go on; null where the run is stopped.</summary>
    internal Operation* CallRegister(Operation* operation)
    {
        ulong* r = Registers;
        ulong target = r[operation->Destination];
        if (Find(target) is { } program && program.IsFunction((Operation*)target))
            return Enter(operation + 1, program.StackBytesOf((Operation*)target)) ? (Operation*)target : null;

        delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong> function = FindHelper(operation, target);
        if (function == null)
            return null;
        r[0] = function(r[1], r[2], r[3], r[4], r[5], this);
        return IsStopped ? null : operation + 1;
    }

    /// <summary>bpf_tail_call: where to go on, in the other program or, with a negative R0, behind the call; null where the run is stopped.</summary>
    /// <remarks>
    /// Linux leaves R0 open where there is no such program; here it is -ENOENT, and -ELOOP beyond the limit. eBPF for Windows has results of its own.
    /// </remarks>
    internal Operation* TailCall(Operation* operation)
    {
        EmbeddedProgram? target = FindTailCall(Registers[2], (uint)Registers[3], (byte*)Registers[10]);
        if (target is null)
            return IsStopped ? null : operation + 1;
        Frame->StackBytes = target.StackBytes;
        Frame->MayGoto = LoopLimit;
        return target.Entry;
    }

    /// <summary>The program that a tail call goes to, which becomes the current one; null, with R0 set or the run stopped, where it goes nowhere.</summary>
    private EmbeddedProgram? FindTailCall(ulong array, uint index, byte* frame)
    {
        if (IsWindows && array == 0)
        {
            Registers[0] = WindowsHelpers.NoSuchProgram;
            return null;
        }

        if (!TryMap(array, out EmbeddedMap map))
            return null;
        if (TailCalls >= TailCallLimit)
        {
            Registers[0] = IsWindows ? WindowsHelpers.NoMoreTailCalls : Result(Errno.ELOOP);
            return null;
        }

        nint handle = map is ReferenceArrayMap { Type: MapType.ProgArray } programs ? programs.Target(index) : 0;
        if (handle == 0)
        {
            Registers[0] = IsWindows ? WindowsHelpers.NoSuchProgram : Result(Errno.ENOENT);
            return null;
        }

        EmbeddedProgram target = EmbeddedProgram.FromHandle(handle);
        byte* bottom = frame - (target.Native is { StackDepth: > 0 } native ? native.StackDepth : target.StackBytes);
        if (bottom < State->StackLimit)
        {
            Stop("tail calls out of subprograms have used up the stack");
            return null;
        }

        if (bottom < _stackLow)
            _stackLow = bottom;
        TailCalls++;
        _visited.Add(Program);
        Program = target;
        if (IsChecking)
            Memory.GrantMaps(target);
        return target;
    }

    /// <summary>The program, among those of this run, that has a function at an address; null where none does.</summary>
    internal EmbeddedProgram? FunctionOwner(ulong function) => Find(function) is { } program && program.IsFunction((Operation*)function) ? program : null;

    private bool IsWindows => Program.Spec.Dialect == Dialect.Windows;

    /// <summary>The program, among those of this run, that an operation belongs to.</summary>
    private EmbeddedProgram? Find(ulong operation)
    {
        if (Program.Contains((Operation*)operation))
            return Program;
        foreach (EmbeddedProgram program in _visited)
        {
            if (program.Contains((Operation*)operation))
                return program;
        }

        return null;
    }

    /// <summary>A helper's answer for an error.</summary>
    internal static ulong Result(Errno errno) => (ulong)-(long)errno;

    /// <summary>A helper's answer: 0 or a negative error number, sign-extended.</summary>
    internal static ulong Result(int value) => (ulong)value;
}
