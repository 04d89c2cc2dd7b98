using System.Numerics;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

/// <content>Division: by constants without dividing, by registers with a test for zero instead of saved flags.</content>
internal sealed partial class Emitter
{
    private void EmitDivision(in Node node)
    {
        if (node.HasImmediate && EmitConstantDivision(node))
            return;

        bool signed = node.Op is IrOp.SDiv or IrOp.SMod, wantsRest = node.Op is IrOp.Mod or IrOp.SMod;
        int width = node.Width;
        Gpr d = Home(node.D);
        Gpr divisor = node.HasImmediate ? _scratch : Home(node.B);
        if (node.HasImmediate)
        {
            _asm.Constant(_scratch, node.Width == 4 ? (uint)node.Immediate : node.Immediate);
        }
        else if (divisor is Gpr.Rax or Gpr.Rdx)
        {
            _asm.Move(8, _scratch, divisor);
            divisor = _scratch;
        }

        bool savesRax = IsBusy(Gpr.Rax, node), savesRdx = IsBusy(Gpr.Rdx, node);
        if (savesRax)
            _asm.Move(8, _scratch2, Gpr.Rax);
        if (savesRdx)
            _asm.Move(8, _scratch3, Gpr.Rdx);
        if (Home(node.A) != Gpr.Rax)
            _asm.Move(width, Gpr.Rax, Home(node.A));

        // rax is the dividend. Zero and minus one go their own ways.
        int zero = -1, minusOne = -1;
        if (!node.HasImmediate)
        {
            _asm.Test(width, divisor, divisor);
            zero = _asm.Jump(Flag.Equal, isShort: true);
            if (signed)
            {
                _asm.Alu(Alu.Compare, width, divisor, -1);
                minusOne = _asm.Jump(Flag.Equal, isShort: true);
            }
        }

        if (signed)
            _asm.ExtendSign(width);
        else
            _asm.Constant(Gpr.Rdx, 0);
        _asm.Divide(width, divisor, signed);
        if (wantsRest)
            _asm.Move(width, _scratch, Gpr.Rdx);
        else
            _asm.Move(width, _scratch, Gpr.Rax);

        int done = node.HasImmediate ? -1 : _asm.Jump(isShort: true), done2 = -1;
        if (zero >= 0)
        {
            // x / 0 = 0, x % 0 = x.
            _asm.Patch(zero, _asm.Length, isShort: true);
            if (wantsRest)
                _asm.Move(width, _scratch, Gpr.Rax);
            else
                _asm.Constant(_scratch, 0);
        }

        if (minusOne >= 0)
        {
            // x / -1 = -x, x % -1 = 0: also for the least number, where dividing would trap.
            done2 = _asm.Jump(isShort: true);
            _asm.Patch(minusOne, _asm.Length, isShort: true);
            if (wantsRest)
            {
                _asm.Constant(_scratch, 0);
            }
            else
            {
                _asm.Move(width, _scratch, Gpr.Rax);
                _asm.Negate(width, _scratch);
            }
        }

        if (done >= 0)
            _asm.Patch(done, _asm.Length, isShort: true);
        if (done2 >= 0)
            _asm.Patch(done2, _asm.Length, isShort: true);
        if (savesRax)
            _asm.Move(8, Gpr.Rax, _scratch2);
        if (savesRdx)
            _asm.Move(8, Gpr.Rdx, _scratch3);
        _asm.Move(width, d, _scratch);
    }

    /// <summary>Whether a register that division uses holds something that is read afterwards.</summary>
    private bool IsBusy(Gpr register, in Node node)
    {
        int owner = Array.IndexOf(_homes, register);
        return owner >= 0 && owner != node.D && (node.LiveAfter >> owner & 1) != 0;
    }

