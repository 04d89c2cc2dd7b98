using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.X64;

/// <content>Memory.</content>
internal sealed partial class Emitter
{
    private Memory AddressOf(in Node node) => new(Home(node.A), node.Offset, node.B == Node.None ? Gpr.None : Home(node.B), node.Scale);

    private void EmitLoad(in Node node)
    {
        Memory address = AddressOf(node);
        if ((node.Flags & NodeFlags.Checked) != 0)
        {
            EmitCheckedLoad(node, address);
            return;
        }

        if (node.Op == IrOp.LoadSigned)
            _asm.LoadSigned(node.Size, Home(node.D), address);
        else
            _asm.Load(node.Size, Home(node.D), address);
    }

    private void EmitStore(in Node node)
    {
        Memory address = AddressOf(node);
        if ((node.Flags & NodeFlags.Checked) != 0)
            address = EmitCheck(node, address);
        if (!node.HasImmediate)
        {
            _asm.Store(node.Size, address, Home(node.D));
        }
        else if (node.Size < 8 || node.Immediate == (int)node.Immediate)
        {
            _asm.Store(node.Size, address, (int)node.Immediate);
        }
        else
        {
            _asm.Constant(_scratch2, node.Immediate);
            _asm.Store(8, address, _scratch2);
        }
    }

    private void EmitUpdate(in Node node)
    {
        Alu operation = node.Kind switch { IrOp.Add => Alu.Add, IrOp.Sub => Alu.Sub, IrOp.And => Alu.And, IrOp.Or => Alu.Or, _ => Alu.Xor };
        if (node.HasImmediate)
            _asm.Alu(operation, node.Size, AddressOf(node), (int)node.Immediate);
        else
            _asm.AluTo(operation, node.Size, AddressOf(node), Home(node.D));
    }

    private void EmitAtomic(in Node node)
    {
        Memory address = AddressOf(node with { B = Node.None });
        if ((node.Flags & NodeFlags.Checked) != 0)
            address = EmitCheck(node, address);
        int operation = (int)node.Immediate;
        switch (operation)
        {
            case Opcodes.AtomicLoadAcquire:
                // Loads acquire and stores release by themselves.
                _asm.Load(node.Size, Home(node.D), address);
                return;
            case Opcodes.AtomicStoreRelease:
                _asm.Store(node.Size, address, Home(node.B));
                return;
            case Opcodes.AtomicExchange:
                _asm.Exchange(node.Size, address, Home(node.B));
                return;
            case Opcodes.AtomicCompareExchange:
                _asm.Lock();
                _asm.CompareExchange(node.Size, address, Home(node.B));
                if (node.Size == 4)
                    _asm.Move(4, Home(0), Home(0));
                return;
            case Opcodes.AtomicAdd | Opcodes.AtomicFetch:
                _asm.Lock();
                _asm.ExchangeAdd(node.Size, address, Home(node.B));
                return;
        }

        Alu alu = (operation & ~Opcodes.AtomicFetch) switch { Opcodes.AtomicAdd => Alu.Add, Opcodes.AtomicOr => Alu.Or, Opcodes.AtomicAnd => Alu.And, _ => Alu.Xor };
        if ((operation & Opcodes.AtomicFetch) == 0)
        {
            _asm.Lock();
            _asm.AluTo(alu, node.Size, address, Home(node.B));
            return;
        }

        EmitFetchLoop(node, alu, address);
    }

    /// <summary>What has no instruction: compare and exchange until nobody was faster.</summary>
    private void EmitFetchLoop(in Node node, Alu operation, Memory address)
    {
        // rax is what cmpxchg compares with: its owner waits in scratch, from where operands are taken that live in rax.
        _asm.Move(8, _scratch2, Gpr.Rax);
        if (address.Base == Gpr.Rax)
            address = address with { Base = _scratch2 };
        Gpr operand = Home(node.B) == Gpr.Rax ? _scratch2 : Home(node.B);
        _asm.Load(node.Size, Gpr.Rax, address);
        int again = _asm.Length;
        _asm.Move(node.Size, _scratch3, Gpr.Rax);
        _asm.Alu(operation, node.Size, _scratch3, operand);
        _asm.Lock();
        _asm.CompareExchange(node.Size, address, _scratch3);
        int loop = _asm.Jump(Flag.NotEqual, isShort: true);
        _asm.Patch(loop, again, isShort: true);
        if (Home(node.B) == Gpr.Rax)
        {
            if (node.Size == 4)
                _asm.Move(4, Gpr.Rax, Gpr.Rax);
            return;
        }

        _asm.Move(node.Size, Home(node.B), Gpr.Rax);
        _asm.Move(8, Gpr.Rax, _scratch2);
    }
}
