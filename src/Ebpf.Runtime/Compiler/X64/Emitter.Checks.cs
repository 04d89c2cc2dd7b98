using System.Numerics;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

/// <content>
/// Tested accesses: the program's own stack is seen through when it is compiled, the region that was touched last is tested in place, and
/// everything else asks <see cref="NativeCalls"/>.
/// </content>
internal sealed partial class Emitter
{
    private int _askForLoad, _askForAccess;

    /// <summary>Tests an access; gives the address to use.</summary>
    private Memory EmitCheck(in Node node, in Memory address)
    {
        // An atomic access must also be aligned, which the slow way tests.
        if (IsOwnStack(node) && node.Op != IrOp.Atomic)
            return address;
        CompareWithRegion(node.Size, address);
        bool isAtomic = node.Op == IrOp.Atomic;
        bool writes = !isAtomic || node.Immediate != Bytecode.Isa.Opcodes.AtomicLoadAcquire;
        AddCold(isAtomic ? _asm.Jump(isShort: false) : _asm.Jump(Flag.Above, isShort: false), ColdKind.Check, node.Slot);
        _cold[^1] = _cold[^1] with { Access = node.Size | (writes ? NativeCalls.Write : 0) | (isAtomic ? NativeCalls.Atomic : 0) };
        ReturnFromCold();
        return new Memory(_scratch, 0);
    }

    private void EmitCheckedLoad(in Node node, in Memory address)
    {
        if (IsOwnStack(node))
        {
            EmitLoad(node with { Flags = node.Flags & ~NodeFlags.Checked });
            return;
        }

        CompareWithRegion(node.Size, address);
        AddCold(_asm.Jump(Flag.Above, isShort: false), ColdKind.Load, node.Slot);
        if (node.Op == IrOp.LoadSigned)
            _asm.LoadSigned(node.Size, Home(node.D), new Memory(_scratch, 0));
        else
            _asm.Load(node.Size, Home(node.D), new Memory(_scratch, 0));
        _cold[^1] = _cold[^1] with { Access = node.Size | (node.Op == IrOp.LoadSigned ? NativeCalls.Signed : 0), Register = node.D };
        ReturnFromCold();
    }

    private bool IsOwnStack(in Node node) =>
        node.A == Registers.Frame && node.B == Node.None && node.Offset >= -_function.StackBytes && node.Offset + node.Size <= 0;

    /// <summary>scratch = the address; the flags say "above" where it is not in the region that was touched last.</summary>
    private void CompareWithRegion(int size, in Memory address)
    {
        _asm.Lea(8, _scratch, address);
        _asm.Move(8, _scratch2, _scratch);
        _asm.Alu(Alu.Sub, 8, _scratch2, State(RunState.RegionStartOffset));
        _asm.Alu(Alu.Compare, 8, _scratch2, State(RunState.RegionLimitOffset + 8 * BitOperations.Log2((uint)size)));
    }

    private unsafe void EmitSlowAccess(in ColdPath path)
    {
        _asm.Lea(8, _scratch2, new Memory(Convention.Frame, -_function.StackBytes));
        _asm.Store(8, State(RunState.StackAtOffset), _scratch2);
        _asm.Constant(_scratch2, (long)(_unit.Code + path.Slot));
        _asm.Store(8, State(RunState.PositionOffset), _scratch2);
        _asm.Constant(_scratch2, path.Access);
        _asm.Patch(_asm.Call(), path.Kind == ColdKind.Load ? _askForLoad : _askForAccess, isShort: false);
        _asm.Alu(Alu.Compare, 4, State(RunState.StoppedOffset), 0);
        int goesOn = _asm.Jump(Flag.Equal, isShort: true);
        EmitEpilogue();
        _asm.Return();
        _asm.Patch(goesOn, _asm.Length, isShort: true);
        if (path.Kind == ColdKind.Load)
            _asm.Move(8, Home(path.Register), _scratch);
        _asm.Patch(_asm.Jump(isShort: false), path.Return, isShort: false);
    }

    /// <summary>Asks managed code about the access in scratch (address) and scratch 2 (size and kind); the answer is in scratch. All homes keep their values.</summary>
    private int EmitAsk(int function)
    {
        int start = _asm.Length;
        for (byte register = 0; register <= 5; register++)
            _asm.Push(Home(register));
        int area = 8 + _convention.ArgumentArea;
        _asm.Alu(Alu.Sub, 8, Gpr.Rsp, area);
        _asm.Move(8, Home(1), _scratch);
        _asm.Move(8, Home(2), _scratch2);
        CallState(function);
        _asm.Move(8, _scratch, Home(0));
        _asm.Alu(Alu.Add, 8, Gpr.Rsp, area);
        for (int register = 5; register >= 0; register--)
            _asm.Pop(Home((byte)register));
        _asm.Return();
        return start;
    }
}
