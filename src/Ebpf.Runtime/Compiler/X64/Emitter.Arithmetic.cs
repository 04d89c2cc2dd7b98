using System.Numerics;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

/// <content>Arithmetic: operations of three operands by instructions of two.</content>
internal sealed partial class Emitter
{
    private void Copy(int width, byte to, byte from)
    {
        if (to != from)
            _asm.Move(width, Home(to), Home(from));
    }

    private void EmitMove(in Node node) => _asm.Move(node.Width, Home(node.D), Home(node.A));

    private void EmitConstant(in Node node) => _asm.Constant(Home(node.D), node.Immediate);

    private void EmitAdd(in Node node)
    {
        Gpr d = Home(node.D);
        if (node.HasImmediate)
        {
            int immediate = (int)node.Immediate;
            if (node.D == node.A)
                _asm.Alu(Alu.Add, node.Width, d, immediate);
            else if (immediate == 0)
                _asm.Move(node.Width, d, Home(node.A));
            else
                _asm.Lea(node.Width, d, new Memory(Home(node.A), immediate));
        }
        else if (node.D == node.A)
        {
            _asm.Alu(Alu.Add, node.Width, d, Home(node.B));
        }
        else if (node.D == node.B)
        {
            _asm.Alu(Alu.Add, node.Width, d, Home(node.A));
        }
        else
        {
            _asm.Lea(node.Width, d, new Memory(Home(node.A), 0, Home(node.B)));
        }
    }

    private void EmitSubtract(in Node node)
    {
        if (node.HasImmediate && node.D != node.A && node.Immediate != int.MinValue)
        {
            _asm.Lea(node.Width, Home(node.D), new Memory(Home(node.A), (int)-node.Immediate));
        }
        else if (!node.HasImmediate && node.D == node.B && node.D != node.A)
        {
            _asm.Negate(node.Width, Home(node.D));
            _asm.Alu(Alu.Add, node.Width, Home(node.D), Home(node.A));
        }
        else
        {
            EmitAlu(Alu.Sub, node);
        }
    }

    private void EmitAlu(Alu operation, in Node node)
    {
        Gpr d = Home(node.D);
        if (node.HasImmediate)
        {
            Copy(node.Width, node.D, node.A);
            _asm.Alu(operation, node.Width, d, (int)node.Immediate);
        }
        else if (node.D == node.B && node.D != node.A)
        {
            _asm.Alu(operation, node.Width, d, Home(node.A));
        }
        else
        {
            Copy(node.Width, node.D, node.A);
            _asm.Alu(operation, node.Width, d, Home(node.B));
        }
    }

    private void EmitMultiply(in Node node)
    {
        Gpr d = Home(node.D);
        if (node.HasImmediate)
        {
            int factor = (int)node.Immediate;
            if (factor > 0 && BitOperations.IsPow2(factor))
            {
                Copy(node.Width, node.D, node.A);
                _asm.Shift(Shift.Left, node.Width, d, BitOperations.Log2((uint)factor));
            }
            else if (factor is 3 or 5 or 9)
            {
                Gpr a = Home(node.A);
                _asm.Lea(node.Width, d, new Memory(a, 0, a, BitOperations.Log2((uint)factor)));
            }
            else
            {
                _asm.Multiply(node.Width, d, Home(node.A), factor);
            }
        }
        else if (node.D == node.B && node.D != node.A)
        {
            _asm.Multiply(node.Width, d, Home(node.A));
        }
        else
        {
            Copy(node.Width, node.D, node.A);
            _asm.Multiply(node.Width, d, Home(node.B));
        }
    }

    private void EmitShift(Shift operation, in Node node)
    {
        Gpr d = Home(node.D);
        if (node.HasImmediate)
        {
            int count = (int)node.Immediate;
            if (operation == Shift.Left && count is >= 1 and <= 3 && node.D != node.A)
            {
                _asm.Lea(node.Width, d, count == 1 ? new Memory(Home(node.A), 0, Home(node.A)) : new Memory(Gpr.None, 0, Home(node.A), count));
                return;
            }

            if (node.D != node.A || count == 0)
                _asm.Move(node.Width, d, Home(node.A));
            if (count != 0)
                _asm.Shift(operation, node.Width, d, count);
            return;
        }

        if (_hasBmi2)
        {
            _asm.ShiftX(operation, node.Width, d, Home(node.A), Home(node.B));
            return;
        }

        // The count must be in cl, whoever lives there.
        _asm.Move(8, _scratch, Home(node.A));
        if (Home(node.B) != Gpr.Rcx)
        {
            _asm.Move(8, _scratch2, Gpr.Rcx);
            _asm.Move(4, Gpr.Rcx, Home(node.B));
        }

        _asm.ShiftByCl(operation, node.Width, _scratch);
        if (Home(node.B) != Gpr.Rcx)
            _asm.Move(8, Gpr.Rcx, _scratch2);
        _asm.Move(node.Width, d, _scratch);
    }

    private void EmitRotate(in Node node)
    {
        int count = (int)node.Immediate, bits = node.Width * 8;
        if (node.D == node.A)
            _asm.Shift(Shift.RotateLeft, node.Width, Home(node.D), count);
        else if (_hasBmi2)
            _asm.RotateX(node.Width, Home(node.D), Home(node.A), bits - count);
        else
        {
            _asm.Move(node.Width, Home(node.D), Home(node.A));
            _asm.Shift(Shift.RotateLeft, node.Width, Home(node.D), count);
        }
    }

    private void EmitByteSwap(in Node node)
    {
        Gpr d = Home(node.D);
        switch (node.Size)
        {
            case 2:
                _asm.ZeroExtend(2, d, Home(node.A));
                _asm.ByteSwap16(d);
                break;
            case 4:
                Copy(4, node.D, node.A);
                _asm.ByteSwap(4, d);
                break;
            default:
                Copy(8, node.D, node.A);
                _asm.ByteSwap(8, d);
                break;
        }
    }
}
