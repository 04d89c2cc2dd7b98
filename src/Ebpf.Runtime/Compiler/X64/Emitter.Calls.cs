using System.Numerics;
using Ebpf.Runtime.Compiler.Ir;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Compiler.X64;

/// <content>Calls, and what replaces them.</content>
internal sealed partial class Emitter
{
    private void EmitLocalCall(in Node node)
    {
        MoveFrame(down: true);
        _calls.Add((_asm.Call(), node.Offset));
        MoveFrame(down: false);
        LeaveIfStopped(node);
    }

    /// <summary>bpf_loop: rounds in R1, what the callback gets in R3, flags in R4.</summary>
    private void EmitLoop(in Node node)
    {
        Memory rounds = LoopNumber(0), context = LoopNumber(1), round = LoopNumber(2);
        _asm.Test(8, Home(4), Home(4));
        AddCold(_asm.Jump(Flag.NotEqual, isShort: false), ColdKind.Result, node.Slot);
        _cold[^1] = _cold[^1] with { Access = -(int)Errno.EINVAL };
        int badFlags = _cold.Count - 1;
        _asm.Alu(Alu.Compare, 4, Home(1), Run.LoopLimit);
        AddCold(_asm.Jump(Flag.Above, isShort: false), ColdKind.Result, node.Slot);
        _cold[^1] = _cold[^1] with { Access = -(int)Errno.E2BIG };
        int tooMany = _cold.Count - 1;
        _asm.Store(4, rounds, Home(1));
        _asm.Store(8, context, Home(3));
        _asm.Store(4, round, 0);
        int again = _asm.Length;
        _asm.Load(4, Home(1), round);
        _asm.Alu(Alu.Compare, 4, Home(1), rounds);
        int done = _asm.Jump(Flag.AboveOrEqual, isShort: false);
        _asm.Load(8, Home(2), context);
        MoveFrame(down: true);
        _calls.Add((_asm.Call(), node.Offset));
        MoveFrame(down: false);
        LeaveIfStopped(node);
        _asm.Alu(Alu.Add, 4, round, 1);
        _asm.Test(8, Home(0), Home(0));
        _asm.Patch(_asm.Jump(Flag.Equal, isShort: false), again, isShort: false);
        _asm.Patch(done, _asm.Length, isShort: false);
        _asm.Load(4, Home(0), round);
        _cold[badFlags] = _cold[badFlags] with { Return = _asm.Length };
        _cold[tooMany] = _cold[tooMany] with { Return = _asm.Length };
    }

