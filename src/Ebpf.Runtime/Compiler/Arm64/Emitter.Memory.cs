using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Compiler.Ir;
using static Ebpf.Runtime.Compiler.Arm64.Convention;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <content>Memory.</content>
internal sealed partial class Emitter
{
    /// <summary>The address of an access, in a form that fits its instruction; what does not fit is computed into scratch.</summary>
    private Memory AddressOf(in Node node)
    {
        var memory = new Memory(Home(node.A), node.Offset, node.B == Node.None ? Reg.None : Home(node.B), node.Scale);
        if (Assembler.FitsAccess(node.Size, memory))
            return memory;
        ComputeAddress(memory);
        return new Memory(Scratch, 0);
    }

    /// <summary>scratch = base + (index &lt;&lt; scale) + displacement.</summary>
    private void ComputeAddress(in Memory memory)
    {
        Reg from = memory.Base;
        if (memory.Index != Reg.None)
        {
            _asm.Add(8, Scratch, from, memory.Index, memory.Scale);
            from = Scratch;
        }

        if (Assembler.FitsArithmetic(memory.Displacement))
        {
            if (memory.Displacement != 0 || from != Scratch)
                _asm.AddImmediate(8, Scratch, from, memory.Displacement);
        }
        else
        {
            _asm.Constant(Scratch2, memory.Displacement);
            _asm.Add(8, Scratch, from, Scratch2);
        }
    }

    private void EmitLoad(in Node node)
    {
        if ((node.Flags & NodeFlags.Checked) != 0 && !IsOwnStack(node))
        {
            EmitCheckedLoad(node);
            return;
        }

        EmitPlainLoad(node, AddressOf(node));
    }

    private void EmitPlainLoad(in Node node, in Memory address)
    {
        if (node.Op == IrOp.LoadSigned)
            _asm.LoadSigned(node.Size, Home(node.D), address);
        else
            _asm.Load(node.Size, Home(node.D), address);
    }

    private void EmitStore(in Node node)
    {
        Memory address = (node.Flags & NodeFlags.Checked) != 0 && !IsOwnStack(node) ? EmitCheck(node) : AddressOf(node);
        Reg value = Reg.Zero;
        if (!node.HasImmediate)
        {
            value = Home(node.D);
        }
        else if (node.Immediate != 0)
        {
            _asm.Constant(Scratch2, node.Immediate);
            value = Scratch2;
        }

        _asm.Store(node.Size, address, value);
    }

    private void EmitUpdate(in Node node)
    {
        Memory address = AddressOf(node);
        _asm.Load(node.Size, Scratch3, address);
        Reg operand = Scratch2;
        if (node.HasImmediate)
            _asm.Constant(Scratch2, node.Immediate);
        else
            operand = Home(node.D);
        Combine(node.Kind, 8, Scratch3, Scratch3, operand);
        _asm.Store(node.Size, address, Scratch3);
    }

    private void Combine(IrOp operation, int width, Reg to, Reg a, Reg b)
    {
        switch (operation)
        {
            case IrOp.Add: _asm.Add(width, to, a, b); break;
            case IrOp.Sub: _asm.Sub(width, to, a, b); break;
            case IrOp.And: _asm.And(width, to, a, b); break;
            case IrOp.Or: _asm.Or(width, to, a, b); break;
            default: _asm.Xor(width, to, a, b); break;
        }
    }

    /// <summary>Atomics by load and store exclusive, which every AArch64 has; then a barrier, so that they order everything as the kernel's do.</summary>
    private void EmitAtomic(in Node node)
    {
        if ((node.Flags & NodeFlags.Checked) != 0)
            EmitCheck(node);
        else
            ComputeAddress(new Memory(Home(node.A), node.Offset));
        int operation = (int)node.Immediate;
        if (operation == Opcodes.AtomicLoadAcquire)
        {
            _asm.LoadAcquire(node.Size, Home(node.D), Scratch);
            return;
        }

        Reg operand = Home(node.B);
        if (operation == Opcodes.AtomicStoreRelease)
        {
            _asm.StoreRelease(node.Size, Scratch, operand);
            return;
        }

        int again = _asm.Length, differs = -1;
        _asm.LoadExclusive(node.Size, Scratch2, Scratch);
        Reg stored = Scratch3;
        switch (operation)
        {
            case Opcodes.AtomicExchange:
                stored = operand;
                break;
            case Opcodes.AtomicCompareExchange:
                _asm.Compare(node.Size, Scratch2, Home(0));
                differs = _asm.Jump(Flag.NotEqual);
                stored = operand;
                break;
            default:
                IrOp kind = (operation & ~Opcodes.AtomicFetch) switch { Opcodes.AtomicAdd => IrOp.Add, Opcodes.AtomicOr => IrOp.Or, Opcodes.AtomicAnd => IrOp.And, _ => IrOp.Xor };
                Combine(kind, node.Size, Scratch3, Scratch2, operand);
                break;
        }

        _asm.StoreExclusive(node.Size, Scratch4, Scratch, stored);
        _asm.Patch(_asm.JumpIfZero(4, Scratch4, isZero: false), again);
        if (differs >= 0)
            _asm.Patch(differs, _asm.Length);
        _asm.Barrier();
        if (operation == Opcodes.AtomicCompareExchange)
            _asm.Move(node.Size, Home(0), Scratch2);
        else if ((operation & Opcodes.AtomicFetch) != 0)
            _asm.Move(node.Size, operand, Scratch2);
    }
}
