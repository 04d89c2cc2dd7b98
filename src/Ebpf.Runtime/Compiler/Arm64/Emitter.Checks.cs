using System.Numerics;
using Ebpf.Runtime.Compiler.Ir;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <content>
/// Tested accesses: the program's own stack is seen through when it is compiled, the region that was touched last is tested in place, and
/// everything else asks <see cref="NativeCalls"/>.
/// </content>
internal sealed partial class Emitter
{
    private int _askForLoad, _askForAccess;

    /// <summary>Tests an access; gives the address to use.</summary>
    private Memory EmitCheck(in Node node)
    {
        CompareWithRegion(node);
        bool isAtomic = node.Op == IrOp.Atomic;
        bool writes = !isAtomic || node.Immediate != Bytecode.Isa.Opcodes.AtomicLoadAcquire;
        // An atomic access must also be aligned, which the slow way tests.
        AddCold(isAtomic ? _asm.Jump() : _asm.Jump(Flag.Above), ColdKind.Check, node.Slot);
        _cold[^1] = _cold[^1] with { Access = node.Size | (writes ? NativeCalls.Write : 0) | (isAtomic ? NativeCalls.Atomic : 0) };
        ReturnFromCold();
        return new Memory(Scratch, 0);
    }

    private void EmitCheckedLoad(in Node node)
    {
        CompareWithRegion(node);
        AddCold(_asm.Jump(Flag.Above), ColdKind.Load, node.Slot);
        EmitPlainLoad(node, new Memory(Scratch, 0));
        _cold[^1] = _cold[^1] with { Access = node.Size | (node.Op == IrOp.LoadSigned ? NativeCalls.Signed : 0), Register = node.D };
        ReturnFromCold();
    }

    private bool IsOwnStack(in Node node) =>
        node.A == Registers.Frame && node.B == Node.None && node.Offset >= -_function.StackBytes && node.Offset + node.Size <= 0;

    /// <summary>scratch = the address; the flags say "above" where it is not in the region that was touched last.</summary>
    private void CompareWithRegion(in Node node)
    {
        bool isIndexed = node.B != Node.None && node.Op != IrOp.Atomic;
        ComputeAddress(new Memory(Home(node.A), node.Offset, isIndexed ? Home(node.B) : Reg.None, node.Scale));
        _asm.Load(8, Scratch2, StateAt(RunState.RegionStartOffset));
        _asm.Load(8, Scratch3, StateAt(RunState.RegionLimitOffset + 8 * BitOperations.Log2(node.Size)));
        _asm.Sub(8, Scratch2, Scratch, Scratch2);
        _asm.Compare(8, Scratch2, Scratch3);
    }

    private unsafe void EmitSlowAccess(in ColdPath path)
    {
        _asm.AddImmediate(8, Scratch2, Frame, -_function.StackBytes);
        _asm.Store(8, StateAt(RunState.StackAtOffset), Scratch2);
        _asm.Constant(Scratch2, (long)(_unit.Code + path.Slot));
        _asm.Store(8, StateAt(RunState.PositionOffset), Scratch2);
        _asm.Constant(Scratch2, path.Access);
        _asm.Patch(_asm.Call(), path.Kind == ColdKind.Load ? _askForLoad : _askForAccess);
        _asm.Load(4, Scratch2, StateAt(RunState.StoppedOffset));
        int goesOn = _asm.JumpIfZero(4, Scratch2, isZero: true);
        EmitEpilogue();
        _asm.Return();
        _asm.Patch(goesOn, _asm.Length);
        if (path.Kind == ColdKind.Load)
            _asm.Move(8, Home(path.Register), Scratch);
        _asm.Patch(_asm.Jump(), path.Return);
    }

    /// <summary>Asks managed code about the access in scratch (address) and scratch 2 (size and kind); the answer is in scratch. All homes keep their values.</summary>
    private int EmitAsk(int function)
    {
        int start = _asm.Length;
        const int area = 64;
        _asm.AddImmediate(8, Reg.Sp, Reg.Sp, -area);
        for (byte register = 0; register <= 5; register++)
            _asm.Store(8, new Memory(Reg.Sp, 8 * register), Home(register));
        _asm.Store(8, new Memory(Reg.Sp, 48), Link);
        _asm.Move(8, Home(1), Scratch);
        _asm.Move(8, Home(2), Scratch2);
        CallState(function);
        _asm.Move(8, Scratch, Home(0));
        for (byte register = 0; register <= 5; register++)
            _asm.Load(8, Home(register), new Memory(Reg.Sp, 8 * register));
        _asm.Load(8, Link, new Memory(Reg.Sp, 48));
        _asm.AddImmediate(8, Reg.Sp, Reg.Sp, area);
        _asm.Return();
        return start;
    }
}
