using Ebpf.Runtime.Compiler.Ir;
using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <content>Calls, and what replaces them.</content>
internal sealed partial class Emitter
{
    private void EmitLocalCall(in Node node)
    {
        MoveFrame(-_function.StackBytes);
        _calls.Add((_asm.Call(), node.Offset));
        MoveFrame(_function.StackBytes);
        LeaveIfStopped(node);
    }

    /// <summary>bpf_loop: rounds in R1, what the callback gets in R3, flags in R4.</summary>
    private void EmitLoop(in Node node)
    {
        Memory rounds = LoopNumber(0), context = LoopNumber(1), round = LoopNumber(2);
        AddCold(_asm.JumpIfZero(8, Home(4), isZero: false), ColdKind.Result, node.Slot);
        _cold[^1] = _cold[^1] with { Access = -(int)Errno.EINVAL };
        int badFlags = _cold.Count - 1;
        _asm.Constant(Scratch, Run.LoopLimit);
        _asm.Compare(4, Home(1), Scratch);
        AddCold(_asm.Jump(Flag.Above), ColdKind.Result, node.Slot);
        _cold[^1] = _cold[^1] with { Access = -(int)Errno.E2BIG };
        int tooMany = _cold.Count - 1;
        _asm.Store(4, rounds, Home(1));
        _asm.Store(8, context, Home(3));
        _asm.Store(4, round, Reg.Zero);
        int again = _asm.Length;
        _asm.Load(4, Home(1), round);
        _asm.Load(4, Scratch, rounds);
        _asm.Compare(4, Home(1), Scratch);
        int done = _asm.Jump(Flag.AboveOrEqual);
        _asm.Load(8, Home(2), context);
        MoveFrame(-_function.StackBytes);
        _calls.Add((_asm.Call(), node.Offset));
        MoveFrame(_function.StackBytes);
        LeaveIfStopped(node);
        _asm.Load(4, Scratch, round);
        _asm.AddImmediate(4, Scratch, Scratch, 1);
        _asm.Store(4, round, Scratch);
        _asm.Patch(_asm.JumpIfZero(8, Home(0), isZero: true), again);
        _asm.Patch(done, _asm.Length);
        _asm.Load(4, Home(0), round);
        _cold[badFlags] = _cold[badFlags] with { Return = _asm.Length };
        _cold[tooMany] = _cold[tooMany] with { Return = _asm.Length };
    }

    private Memory LoopNumber(int index) => new(Reg.Sp, _frameBytes - (_function.HasMayGoto ? 8 : 0) - 8 * (index + 1));

    private void EmitHelperCall(in Node node)
    {
        SetPosition(node.Slot);
        ShowStack();
        CallState(RunState.CallHelperOffset);
        LeaveIfStopped(node);
    }

    /// <summary>callx: the state says where to go.</summary>
    private void EmitRegisterCall(in Node node)
    {
        for (byte register = 1; register <= 5; register++)
            _asm.Store(8, StateRegister(register), Home(register));
        SetPosition(node.Slot);
        ShowStack();
        if (node.A != 1)
            _asm.Move(8, Home(1), Home(node.A));
        CallState(RunState.CallRegisterOffset);
        for (byte register = 1; register <= 5; register++)
            _asm.Load(8, Home(register), StateRegister(register));
        MoveFrame(-_function.StackBytes);
        _asm.Call(Home(0));
        MoveFrame(_function.StackBytes);
        LeaveIfStopped(node);
    }

    private void EmitTailCall(in Node node)
    {
        SetPosition(node.Slot);
        _asm.Store(8, StateRegister(1), Home(1));
        _asm.Store(8, StateRegister(Registers.Frame), Frame);
        CallState(RunState.TailCallOffset);
        int failed = _asm.JumpIfZero(8, Home(0), isZero: true);
        _asm.Load(8, Home(1), StateRegister(1));
        EmitEpilogue();
        _asm.Jump(Home(0));
        _asm.Patch(failed, _asm.Length);
        _asm.Load(8, Home(0), StateRegister(0));
    }

    private void EmitPacketLoad(in Node node)
    {
        _asm.Store(8, StateRegister(6), Home(6));
        if (node.B != Node.None)
            _asm.Store(8, StateRegister(node.B), Home(node.B));
        SetPosition(node.Slot);
        CallState(RunState.LoadPacketOffset);
        LeaveIfStopped(node);
        int loaded = _asm.JumpIfZero(4, Home(0), isZero: false);
        // As Linux: a load beyond the packet ends the function with 0.
        _asm.Constant(Home(0), 0);
        EmitEpilogue();
        _asm.Return();
        _asm.Patch(loaded, _asm.Length);
        _asm.Load(8, Home(0), StateRegister(0));
    }