    private Memory LoopNumber(int index) => new(Gpr.Rsp, _frameBytes - (_function.HasMayGoto ? 8 : 0) - 8 * (index + 1));

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
        MoveFrame(down: true);
        _asm.Call(Home(0));
        MoveFrame(down: false);
        LeaveIfStopped(node);
    }

    private void EmitTailCall(in Node node)
    {
        SetPosition(node.Slot);
        _asm.Store(8, StateRegister(1), Home(1));
        _asm.Store(8, StateRegister(Registers.Frame), Convention.Frame);
        CallState(RunState.TailCallOffset);
        _asm.Test(8, Home(0), Home(0));
        int failed = _asm.Jump(Flag.Equal, isShort: true);
        _asm.Load(8, Home(1), StateRegister(1));
        EmitEpilogue();
        _asm.Jump(Home(0));
        _asm.Patch(failed, _asm.Length, isShort: true);
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
        _asm.Test(4, Home(0), Home(0));
        _asm.Load(8, Home(0), StateRegister(0));
        int loaded = _asm.Jump(Flag.NotEqual, isShort: true);
        // As Linux: a load beyond the packet ends the function with 0.
        _asm.Constant(Home(0), 0);
        EmitEpilogue();
        _asm.Return();
        _asm.Patch(loaded, _asm.Length, isShort: true);
    }

    private unsafe void EmitArrayLookup(in Node node)
    {
        var map = (MapHeader*)node.Immediate;
        Gpr result = Home(0);
        _asm.Load(4, result, AddressOf(node));
        _asm.Alu(Alu.Compare, 4, result, (int)map->MaxEntries);
        AddCold(_asm.Jump(Flag.AboveOrEqual, isShort: false), ColdKind.Null, node.Slot);
        _asm.Constant(_scratch, (long)map->Data);
        if (map->SlotStride != 0)
        {
            _asm.Load(4, _scratch2, State(RunState.CpuOffset));
            if (map->SlotStride <= int.MaxValue)
            {
                _asm.Multiply(8, _scratch2, _scratch2, (int)map->SlotStride);
            }
            else
            {
                _asm.Constant(_scratch3, (long)map->SlotStride);
                _asm.Multiply(8, _scratch2, _scratch3);
            }

            _asm.Alu(Alu.Add, 8, _scratch, _scratch2);
        }

        uint stride = map->Stride;
        if (stride == 8)
        {
            _asm.Lea(8, result, new Memory(_scratch, 0, result, 3));
        }
        else
        {
            if (BitOperations.IsPow2(stride))
            {
                _asm.Shift(Shift.Left, 8, result, BitOperations.Log2(stride));
            }
            else if (stride <= int.MaxValue)
            {
                _asm.Multiply(8, result, result, (int)stride);
            }
            else
            {
                _asm.Constant(_scratch2, stride);
                _asm.Multiply(8, result, _scratch2);
            }

            _asm.Alu(Alu.Add, 8, result, _scratch);
        }

        ReturnFromCold();
    }

    private void EmitBudget(in Node node)
    {
        _asm.Alu(Alu.Sub, 8, State(RunState.BudgetOffset), (int)node.Immediate);
        AddCold(_asm.Jump(Flag.Sign, isShort: false), ColdKind.StopForBudget, node.Slot);
    }

    /// <summary>R10 of the callee begins below the caller's frame.</summary>
    private void MoveFrame(bool down)
    {
        if (_function.StackBytes != 0)
            _asm.Alu(down ? Alu.Sub : Alu.Add, 8, Convention.Frame, _function.StackBytes);
    }

    /// <summary>Says where the caller's stack ends: callbacks begin there, and probing helpers ask what belongs to the run.</summary>
    private void ShowStack()
    {
        _asm.Lea(8, _scratch, new Memory(Convention.Frame, -_function.StackBytes));
        _asm.Store(8, State(RunState.StackAtOffset), _scratch);
    }

    private unsafe void SetPosition(int slot)
    {
        _asm.Constant(_scratch, (long)(_unit.Code + slot));
        _asm.Store(8, State(RunState.PositionOffset), _scratch);
    }

    /// <summary>Calls a function of the state with R1 to R5 and the state.</summary>
    private void CallState(int offset)
    {
        if (_convention.SixthArgument != Gpr.None)
        {
            _asm.Move(8, _convention.SixthArgument, Convention.State);
        }
        else
        {
            _asm.Store(8, new Memory(Gpr.Rsp, 32), Home(5));
            _asm.Store(8, new Memory(Gpr.Rsp, 40), Convention.State);
        }

        _asm.Call(State(offset));
    }

    private void LeaveIfStopped(in Node node)
    {
        if ((node.Flags & NodeFlags.MayStop) == 0)
            return;
        _asm.Alu(Alu.Compare, 4, State(RunState.StoppedOffset), 0);
        AddCold(_asm.Jump(Flag.NotEqual, isShort: false), ColdKind.Leave, node.Slot);
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
        int leave = -1;
        foreach (ColdPath path in _cold)
        {
            _asm.Reserve(MostBytes);
            if (path.Kind == ColdKind.Leave && leave >= 0)
            {
                _asm.Patch(path.Place, leave, isShort: false);
                continue;
            }

            _asm.Patch(path.Place, _asm.Length, isShort: false);
            switch (path.Kind)
            {
                case ColdKind.Leave:
                    leave = _asm.Length;
                    EmitEpilogue();
                    _asm.Return();
                    break;
                case ColdKind.Null:
                    _asm.Constant(Home(0), 0);
                    _asm.Patch(_asm.Jump(isShort: false), path.Return, isShort: false);
                    break;
                case ColdKind.Result:
                    _asm.Constant(Home(0), path.Access);
                    _asm.Patch(_asm.Jump(isShort: false), path.Return, isShort: false);
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

    /// <summary>Where a jump to it has its distance, and where it goes back to.</summary>
    private readonly record struct ColdPath(int Place, ColdKind Kind, int Slot, int Return, int Access = 0, byte Register = 0);
}
