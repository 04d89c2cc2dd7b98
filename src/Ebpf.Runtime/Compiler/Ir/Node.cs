using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Compiler.Ir;

/// <summary>
/// One operation over virtual registers. 0 to 10 are BPF's; they keep their meaning from block to block. A pass may change a node in place or make
/// it a <see cref="IrOp.Nop"/>; it never moves one.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Node
{
    /// <summary>No register.</summary>
    public const byte None = 255;

    public IrOp Op;

    /// <summary>Bytes of an operation: 4 or 8.</summary>
    public byte Width;

    /// <summary>Bytes of memory, or of what is extended.</summary>
    public byte Size;

    /// <summary>Destination; the value of a store.</summary>
    public byte D;

    /// <summary>First operand; base of an address.</summary>
    public byte A;

    /// <summary>Second operand; index of an address.</summary>
    public byte B;

    /// <summary>Power of two that the index of an address is multiplied with.</summary>
    public byte Scale;

    public NodeFlags Flags;

    /// <summary>What a branch compares.</summary>
    public Condition Condition;

    /// <summary>What an <see cref="IrOp.Update"/> does.</summary>
    public IrOp Kind;

    /// <summary>Registers that are read after the node, a bit each; filled in by <see cref="Passes.DeadCode"/>.</summary>
    public ushort LiveAfter;

    /// <summary>Displacement of an address; block that a jump goes to; function that is called.</summary>
    public int Offset;

    /// <summary>The slot that the node comes from.</summary>
    public int Slot;

    public long Immediate;

    /// <summary>Whether B is the immediate.</summary>
    public readonly bool HasImmediate => (Flags & NodeFlags.Immediate) != 0;

    /// <summary>Whether the node ends its block.</summary>
    public readonly bool IsTerminator => Op is IrOp.Jump or IrOp.Branch or IrOp.Exit or IrOp.MayGoto or IrOp.Trap;

    /// <summary>Whether A, B, Scale and Offset are an address.</summary>
    public readonly bool HasAddress => Op is IrOp.Load or IrOp.LoadSigned or IrOp.Store or IrOp.Update or IrOp.Atomic or IrOp.LookupArray;

    /// <summary>Whether only its result matters. A tested load may stop the run.</summary>
    public readonly bool IsPure => (Flags & NodeFlags.Checked) == 0 && Op is >= IrOp.Move and <= IrOp.LoadSigned or IrOp.LoadState;

    /// <summary>Registers that the node reads.</summary>
    public readonly uint Reads => Op switch
    {
        IrOp.Nop or IrOp.Constant or IrOp.Jump or IrOp.MayGoto or IrOp.Trap or IrOp.LoadState or IrOp.Budget => 0,
        IrOp.Store or IrOp.Update => Bit(A) | Bit(B) | (HasImmediate ? 0 : Bit(D)),
        IrOp.Load or IrOp.LoadSigned => Bit(A) | Bit(B),
        IrOp.Atomic => Bit(A) | Bit(B) | (Immediate == Bytecode.Isa.Opcodes.AtomicCompareExchange ? 1u : 0),
        IrOp.Exit => 1,
        IrOp.CallLocal or IrOp.CallHelper or IrOp.CallLoop or IrOp.TailCall => Registers.Arguments,
        IrOp.CallRegister => Registers.Arguments | Bit(A),
        IrOp.LoadPacket => 1 << 6 | Bit(B),
        IrOp.LookupArray => Bit(A),
        _ => Bit(A) | (HasImmediate ? 0 : Bit(B)),
    };

    /// <summary>Registers that have another value, or none, after the node.</summary>
    public readonly uint Writes => Op switch
    {
        IrOp.Nop or IrOp.Store or IrOp.Update or IrOp.Jump or IrOp.Branch or IrOp.Exit or IrOp.MayGoto or IrOp.Trap or IrOp.Budget => 0,
        IrOp.CallLocal or IrOp.CallHelper or IrOp.CallLoop or IrOp.CallRegister or IrOp.TailCall => Registers.Arguments | 1,
        IrOp.LoadPacket or IrOp.LookupArray => Registers.Arguments | 1,
        IrOp.Atomic => AtomicWrites,
        _ => Bit(D),
    };

    private readonly uint AtomicWrites => Immediate switch
    {
        Bytecode.Isa.Opcodes.AtomicLoadAcquire => Bit(D),
        Bytecode.Isa.Opcodes.AtomicStoreRelease => 0,
        Bytecode.Isa.Opcodes.AtomicCompareExchange => 1,
        _ => (Immediate & Bytecode.Isa.Opcodes.AtomicFetch) != 0 ? Bit(B) : 0,
    };

    private static uint Bit(byte register) => register == None ? 0 : 1u << register;
}

/// <summary>Sets of registers, a bit each.</summary>
internal static class Registers
{
    /// <summary>How many virtual registers there are.</summary>
    public const int Count = 11;

    /// <summary>The frame pointer.</summary>
    public const byte Frame = 10;

    /// <summary>R1 to R5.</summary>
    public const uint Arguments = 0b11_1110;

    /// <summary>R6 to R9.</summary>
    public const uint Saved = 0b11_1100_0000;
}
