using Ebpf.Runtime.Compiler.Ir;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <content>Arithmetic.</content>
internal sealed partial class Emitter
{
    /// <summary>The register of the second operand; an immediate goes to scratch.</summary>
    private Reg Second(in Node node)
    {
        if (!node.HasImmediate)
            return Home(node.B);
        if (node.Immediate == 0)
            return Reg.Zero;
        _asm.Constant(Scratch, node.Width == 4 ? (uint)node.Immediate : node.Immediate);
        return Scratch;
    }

    private void EmitSum(in Node node, long immediate)
    {
        if (node.HasImmediate && Assembler.FitsArithmetic(immediate))
            _asm.AddImmediate(node.Width, Home(node.D), Home(node.A), immediate);
        else if (node.Op == IrOp.Add)
            _asm.Add(node.Width, Home(node.D), Home(node.A), Second(node));
        else
            _asm.Sub(node.Width, Home(node.D), Home(node.A), Second(node));
    }

    private void EmitShift(in Node node)
    {
        Reg d = Home(node.D), a = Home(node.A);
        if (node.HasImmediate)
        {
            if (node.Op == IrOp.Shl)
                _asm.ShiftLeft(node.Width, d, a, (int)node.Immediate);
            else
                _asm.ShiftRight(node.Width, d, a, (int)node.Immediate, node.Op == IrOp.Sar);
        }
        else if (node.Op == IrOp.Shl)
        {
            _asm.ShiftLeft(node.Width, d, a, Home(node.B));
        }
        else
        {
            _asm.ShiftRight(node.Width, d, a, Home(node.B), node.Op == IrOp.Sar);
        }
    }

    private void EmitDivision(in Node node)
    {
        bool signed = node.Op is IrOp.SDiv or IrOp.SMod;
        Reg divisor = Second(node);
        if (node.Op is IrOp.Div or IrOp.SDiv)
        {
            _asm.Divide(node.Width, Home(node.D), Home(node.A), divisor, signed);
            return;
        }

        // x - x / 0 * 0 = x, as BPF has it.
        _asm.Divide(node.Width, Scratch2, Home(node.A), divisor, signed);
        _asm.MultiplySubtract(node.Width, Home(node.D), Scratch2, divisor, Home(node.A));
    }

    private void EmitByteSwap(in Node node)
    {
        _asm.ByteSwap(node.Size, Home(node.D), Home(node.A));
        if (node.Size == 2)
            _asm.ZeroExtend(2, Home(node.D), Home(node.D));
    }
}
