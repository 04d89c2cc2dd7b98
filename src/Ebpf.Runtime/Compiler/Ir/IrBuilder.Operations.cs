using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Compiler.Ir;

/// <content>What is no jump.</content>
internal sealed unsafe partial class IrBuilder
{
    private void Translate(IrFunction function, int slot, Operation operation)
    {
        var node = new Node { Slot = slot, D = operation.Destination, A = operation.Destination, B = Node.None, Width = 8 };
        Op op = operation.Code;
        switch (op)
        {
            case <= Op.Arsh64K:
                Binary(ref node, op - Op.Add64, operation);
                break;
            case >= Op.Add32 and <= Op.Arsh32K:
                node.Width = 4;
                Binary(ref node, op - Op.Add32, operation);
                break;
            case Op.Mov64 or Op.Mov32:
                node.Op = IrOp.Move;
                node.A = operation.Source;
                node.Width = (byte)(op == Op.Mov64 ? 8 : 4);
                if (op == Op.Mov32 && operation.Source == operation.Destination && Has(slot, InstructionFlags.DestinationUpperZero))
                    return;
                break;
            case Op.Mov64K or Op.LoadWide:
                Constant(ref node, operation.Immediate);
                break;
            case Op.Mov32K:
                Constant(ref node, (uint)operation.Immediate);
                break;
            case Op.Neg64 or Op.Neg32:
                node.Op = IrOp.Neg;
                node.Width = (byte)(op == Op.Neg64 ? 8 : 4);
                break;
            case Op.MovSx8To64 or Op.MovSx16To64 or Op.MovSx32To64 or Op.MovSx8To32 or Op.MovSx16To32:
                node.Op = IrOp.SignExtend;
                node.A = operation.Source;
                node.Size = (byte)(op switch { Op.MovSx8To64 or Op.MovSx8To32 => 1, Op.MovSx16To64 or Op.MovSx16To32 => 2, _ => 4 });
                node.Width = (byte)(op is Op.MovSx8To32 or Op.MovSx16To32 ? 4 : 8);
                break;
            case Op.Truncate16 or Op.Truncate32:
                node.Op = IrOp.ZeroExtend;
                node.Size = (byte)(op == Op.Truncate16 ? 2 : 4);
                break;
            case Op.Swap16 or Op.Swap32 or Op.Swap64:
                node.Op = IrOp.ByteSwap;
                node.Size = (byte)(op switch { Op.Swap16 => 2, Op.Swap32 => 4, _ => 8 });
                break;
            case Op.Nothing:
                return;
            case >= Op.Load8 and <= Op.LoadSx32:
                Memory(ref node, op >= Op.LoadSx8 ? IrOp.LoadSigned : IrOp.Load, op >= Op.LoadSx8 ? op - Op.LoadSx8 : op - Op.Load8, operation.Source, operation.Offset);
                break;
            case >= Op.Store8 and <= Op.Store64:
                Memory(ref node, IrOp.Store, op - Op.Store8, operation.Destination, operation.Offset);
                node.D = operation.Source;
                break;
            case >= Op.Store8K and <= Op.Store64K:
                Memory(ref node, IrOp.Store, op - Op.Store8K, operation.Destination, operation.Offset);
                node.D = Node.None;
                node.Flags |= NodeFlags.Immediate;
                node.Immediate = operation.Immediate;
                break;
            case >= Op.Atomic8 and <= Op.Atomic64:
                bool loads = operation.Immediate == Opcodes.AtomicLoadAcquire;
                Memory(ref node, IrOp.Atomic, op - Op.Atomic8, loads ? operation.Source : operation.Destination, operation.Offset);
                if (!loads)
                {
                    node.B = operation.Source;
                    node.D = Node.None;
                }

                node.Immediate = operation.Immediate;
                break;
            case Op.LoadPacket:
                node.Op = IrOp.LoadPacket;
                node.B = operation.Source == byte.MaxValue ? Node.None : operation.Source;
                node.A = node.D = Node.None;
                node.Flags = NodeFlags.MayStop;
                function.HasCalls = true;
                break;
            default:
                Call(function, ref node, operation);
                break;
        }

        function.Add(node);
    }

