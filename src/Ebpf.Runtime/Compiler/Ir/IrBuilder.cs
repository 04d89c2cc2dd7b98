using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Interpreter;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Compiler.Ir;

/// <summary>
/// Turns the decoded operations of one function into intermediate form: the blocks that can be reached from its first slot, in the order of their slots.
/// A block that several functions reach is part of each.
/// </summary>
internal sealed unsafe partial class IrBuilder
{
    private readonly CompilationUnit _unit;
    private readonly Operation* _code;
    private readonly InstructionFact[]? _facts;

    // For each slot: in which function it was last found to begin a block (as index + 1), and which block it is.
    private readonly int[] _stamp;
    private readonly int[] _blockAt;
    private readonly List<int> _starts = [];
    private readonly Stack<int> _work = new();
    private int _firstOfBlock;

    internal IrBuilder(CompilationUnit unit)
    {
        _unit = unit;
        _code = unit.Code;
        _facts = unit.Facts;
        _stamp = new int[unit.SlotCount + 1];
        _blockAt = new int[unit.SlotCount + 1];
    }

    /// <summary>Builds the function that begins at a slot.</summary>
    internal void Build(IrFunction function, int index, int start, int stackBytes)
    {
        function.Clear();
        function.Index = index;
        function.Slot = start;
        function.StackBytes = stackBytes;
        FindBlocks(index + 1, start);
        for (int i = 0; i < _starts.Count; i++)
            BuildBlock(function, i);
        LinkBlocks(function);
    }

    /// <summary>Finds every slot of the function at which a block begins, first to last; the function's first block comes first.</summary>
    private void FindBlocks(int stamp, int start)
    {
        _starts.Clear();
        Reach(start);
        while (_work.TryPop(out int slot))
        {
            // A run of slots ends at a jump or at the next start of a block, which may be found later: blocks are cut when they are built.
            while (true)
            {
                Operation operation = _code[slot];
                if (IsJump(operation.Code))
                {
                    (bool falls, bool jumps) = Ways(slot);
                    if (jumps)
                        Reach(slot + operation.Offset);
                    if (falls)
                        Reach(slot + 1);
                    break;
                }

                if (operation.Code is Op.Exit or Op.Trap)
                    break;
                slot += operation.Code == Op.LoadWide ? 2 : 1;
                if (_stamp[slot] == stamp)
                    break;
            }
        }

        _starts.Sort();
        // Code is laid out by slot, but a function is entered at its first block.
        _starts.Remove(start);
        _starts.Insert(0, start);
        for (int i = 0; i < _starts.Count; i++)
            _blockAt[_starts[i]] = i;

        void Reach(int slot)
        {
            if (_stamp[slot] == stamp)
                return;
            _stamp[slot] = stamp;
            _starts.Add(slot);
            _work.Push(slot);
        }
    }

    private void BuildBlock(IrFunction function, int index)
    {
        int slot = _starts[index];
        int stamp = function.Index + 1;
        int first = _firstOfBlock = function.NodeCount;
        var block = new Block { Slot = slot, First = first, Next = -1, Target = -1 };
        while (true)
        {
            Operation operation = _code[slot];
            if (IsJump(operation.Code))
            {
                (bool falls, bool jumps) = Ways(slot);
                block.Target = jumps ? _blockAt[slot + operation.Offset] : -1;
                block.Next = falls ? _blockAt[slot + 1] : -1;
                if (jumps)
                    AddJump(function, slot, operation, falls);
                break;
            }

            Translate(function, slot, operation);
            if (operation.Code is Op.Exit or Op.Trap)
                break;
            slot += operation.Code == Op.LoadWide ? 2 : 1;
            if (_stamp[slot] == stamp)
            {
                block.Next = _blockAt[slot];
                break;
            }
        }

        block.Count = function.NodeCount - first;
        function.Add(block);
    }

    private static void LinkBlocks(IrFunction function)
    {
        Span<Block> blocks = function.Blocks;
        for (int i = 0; i < blocks.Length; i++)
        {
            if (blocks[i].Target >= 0 && blocks[i].Target <= i)
                blocks[blocks[i].Target].IsLoopHead = true;
        }
    }

    private static bool IsJump(Op op) => op is >= Op.Jump and <= Op.MayGoto;

    /// <summary>Where a jump may go: on, and to its target. The verifier has seen some that go only one way.</summary>
    private (bool Falls, bool Jumps) Ways(int slot)
    {
        Op op = _code[slot].Code;
        if (op == Op.Jump || _code[slot].Offset == 1)
            return (op != Op.Jump, op == Op.Jump);
        InstructionFlags flags = _facts is null ? InstructionFlags.None : _facts[slot].Flags;
        return ((flags & InstructionFlags.AlwaysTaken) == 0, (flags & InstructionFlags.NeverTaken) == 0);
    }

    private void AddJump(IrFunction function, int slot, Operation operation, bool falls)
    {
        int target = _blockAt[slot + operation.Offset];
        if (_unit.CountsInstructions && operation.Offset <= 0)
            function.Add(new Node { Op = IrOp.Budget, Slot = slot, Immediate = 1 - operation.Offset, A = Node.None, B = Node.None, D = Node.None });

        var node = new Node { Op = IrOp.Jump, Slot = slot, Offset = target, A = Node.None, B = Node.None, D = Node.None, Width = 8 };
        if (operation.Code == Op.MayGoto)
        {
            node.Op = IrOp.MayGoto;
            function.HasMayGoto = true;
        }
        else if (falls)
        {
            // In Op, conditions come in pairs: with a register, with an immediate.
            bool narrow = operation.Code >= Op.Jeq32;
            int kind = operation.Code - (narrow ? Op.Jeq32 : Op.Jeq64);
            node.Op = IrOp.Branch;
            node.Condition = s_conditions[kind / 2];
            node.Width = (byte)(narrow ? 4 : 8);
            node.A = operation.Destination;
            if ((kind & 1) != 0)
            {
                node.Flags = NodeFlags.Immediate;
                node.Immediate = (int)operation.Immediate;
            }
            else
            {
                node.B = operation.Source;
            }
        }

        function.Add(node);
    }

    private static readonly Condition[] s_conditions =
    [
        Condition.Equal, Condition.NotEqual, Condition.Above, Condition.AboveOrEqual, Condition.Below, Condition.BelowOrEqual,
        Condition.Greater, Condition.GreaterOrEqual, Condition.Less, Condition.LessOrEqual, Condition.Set,
    ];
}
