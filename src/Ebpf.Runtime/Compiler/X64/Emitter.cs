using System.Numerics;
using System.Runtime.Intrinsics.X86;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

/// <summary>
/// Emits functions as x86-64 machine code. Each BPF register has a home for good (<see cref="Convention"/>); what a node needs beyond them it takes
/// from the scratch registers. A function is emitted twice: the first time tells which jumps are short.
/// </summary>
internal sealed partial class Emitter : IBackEnd
{
    /// <summary>No node becomes more than this many bytes.</summary>
    private const int MostBytes = 192;

    private readonly Assembler _asm = new();
    private readonly Convention _convention;
    private readonly Gpr[] _homes;
    private readonly bool _hasBmi2;
    private readonly Gpr _scratch, _scratch2, _scratch3;
    private readonly List<Jump> _jumps = [];
    private readonly List<ColdPath> _cold = [];
    private readonly List<(int Place, int Function)> _calls = [];
    private readonly List<int> _stops = [];
    private int[] _blockOffsets = new int[32];
    private bool[] _isShort = new bool[64];
    private bool _isFinal;
    private IrFunction _function = null!;
    private CompilationUnit _unit = null!;
    private uint _saved;
    private int _frameBytes;

    // The register of which the zero flag tells whether it is zero, and in which width; Node.None for none.
    private byte _tested;
    private byte _testedWidth;

    internal Emitter()
        : this(Convention.Current, Bmi2.X64.IsSupported)
    {
    }

    /// <param name="convention">The convention of calls.</param>
    /// <param name="hasBmi2">Whether the machine has shifts that leave flags and counts alone.</param>
    internal Emitter(Convention convention, bool hasBmi2)
    {
        _convention = convention;
        _homes = convention.Homes;
        _hasBmi2 = hasBmi2;
        _scratch = convention.Scratch;
        _scratch2 = convention.Scratch2;
        _scratch3 = convention.Scratch3;
    }

    public Span<byte> Code => _asm.Code;

    public List<(int Offset, int Slot)> Lines { get; } = [];

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
        _saved = function.Writes() & Registers.Saved;
        function.HasCalls |= _unit.Checks || _unit.LimitsDepth || _unit.CountsInstructions;
        int pushed = BitOperations.PopCount(_saved);
        int bytes = (function.HasMayGoto ? 8 : 0) + (function.HasLoop ? 24 : 0) + (function.HasCalls ? _convention.ArgumentArea : 0);
        // On entry the stack is 8 off its alignment.
        if (function.HasCalls && ((8 + 8 * pushed + bytes) & 15) != 0)
            bytes += 8;
        _frameBytes = bytes;
        if (_blockOffsets.Length < function.BlockCount)
            _blockOffsets = new int[function.BlockCount * 2];

