using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>
/// Within a block, reads a register's value where it came from: from another register, or from an immediate. BPF's operations have two operands,
/// so compilers copy before they compute; afterwards most copies are dead.
/// </summary>
internal static class CopyPropagation
{
    internal static void Run(IrFunction function)
    {
        foreach (ref readonly Block block in function.Blocks)
        {
            var known = new Known();
            known.Forget();
            foreach (ref Node node in function.NodesOf(block))
            {
                if (node.Op != IrOp.Nop)
                    known.Step(ref node);
            }
        }
    }

    /// <summary>What is known of each register at one place.</summary>
    private struct Known
    {
        private Sources _whole, _low;
        private Constants _constants;
        private uint _isConstant, _isUpperZero;

        public void Forget()
        {
            ((Span<byte>)_whole).Fill(Node.None);
            ((Span<byte>)_low).Fill(Node.None);
        }

        public void Step(ref Node node)
        {
            Replace(ref node);
            Simplify(ref node);
            uint written = node.Writes;
            bool isUpperZero = IsUpperZero(node);
            if (written != 0)
                Invalidate(written);
            Record(node, isUpperZero);
        }

        private readonly void Replace(ref Node node)
        {
            bool narrow = node.Width == 4 && node.Op is >= IrOp.Move and <= IrOp.SignExtend or IrOp.Branch;
            switch (node.Op)
            {
                case IrOp.Constant or IrOp.Exit or IrOp.CallLocal or IrOp.CallHelper or IrOp.CallLoop or IrOp.TailCall
                    or IrOp.Trap or IrOp.LoadState or IrOp.Jump or IrOp.MayGoto or IrOp.Budget or IrOp.LoadPacket or IrOp.CallRegister:
                    return;
                case IrOp.Atomic or IrOp.LookupArray:
                    node.A = Source(node.A, false);
                    return;
                case IrOp.ZeroExtend or IrOp.SignExtend:
                    node.A = Source(node.A, node.Size <= 4);
                    return;
            }

            node.A = Source(node.A, narrow);
            if (node.B != Node.None && !node.HasImmediate)
            {
                bool isShift = node.Op is IrOp.Shl or IrOp.Shr or IrOp.Sar;
                node.B = Source(node.B, narrow || isShift);
                if (IsKnown(node.B, out long value))
                    Immediate(ref node, value, narrow);
            }

            if (node.Op == IrOp.Store && !node.HasImmediate)
            {
                node.D = Source(node.D, node.Size <= 4);
                if (IsKnown(node.D, out long value) && (node.Size < 8 || value == (int)value))
                {
                    node.D = Node.None;
                    node.Flags |= NodeFlags.Immediate;
                    node.Immediate = value;
                }
            }
        }

        private static void Immediate(ref Node node, long value, bool narrow)
        {
            if (node.HasAddress)
            {
                long offset = node.Offset + (value << node.Scale);
                if (offset == (int)offset)
                {
                    node.Offset = (int)offset;
                    node.B = Node.None;
                }

                return;
            }

            value = node.Op is IrOp.Shl or IrOp.Shr or IrOp.Sar ? value & (node.Width == 4 ? 31 : 63) : narrow ? (int)value : value;
            if (value != (int)value)
                return;
            node.Flags |= NodeFlags.Immediate;
            node.Immediate = value;
            node.B = Node.None;
        }

