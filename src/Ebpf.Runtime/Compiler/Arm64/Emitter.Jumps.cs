using Ebpf.Runtime.Compiler.Ir;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <content>What ends a block, and the ways in and out of a function.</content>
internal sealed partial class Emitter
{
    /// <summary>Emits the end of a block; gives the block that must follow, -1 for any.</summary>
    private int EmitEnd(in Node node, in Block block, int index)
    {
        switch (node.Op)
        {
            case IrOp.Exit:
                EmitEpilogue();
                _asm.Return();
                break;
            case IrOp.Trap:
                EmitStop(StopReason.Trap, node.Slot);
                break;
            case IrOp.Jump:
                return node.Offset;
            case IrOp.MayGoto:
                _asm.Load(4, Scratch, MayGotoCounter);
                _asm.AddImmediateWithFlags(4, Scratch, Scratch, -1);
                _asm.Store(4, MayGotoCounter, Scratch);
                _jumps.Add(new Jump(_asm.Jump(Flag.Negative), node.Offset));
                break;
            default:
                return EmitBranch(node, block, index);
        }

        return block.Next;
    }

    private int EmitBranch(in Node node, in Block block, int index)
    {
        bool turns = node.Offset == index + 1 && block.Next >= 0;
        int target = turns ? block.Next : node.Offset, next = turns ? node.Offset : block.Next;
        Reg a = Home(node.A);
        Condition condition = node.Condition;
        if (node is { HasImmediate: true, Immediate: 0, Condition: Condition.Equal or Condition.NotEqual })
        {
            _jumps.Add(new Jump(_asm.JumpIfZero(node.Width, a, condition == Condition.Equal != turns), target));
            return next;
        }

        if (condition is Condition.Set or Condition.Clear)
            _asm.Test(node.Width, a, Second(node));
        else if (node.HasImmediate && Assembler.FitsArithmetic(node.Immediate))
            CompareImmediate(node.Width, a, node.Immediate);
        else
            _asm.Compare(node.Width, a, Second(node));
        Flag flag = FlagOf(condition);
        _jumps.Add(new Jump(_asm.Jump(turns ? flag ^ (Flag)1 : flag), target));
        return next;
    }

    private void CompareImmediate(int width, Reg a, long immediate)
    {
        // cmn #0 would not set the carry as cmp #0 does.
        if (immediate == 0)
            _asm.Compare(width, a, Reg.Zero);
        else
            _asm.CompareImmediate(width, a, immediate);
    }

    private static Flag FlagOf(Condition condition) => condition switch
    {
        Condition.Equal or Condition.Clear => Flag.Equal,
        Condition.NotEqual or Condition.Set => Flag.NotEqual,
        Condition.Above => Flag.Above,
        Condition.AboveOrEqual => Flag.AboveOrEqual,
        Condition.Below => Flag.Below,
        Condition.BelowOrEqual => Flag.BelowOrEqual,
        Condition.Greater => Flag.Greater,
        Condition.GreaterOrEqual => Flag.GreaterOrEqual,
        Condition.Less => Flag.Less,
        _ => Flag.LessOrEqual,
    };

    /// <summary>The way in from managed code: (state, function). Sets up the registers from the run's state.</summary>
    private void EmitEntry()
    {
        Reg[] saved = [FramePointer, Link, Reg.X19, Reg.X20, Reg.X21, Reg.X22, Frame, State];
        _asm.AddImmediate(8, Reg.Sp, Reg.Sp, -8 * saved.Length);
        for (int i = 0; i < saved.Length; i++)
            _asm.Store(8, new Memory(Reg.Sp, 8 * i), saved[i]);
        _asm.AddImmediate(8, FramePointer, Reg.Sp, 0);
        _asm.Move(8, State, Reg.X0);
        _asm.Move(8, Scratch, Reg.X1);
        for (byte register = 1; register <= 5; register++)
            _asm.Load(8, Home(register), StateRegister(register));
        _asm.Load(8, Frame, StateRegister(Registers.Frame));
        _asm.Call(Scratch);
        _asm.Store(8, StateRegister(0), Home(0));
        _asm.Move(8, Reg.X0, Home(0));
        for (int i = 0; i < saved.Length; i++)
            _asm.Load(8, saved[i], new Memory(Reg.Sp, 8 * i));
        _asm.AddImmediate(8, Reg.Sp, Reg.Sp, 8 * saved.Length);
        _asm.Return();

        // Where a tail call goes whose target was executed elsewhere: its result is in the state.
        ReturnStub = _asm.Length;
        _asm.Load(8, Home(0), StateRegister(0));
        _asm.Return();
        if (!_unit.Checks)
            return;
        _askForLoad = EmitAsk(RunState.LoadCheckedOffset);
        _askForAccess = EmitAsk(RunState.CheckOffset);
    }

    private void EmitPrologue()
    {
        if (_frameBytes != 0)
            _asm.AddImmediate(8, Reg.Sp, Reg.Sp, -_frameBytes);
        int at = 0;
        if (_function.HasCalls)
        {
            _asm.Store(8, new Memory(Reg.Sp, 0), FramePointer);
            _asm.Store(8, new Memory(Reg.Sp, 8), Link);
            _asm.AddImmediate(8, FramePointer, Reg.Sp, 0);
            at = 16;
        }

        for (byte register = 6; register <= 9; register++)
        {
            if ((_saved >> register & 1) == 0)
                continue;
            _asm.Store(8, new Memory(Reg.Sp, at), Home(register));
            at += 8;
        }

        if (_function.HasMayGoto)
        {
            _asm.Constant(Scratch, Run.LoopLimit);
            _asm.Store(4, MayGotoCounter, Scratch);
        }

        if (_unit.LimitsDepth)
        {
            ComputeAddress(new Memory(Frame, -_function.StackBytes));
            _asm.Load(8, Scratch2, StateAt(RunState.StackLimitOffset));
            _asm.Compare(8, Scratch, Scratch2);
            AddCold(_asm.Jump(Flag.Below), ColdKind.StopForDepth, _function.Slot);
        }

        // What no verifier has seen may read what it never wrote.
        if (_unit.Facts is null && _function.Slot == 0)
        {
            _asm.Constant(Home(0), 0);
            for (byte register = 6; register <= 9; register++)
            {
                if ((_saved >> register & 1) != 0)
                    _asm.Constant(Home(register), 0);
            }
        }
    }

    private void EmitEpilogue()
    {
        int at = 0;
        if (_function.HasCalls)
        {
            _asm.Load(8, FramePointer, new Memory(Reg.Sp, 0));
            _asm.Load(8, Link, new Memory(Reg.Sp, 8));
            at = 16;
        }

        for (byte register = 6; register <= 9; register++)
        {
            if ((_saved >> register & 1) == 0)
                continue;
            _asm.Load(8, Home(register), new Memory(Reg.Sp, at));
            at += 8;
        }

        if (_frameBytes != 0)
            _asm.AddImmediate(8, Reg.Sp, Reg.Sp, _frameBytes);
    }

    private Memory MayGotoCounter => new(Reg.Sp, _frameBytes - 8);
}