        _asm.Align(16);
        int start = _asm.Length, calls = _calls.Count;
        _isFinal = false;
        EmitBody();
        ShortenJumps();
        _asm.Truncate(start);
        _calls.RemoveRange(calls, _calls.Count - calls);
        _isFinal = true;
        EmitBody();
        foreach (Jump jump in _jumps)
            _asm.Patch(jump.Place, _blockOffsets[jump.Block], jump.IsShort);
        return start;
    }

    public void Finish(ReadOnlySpan<int> functionOffsets)
    {
        foreach ((int place, int function) in _calls)
            _asm.Patch(place, functionOffsets[function], isShort: false);
    }

    private void EmitBody()
    {
        _jumps.Clear();
        _cold.Clear();
        _stops.Clear();
        _asm.Reserve(MostBytes);
        EmitPrologue();
        Span<Block> blocks = _function.Blocks;
        for (int i = 0; i < blocks.Length; i++)
        {
            ref readonly Block block = ref blocks[i];
            if (block.IsLoopHead)
                AlignLoop();
            _blockOffsets[i] = _asm.Length;
            int next = block.Next;
            _tested = Node.None;
            foreach (ref readonly Node node in _function.NodesOf(block))
            {
                if (node.Op == IrOp.Nop)
                    continue;
                _asm.Reserve(MostBytes);
                if (_isFinal)
                    Lines.Add((_asm.Length, node.Slot));
                if (node.IsTerminator)
                    next = EmitEnd(node, block, i);
                else
                    EmitNode(node);
                SetTested(node);
            }

            if (next >= 0 && next != i + 1)
            {
                _asm.Reserve(MostBytes);
                JumpTo(next);
            }
        }

        EmitColdPaths();
    }

    /// <summary>Notes what the flags say after a node. Additions of three operands are no additions, but addresses, which set no flags.</summary>
    private void SetTested(in Node node)
    {
        bool setsFlags = node.Op is IrOp.And or IrOp.Or or IrOp.Xor || (node.Op is IrOp.Add or IrOp.Sub && node.D == node.A);
        _tested = setsFlags ? node.D : Node.None;
        _testedWidth = node.Width;
    }

    private void AlignLoop()
    {
        // How much is needed is known only in the end: at first, the most.
        if (_isFinal)
            _asm.Align(16);
        else
            _asm.Skip(15);
    }

    private void ShortenJumps()
    {
        if (_isShort.Length < _jumps.Count)
            _isShort = new bool[_jumps.Count * 2];
        for (int i = 0; i < _jumps.Count; i++)
        {
            int distance = _blockOffsets[_jumps[i].Block] - _jumps[i].Place;
            _isShort[i] = distance is > -120 and < 120;
        }
    }

    private void EmitNode(in Node node)
    {
        switch (node.Op)
        {
            case IrOp.Move: EmitMove(node); break;
            case IrOp.Constant: EmitConstant(node); break;
            case IrOp.Add: EmitAdd(node); break;
            case IrOp.Sub: EmitSubtract(node); break;
            case IrOp.And: EmitAlu(Alu.And, node); break;
            case IrOp.Or: EmitAlu(Alu.Or, node); break;
            case IrOp.Xor: EmitAlu(Alu.Xor, node); break;
            case IrOp.Mul: EmitMultiply(node); break;
            case IrOp.Shl: EmitShift(Shift.Left, node); break;
            case IrOp.Shr: EmitShift(Shift.Right, node); break;
            case IrOp.Sar: EmitShift(Shift.RightSigned, node); break;
            case IrOp.Rotl: EmitRotate(node); break;
            case IrOp.Div or IrOp.Mod or IrOp.SDiv or IrOp.SMod: EmitDivision(node); break;
            case IrOp.Neg: Copy(node.Width, node.D, node.A); _asm.Negate(node.Width, Home(node.D)); break;
            case IrOp.ZeroExtend: _asm.ZeroExtend(node.Size, Home(node.D), Home(node.A)); break;
            case IrOp.SignExtend: _asm.SignExtend(node.Size, node.Width, Home(node.D), Home(node.A)); break;
            case IrOp.ByteSwap: EmitByteSwap(node); break;
            case IrOp.Load: EmitLoad(node); break;
            case IrOp.LoadSigned: EmitLoad(node); break;
            case IrOp.Store: EmitStore(node); break;
            case IrOp.Update: EmitUpdate(node); break;
            case IrOp.Atomic: EmitAtomic(node); break;
            case IrOp.LoadState: _asm.Load(node.Size, Home(node.D), State(node.Offset)); break;
            case IrOp.LookupArray: EmitArrayLookup(node); break;
            case IrOp.Budget: EmitBudget(node); break;
            case IrOp.CallLocal: EmitLocalCall(node); break;
            case IrOp.CallHelper: EmitHelperCall(node); break;
            case IrOp.CallLoop: EmitLoop(node); break;
            case IrOp.CallRegister: EmitRegisterCall(node); break;
            case IrOp.TailCall: EmitTailCall(node); break;
            case IrOp.LoadPacket: EmitPacketLoad(node); break;
            default: throw new InvalidOperationException($"the x86-64 compiler does not know {node.Op}");
        }
    }

    private Gpr Home(byte register) => _homes[register];

    private static Memory State(int offset) => new(Convention.State, offset);

    private static Memory StateRegister(int register) => new(Convention.State, RunState.RegisterOffset + 8 * register);

    /// <summary>A jump of the function: where its distance is, and which block it goes to.</summary>
    private readonly record struct Jump(int Place, int Block, bool IsShort);
}
