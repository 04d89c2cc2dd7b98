using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

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
                if (node.Offset != index + 1)
                    JumpTo(node.Offset);
                break;
            case IrOp.MayGoto:
                _asm.Alu(Alu.Sub, 4, MayGotoCounter, 1);
                JumpIf(Flag.Sign, node.Offset);
                break;
            default:
                return EmitBranch(node, block, index);
        }

        return block.Next;
    }

    private int EmitBranch(in Node node, in Block block, int index)
    {
        Gpr a = Home(node.A);
        Condition condition = node.Condition;
        if (condition is Condition.Set or Condition.Clear)
        {
            if (node.HasImmediate)
                _asm.Test(node.Width, a, (int)node.Immediate);
            else
                _asm.Test(node.Width, a, Home(node.B));
        }
        else if (!node.HasImmediate)
        {
            _asm.Alu(Alu.Compare, node.Width, a, Home(node.B));
        }
        else if (node is { Immediate: 0, Condition: Condition.Equal or Condition.NotEqual } && node.A == _tested && node.Width == _testedWidth)
        {
            // The operation before has set the flags.
        }
        else if (node.Immediate == 0)
        {
            _asm.Test(node.Width, a, a);
        }
        else
        {
            _asm.Alu(Alu.Compare, node.Width, a, (int)node.Immediate);
        }

        // Where the target comes next, the other way is the one that jumps.
        if (node.Offset == index + 1 && block.Next >= 0)
        {
            JumpIf(FlagOf(condition) ^ (Flag)1, block.Next);
            return node.Offset;
        }

        JumpIf(FlagOf(condition), node.Offset);
        return block.Next;
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

    private void JumpTo(int block)
    {
        bool isShort = NextIsShort();
        _jumps.Add(new Jump(_asm.Jump(isShort), block, isShort));
    }

    private void JumpIf(Flag flag, int block)
    {
        bool isShort = NextIsShort();
        _jumps.Add(new Jump(_asm.Jump(flag, isShort), block, isShort));
    }

    private bool NextIsShort() => _isFinal && _isShort[_jumps.Count];

    /// <summary>The way in from managed code: (state, function). Sets up the registers from the run's state.</summary>
    private void EmitEntry()
    {
        _asm.Reserve(MostBytes);
        foreach (Gpr saved in _convention.Saved)
            _asm.Push(saved);
        int area = 8 * (1 - (_convention.Saved.Length & 1)) + _convention.ArgumentArea;
        _asm.Alu(Alu.Sub, 8, Gpr.Rsp, area);
        _asm.Move(8, Convention.State, _convention.FirstArgument);
        _asm.Move(8, _scratch, _convention.SecondArgument);
        for (byte register = 1; register <= 5; register++)
            _asm.Load(8, Home(register), StateRegister(register));
        _asm.Load(8, Convention.Frame, StateRegister(Registers.Frame));
        _asm.Call(_scratch);
        _asm.Store(8, StateRegister(0), Home(0));
        _asm.Alu(Alu.Add, 8, Gpr.Rsp, area);
        for (int i = _convention.Saved.Length - 1; i >= 0; i--)
            _asm.Pop(_convention.Saved[i]);
        _asm.Return();

        // Where a tail call goes whose target was executed elsewhere: its result is in the state.
        ReturnStub = _asm.Length;
        _asm.Load(8, Home(0), StateRegister(0));
        _asm.Return();
        if (!_unit.Checks)
            return;
        _asm.Reserve(MostBytes);
        _askForLoad = EmitAsk(RunState.LoadCheckedOffset);
        _askForAccess = EmitAsk(RunState.CheckOffset);
    }

    /// <summary>Where the code is that gives back the R0 of the run's state.</summary>
    public int ReturnStub { get; private set; }

    private void EmitPrologue()
    {
        for (byte register = 6; register <= 9; register++)
        {
            if ((_saved >> register & 1) != 0)
                _asm.Push(Home(register));
        }

        if (_frameBytes != 0)
            _asm.Alu(Alu.Sub, 8, Gpr.Rsp, _frameBytes);
        if (_function.HasMayGoto)
            _asm.Store(4, MayGotoCounter, Run.LoopLimit);
        if (_unit.LimitsDepth)
        {
            _asm.Lea(8, _scratch, new Memory(Convention.Frame, -_function.StackBytes));
            _asm.Alu(Alu.Compare, 8, _scratch, State(RunState.StackLimitOffset));
            AddCold(_asm.Jump(Flag.Below, isShort: false), ColdKind.StopForDepth, _function.Slot);
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
        if (_frameBytes != 0)
            _asm.Alu(Alu.Add, 8, Gpr.Rsp, _frameBytes);
        for (byte register = 9; register >= 6; register--)
        {
            if ((_saved >> register & 1) != 0)
                _asm.Pop(Home(register));
        }
    }

    private Memory MayGotoCounter => new(Gpr.Rsp, _frameBytes - 8);
}