        private readonly void Simplify(ref Node node)
        {
            switch (node.Op)
            {
                case IrOp.And when node.HasImmediate:
                    byte bytes = node.Immediate switch { 0xff => 1, 0xffff => 2, _ => 0 };
                    if (bytes != 0)
                    {
                        node.Op = IrOp.ZeroExtend;
                        node.Size = bytes;
                        node.Flags &= ~NodeFlags.Immediate;
                    }

                    break;
                case IrOp.ZeroExtend when node.Size == 4:
                    node.Op = IrOp.Move;
                    node.Width = 4;
                    break;
            }

            if (node.Op == IrOp.Move)
            {
                if (node.Width == 4 && (_isUpperZero >> node.A & 1) != 0)
                    node.Width = 8;
                if (IsKnown(node.A, out long value))
                {
                    node.Op = IrOp.Constant;
                    node.Immediate = node.Width == 4 ? (uint)value : value;
                    node.A = Node.None;
                }
                else if (node.Width == 8 && node.A == node.D)
                {
                    node.Op = IrOp.Nop;
                }
            }
            else if (node is { Op: IrOp.Add or IrOp.Sub, HasImmediate: true } && IsKnown(node.A, out long left))
            {
                long sum = node.Op == IrOp.Add ? left + node.Immediate : left - node.Immediate;
                node.Op = IrOp.Constant;
                node.Immediate = node.Width == 4 ? (uint)sum : sum;
                node.A = Node.None;
                node.Flags &= ~NodeFlags.Immediate;
            }
            else if (node is { Op: IrOp.Shl, HasImmediate: true, Width: 8 } && IsKnown(node.A, out long shifted))
            {
                node.Op = IrOp.Constant;
                node.Immediate = shifted << (int)node.Immediate;
                node.A = Node.None;
                node.Flags &= ~NodeFlags.Immediate;
            }
            else if (node.Op is IrOp.Div or IrOp.Mod && (_isUpperZero >> node.A & 1) != 0)
            {
                node.Flags |= NodeFlags.UpperZero;
            }
        }

        private readonly bool IsUpperZero(in Node node) => node.Op switch
        {
            IrOp.Constant => (ulong)node.Immediate <= uint.MaxValue,
            IrOp.Move => node.Width == 4 || (_isUpperZero >> node.A & 1) != 0,
            // A tested load of a context field that is a pointer gives all of it.
            IrOp.Load => node.Size <= ((node.Flags & NodeFlags.Checked) != 0 ? 2 : 4),
            IrOp.ZeroExtend => true,
            IrOp.ByteSwap => node.Size <= 4,
            IrOp.And => node.Width == 4 || (node.HasImmediate && node.Immediate >= 0),
            IrOp.Shr => node.Width == 4 || (node.HasImmediate && node.Immediate >= 32),
            IrOp.LoadState => node.Size <= 4,
            IrOp.Add or IrOp.Sub or IrOp.Mul or IrOp.Or or IrOp.Xor or IrOp.Shl or IrOp.Sar or IrOp.Div or IrOp.SDiv or IrOp.Mod or IrOp.SMod or IrOp.Neg or IrOp.SignExtend
                => node.Width == 4,
            _ => false,
        };

        private void Invalidate(uint written)
        {
            for (int register = 0; register < Registers.Count; register++)
            {
                bool isWritten = (written >> register & 1) != 0;
                if (isWritten || (_whole[register] != Node.None && (written >> _whole[register] & 1) != 0))
                    _whole[register] = Node.None;
                if (isWritten || (_low[register] != Node.None && (written >> _low[register] & 1) != 0))
                    _low[register] = Node.None;
            }

            _isConstant &= ~written;
            _isUpperZero &= ~written;
        }

        private void Record(in Node node, bool isUpperZero)
        {
            if (node.Op is IrOp.Nop || !node.IsPure)
                return;
            uint bit = 1u << node.D;
            if (isUpperZero)
                _isUpperZero |= bit;
            if (node.Op == IrOp.Constant)
            {
                _isConstant |= bit;
                _constants[node.D] = node.Immediate;
            }
            else if (node.Op == IrOp.Move && node.A != node.D)
            {
                _low[node.D] = node.A;
                if (node.Width == 8)
                    _whole[node.D] = node.A;
            }
        }

        private readonly byte Source(byte register, bool lowIsEnough)
        {
            if (register == Node.None)
                return register;
            byte source = lowIsEnough ? _low[register] : _whole[register];
            return source == Node.None ? register : source;
        }

        private readonly bool IsKnown(byte register, out long value)
        {
            value = 0;
            if (register == Node.None || (_isConstant >> register & 1) == 0)
                return false;
            value = _constants[register];
            return true;
        }
    }

    [InlineArray(Registers.Count)]
    private struct Sources
    {
        private byte _first;
    }

    [InlineArray(Registers.Count)]
    private struct Constants
    {
        private long _first;
    }
}