    private void Binary(ref Node node, int kind, Operation operation)
    {
        node.Op = s_binary[kind / 2];
        if ((kind & 1) == 0)
        {
            node.B = operation.Source;
            return;
        }

        node.Flags |= NodeFlags.Immediate;
        node.Immediate = node.Width == 4 ? (int)operation.Immediate : operation.Immediate;
        bool isDivision = node.Op is IrOp.Div or IrOp.Mod;
        if (isDivision && node.Width == 8 && Has(node.Slot, InstructionFlags.DestinationUpperZero))
            node.Flags |= NodeFlags.UpperZero;
    }

    private static void Constant(ref Node node, long value)
    {
        node.Op = IrOp.Constant;
        node.A = Node.None;
        node.Immediate = value;
    }

    private void Memory(ref Node node, IrOp op, int sizeLog, byte address, int offset)
    {
        node.Op = op;
        node.Size = (byte)(1 << sizeLog);
        node.A = address;
        node.Offset = offset;
        if (_unit.Checks)
            node.Flags |= NodeFlags.Checked;
    }

    private void Call(IrFunction function, ref Node node, Operation operation)
    {
        node.A = node.D = Node.None;
        node.Flags = NodeFlags.MayStop;
        switch (operation.Code)
        {
            case Op.Exit:
                node.Op = IrOp.Exit;
                return;
            case Op.CallLocal:
                node.Op = IrOp.CallLocal;
                node.Offset = _unit.FunctionAt(node.Slot + operation.Offset);
                if (!_unit.MayStop(node.Offset))
                    node.Flags = NodeFlags.None;
                break;
            case Op.CallHelper:
                node.Op = IrOp.CallHelper;
                node.Offset = operation.Offset;
                if (operation.Offset == (int)HelperId.GetSmpProcessorId && !_unit.Checks)
                {
                    node.Op = IrOp.LoadState;
                    node.D = 0;
                    node.Size = 4;
                    node.Offset = RunState.CpuOffset;
                    node.Flags = NodeFlags.None;
                    return;
                }

                if (ArrayMapOf(node.Slot, (HelperId)operation.Offset) is { } array)
                {
                    node.Op = IrOp.LookupArray;
                    node.A = 2;
                    node.Offset = 0;
                    node.Immediate = (long)array.Handle;
                    node.Flags = NodeFlags.None;
                    return;
                }

                if (operation.Offset == (int)HelperId.Loop && CallbackOf(function) is >= 0 and int callback)
                {
                    node.Op = IrOp.CallLoop;
                    node.Offset = callback;
                    function.HasLoop = true;
                    if (!_unit.MayStop(callback))
                        node.Flags = NodeFlags.None;
                }

                break;
            case Op.CallRegister:
                node.Op = IrOp.CallRegister;
                node.A = operation.Destination;
                break;
            case Op.TailCall:
                node.Op = IrOp.TailCall;
                break;
            default:
                node.Op = IrOp.Trap;
                break;
        }

        function.HasCalls = true;
    }

    /// <summary>The array that a look-up is in, where it is always the same one, and nobody wants the look-up tested.</summary>
    private EmbeddedMap? ArrayMapOf(int slot, HelperId id)
    {
        if (id != HelperId.MapLookupElem || _facts is null || _unit.Checks || _facts[slot].MapIndex is not (>= 0 and int index))
            return null;
        return _unit.Maps[index] is { Type: MapType.Array or MapType.PerCpuArray } map ? map : null;
    }

    /// <summary>The function whose address the block has put into R2; -1 where that cannot be seen, or where calls are tested.</summary>
    private int CallbackOf(IrFunction function)
    {
        if (_unit.Checks || _facts is null)
            return -1;
        for (int i = function.NodeCount - 1; i >= _firstOfBlock; i--)
        {
            ref readonly Node node = ref function.Nodes[i];
            if ((node.Writes & 1 << 2) == 0)
                continue;
            long slot = (node.Immediate - (long)_code) / sizeof(Operation);
            return node.Op == IrOp.Constant && (ulong)slot < (ulong)_unit.SlotCount ? Math.Max(_unit.FunctionAt((int)slot), -1) : -1;
        }

        return -1;
    }

    private bool Has(int slot, InstructionFlags flag) => _facts is not null && (_facts[slot].Flags & flag) != 0;

    private static readonly IrOp[] s_binary =
    [
        IrOp.Add, IrOp.Sub, IrOp.Mul, IrOp.Div, IrOp.SDiv, IrOp.Mod, IrOp.SMod, IrOp.Or, IrOp.And, IrOp.Xor, IrOp.Shl, IrOp.Shr, IrOp.Sar,
    ];
}
