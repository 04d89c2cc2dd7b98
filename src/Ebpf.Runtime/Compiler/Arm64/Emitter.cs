using Ebpf.Runtime.Compiler.Ir;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <summary>
/// Emits functions as AArch64 machine code. Each BPF register has a home for good (<see cref="Convention"/>); what a node needs beyond them it takes
/// from the scratch registers.
/// </summary>
internal sealed partial class Emitter : IBackEnd
{
    private readonly Assembler _asm = new();
    private readonly List<Jump> _jumps = [];
    private readonly List<ColdPath> _cold = [];
    private readonly List<(int Place, int Function)> _calls = [];
    private int[] _blockOffsets = new int[32];
    private IrFunction _function = null!;
    private CompilationUnit _unit = null!;
    private uint _saved;
    private int _frameBytes;

    public Span<byte> Code => _asm.Code;

    public List<(int Offset, int Slot)> Lines { get; } = [];

    public int ReturnStub { get; private set; }

    public void Begin(CompilationUnit unit)
    {
        _unit = unit;
        _asm.Clear();
        _calls.Clear();
        Lines.Clear();
        EmitEntry();
    }

    public int Emit(IrFunction function)
    {
        _function = function;
        _saved = SavedOf(function);
        function.HasCalls |= _unit.Checks || _unit.LimitsDepth || _unit.CountsInstructions;
        int words = System.Numerics.BitOperations.PopCount(_saved) + (function.HasCalls ? 2 : 0) + (function.HasMayGoto ? 1 : 0) + (function.HasLoop ? 3 : 0);
        _frameBytes = (words * 8 + 15) & ~15;
        if (_blockOffsets.Length < function.BlockCount)
            _blockOffsets = new int[function.BlockCount * 2];

        int start = _asm.Length;
        _jumps.Clear();
        _cold.Clear();
        EmitPrologue();
        Span<Block> blocks = function.Blocks;
        for (int i = 0; i < blocks.Length; i++)
        {
            ref readonly Block block = ref blocks[i];
            _blockOffsets[i] = _asm.Length;
            int next = block.Next;
            foreach (ref readonly Node node in function.NodesOf(block))
            {
                if (node.Op == IrOp.Nop)
                    continue;
                Lines.Add((_asm.Length, node.Slot));
                if (node.IsTerminator)
                    next = EmitEnd(node, block, i);
                else
                    EmitNode(node);
            }

            if (next >= 0 && next != i + 1)
                _jumps.Add(new Jump(_asm.Jump(), next));
        }

        EmitColdPaths();
        foreach (Jump jump in _jumps)
            _asm.Patch(jump.Place, _blockOffsets[jump.Block]);
        return start;
    }

    public void Finish(ReadOnlySpan<int> functionOffsets)
    {
        foreach ((int place, int function) in _calls)
            _asm.Patch(place, functionOffsets[function]);
    }

    private void EmitNode(in Node node)
    {
        switch (node.Op)
        {
            case IrOp.Move: _asm.Move(node.Width, Home(node.D), Home(node.A)); break;
            case IrOp.Constant: _asm.Constant(Home(node.D), node.Immediate); break;
            case IrOp.Add: EmitSum(node, node.Immediate); break;
            case IrOp.Sub: EmitSum(node, -node.Immediate); break;
            case IrOp.And: _asm.And(node.Width, Home(node.D), Home(node.A), Second(node)); break;
            case IrOp.Or: _asm.Or(node.Width, Home(node.D), Home(node.A), Second(node)); break;
            case IrOp.Xor: _asm.Xor(node.Width, Home(node.D), Home(node.A), Second(node)); break;
            case IrOp.Mul: _asm.Multiply(node.Width, Home(node.D), Home(node.A), Second(node)); break;
            case IrOp.Shl or IrOp.Shr or IrOp.Sar: EmitShift(node); break;
            case IrOp.Rotl: _asm.RotateRight(node.Width, Home(node.D), Home(node.A), node.Width * 8 - (int)node.Immediate); break;
            case IrOp.Div or IrOp.Mod or IrOp.SDiv or IrOp.SMod: EmitDivision(node); break;
            case IrOp.Neg: _asm.Sub(node.Width, Home(node.D), Reg.Zero, Home(node.A)); break;
            case IrOp.ZeroExtend: _asm.ZeroExtend(node.Size, Home(node.D), Home(node.A)); break;
            case IrOp.SignExtend: _asm.SignExtend(node.Size, node.Width, Home(node.D), Home(node.A)); break;
            case IrOp.ByteSwap: EmitByteSwap(node); break;
            case IrOp.Load or IrOp.LoadSigned: EmitLoad(node); break;
            case IrOp.Store: EmitStore(node); break;
            case IrOp.Update: EmitUpdate(node); break;
            case IrOp.Atomic: EmitAtomic(node); break;
            case IrOp.LoadState: _asm.Load(node.Size, Home(node.D), StateAt(node.Offset)); break;
            case IrOp.LookupArray: EmitArrayLookup(node); break;
            case IrOp.Budget: EmitBudget(node); break;
            case IrOp.CallLocal: EmitLocalCall(node); break;
            case IrOp.CallHelper: EmitHelperCall(node); break;
            case IrOp.CallLoop: EmitLoop(node); break;
            case IrOp.CallRegister: EmitRegisterCall(node); break;
            case IrOp.TailCall: EmitTailCall(node); break;
            case IrOp.LoadPacket: EmitPacketLoad(node); break;
            default: throw new InvalidOperationException($"the AArch64 compiler does not know {node.Op}");
        }
    }

    private static Reg Home(byte register) => Homes[register];

    private static Memory StateAt(int offset) => new(State, offset);

    private static Memory StateRegister(int register) => new(State, RunState.RegisterOffset + 8 * register);

    /// <summary>A branch of the function: its place, and which block it goes to.</summary>
    private readonly record struct Jump(int Place, int Block);
}