    private bool EmitConstantDivision(in Node node)
    {
        Gpr d = Home(node.D);
        bool wantsRest = node.Op is IrOp.Mod or IrOp.SMod;
        ulong divisor = node.Width == 4 ? (uint)node.Immediate : (ulong)node.Immediate;
        if (divisor is 0 or 1)
        {
            // x / 0 = 0, x % 0 = x; x / 1 = x, x % 1 = 0.
            if (divisor == 0 == wantsRest)
                _asm.Move(node.Width, d, Home(node.A));
            else
                _asm.Constant(d, 0);
            return true;
        }

        if (node.Op is IrOp.SDiv or IrOp.SMod)
        {
            bool isMinusOne = node.Immediate == -1;
            if (isMinusOne && wantsRest)
            {
                _asm.Constant(d, 0);
            }
            else if (isMinusOne)
            {
                Copy(node.Width, node.D, node.A);
                _asm.Negate(node.Width, d);
            }

            return isMinusOne;
        }

        if (BitOperations.IsPow2(divisor))
        {
            int bits = BitOperations.Log2(divisor);
            if (!wantsRest)
            {
                Copy(node.Width, node.D, node.A);
                _asm.Shift(Shift.Right, node.Width, d, bits);
            }
            else if (bits <= 31)
            {
                Copy(4, node.D, node.A);
                _asm.Alu(Alu.And, 4, d, (int)(divisor - 1));
            }
            else
            {
                return false;
            }

            return true;
        }

        bool isNarrow = node.Width == 4 || (node.Flags & NodeFlags.UpperZero) != 0;
        if (!isNarrow)
            return false;
        if (divisor > uint.MaxValue)
        {
            // The divisor is greater than any x.
            if (wantsRest)
                _asm.Move(4, d, Home(node.A));
            else
                _asm.Constant(d, 0);
            return true;
        }

        EmitReciprocal(node, (uint)divisor, wantsRest);
        return true;
    }

    private static (ulong Factor, int Shift) Reciprocal(uint divisor)
    {
        // The least shift with which the error stays small enough for every x; often the factor then has 32 bits only.
        for (int shift = 0; ; shift++)
        {
            UInt128 power = (UInt128)1 << (32 + shift), factor = (power + divisor - 1) / divisor;
            if (factor * divisor - power <= (UInt128)1 << shift)
                return ((ulong)factor, shift);
        }
    }

    /// <summary>x / d = x * (2^(32+s) / d rounded up) >> (32+s), for 32-bit x; where the factor has 33 bits, its upper bit is added by hand.</summary>
    /// <remarks>Granlund and Montgomery, Division by Invariant Integers using Multiplication (1994), figure 4.1.</remarks>
    private void EmitReciprocal(in Node node, uint divisor, bool wantsRest)
    {
        (ulong factor, int shift) = Reciprocal(divisor);
        Gpr x = Home(node.A);
        _asm.Move(4, _scratch, x);
        if (factor <= int.MaxValue)
        {
            _asm.Multiply(8, _scratch, _scratch, (int)factor);
            _asm.Shift(Shift.Right, 8, _scratch, 32 + shift);
        }
        else if (factor <= uint.MaxValue)
        {
            _asm.Constant(_scratch2, (long)factor);
            _asm.Multiply(8, _scratch, _scratch2);
            _asm.Shift(Shift.Right, 8, _scratch, 32 + shift);
        }
        else
        {
            // t = x * (factor - 2^32) >> 32; x / d = (t + ((x - t) >> 1)) >> (s - 1).
            _asm.Constant(_scratch2, (long)(factor - (1UL << 32)));
            _asm.Multiply(8, _scratch, _scratch2);
            _asm.Shift(Shift.Right, 8, _scratch, 32);
            _asm.Move(4, _scratch2, x);
            _asm.Alu(Alu.Sub, 4, _scratch2, _scratch);
            _asm.Shift(Shift.Right, 4, _scratch2, 1);
            _asm.Alu(Alu.Add, 4, _scratch, _scratch2);
            if (shift > 1)
                _asm.Shift(Shift.Right, 4, _scratch, shift - 1);
        }

        if (!wantsRest)
        {
            _asm.Move(4, Home(node.D), _scratch);
            return;
        }

        _asm.Multiply(4, _scratch, _scratch, (int)divisor);
        Copy(4, node.D, node.A);
        _asm.Alu(Alu.Sub, 4, Home(node.D), _scratch);
    }
}