    private unsafe void EmitArrayLookup(in Node node)
    {
        var map = (MapHeader*)node.Immediate;
        Reg result = Home(0);
        _asm.Load(4, Scratch3, AddressOf(node with { Size = 4 }));
        _asm.Constant(Scratch, map->MaxEntries);
        _asm.Compare(4, Scratch3, Scratch);
        AddCold(_asm.Jump(Flag.AboveOrEqual), ColdKind.Null, node.Slot);
        _asm.Constant(Scratch, map->Stride);
        _asm.Multiply(8, Scratch3, Scratch3, Scratch);
        _asm.Constant(result, (long)map->Data);
        _asm.Add(8, result, result, Scratch3);
        if (map->SlotStride != 0)
        {
            _asm.Load(4, Scratch2, StateAt(RunState.CpuOffset));
            _asm.Constant(Scratch, (long)map->SlotStride);
            _asm.Multiply(8, Scratch2, Scratch2, Scratch);
            _asm.Add(8, result, result, Scratch2);
        }

        ReturnFromCold();
    }

    private void EmitBudget(in Node node)
    {
        _asm.Load(8, Scratch, StateAt(RunState.BudgetOffset));
        _asm.Constant(Scratch2, node.Immediate);
        _asm.Sub(8, Scratch, Scratch, Scratch2);
        _asm.Store(8, StateAt(RunState.BudgetOffset), Scratch);
        _asm.Compare(8, Scratch, Reg.Zero);
        AddCold(_asm.Jump(Flag.Less), ColdKind.StopForBudget, node.Slot);
    }

    /// <summary>R10 of the callee begins below the caller's frame, which is never more than 512 bytes.</summary>
    private void MoveFrame(int bytes)
    {
        if (bytes != 0)
            _asm.AddImmediate(8, Frame, Frame, bytes);
    }

    /// <summary>Says where the caller's stack ends: callbacks begin there, and probing helpers ask what belongs to the run.</summary>
    private void ShowStack()
    {
        _asm.AddImmediate(8, Scratch, Frame, -_function.StackBytes);
        _asm.Store(8, StateAt(RunState.StackAtOffset), Scratch);
    }

    private unsafe void SetPosition(int slot)
    {
        _asm.Constant(Scratch, (long)(_unit.Code + slot));
        _asm.Store(8, StateAt(RunState.PositionOffset), Scratch);
    }

    /// <summary>Calls a function of the state with R1 to R5 and the state; its result becomes R0.</summary>
    private void CallState(int offset)
    {
        _asm.Move(8, SixthArgument, State);
        _asm.Load(8, Scratch, StateAt(offset));
        _asm.Call(Scratch);
        _asm.Move(8, Home(0), Reg.X0);
    }

    private void LeaveIfStopped(in Node node)
    {
        if ((node.Flags & NodeFlags.MayStop) == 0)
            return;
        _asm.Load(4, Scratch, StateAt(RunState.StoppedOffset));
        AddCold(_asm.JumpIfZero(4, Scratch, isZero: false), ColdKind.Leave, node.Slot);
    }

    private void EmitStop(StopReason reason, int slot)
    {
        SetPosition(slot);
        _asm.Constant(Home(1), (long)reason);
        CallState(RunState.StopOffset);
        EmitEpilogue();
        _asm.Return();
    }

    private void AddCold(int place, ColdKind kind, int slot) => _cold.Add(new ColdPath(place, kind, slot, 0));

    /// <summary>The last cold path goes on here.</summary>
    private void ReturnFromCold() => _cold[^1] = _cold[^1] with { Return = _asm.Length };

    /// <summary>What hardly ever happens, behind the function.</summary>
    private void EmitColdPaths()
    {
        foreach (ColdPath path in _cold)
        {
            _asm.Patch(path.Place, _asm.Length);
            switch (path.Kind)
            {
                case ColdKind.Leave:
                    EmitEpilogue();
                    _asm.Return();
                    break;
                case ColdKind.Null:
                    _asm.Constant(Home(0), 0);
                    _asm.Patch(_asm.Jump(), path.Return);
                    break;
                case ColdKind.Result:
                    _asm.Constant(Home(0), path.Access);
                    _asm.Patch(_asm.Jump(), path.Return);
                    break;
                case ColdKind.Load or ColdKind.Check:
                    EmitSlowAccess(path);
                    break;
                case ColdKind.StopForBudget:
                    EmitStop(StopReason.Budget, path.Slot);
                    break;
                case ColdKind.StopForDepth:
                    EmitStop(StopReason.Depth, path.Slot);
                    break;
            }
        }
    }

    private enum ColdKind
    {
        /// <summary>The run is stopped: leave the function.</summary>
        Leave,

        /// <summary>R0 = 0, and back.</summary>
        Null,

        /// <summary>R0 = a number, and back.</summary>
        Result,

        /// <summary>Ask managed code for what an access would read.</summary>
        Load,

        /// <summary>Ask managed code whether an access is allowed.</summary>
        Check,

        StopForBudget,
        StopForDepth,
    }

    /// <summary>The branch that goes to it, and where it goes back to.</summary>
    private readonly record struct ColdPath(int Place, ColdKind Kind, int Slot, int Return, int Access = 0, byte Register = 0);
}
