using System.Buffers.Binary;

namespace Ebpf.Bytecode.Isa;

/// <summary>One 8-byte BPF instruction slot, in host byte order. A 64-bit immediate load takes two slots.</summary>
/// <remarks>RFC 9669 §3; <c>struct bpf_insn</c> in include/uapi/linux/bpf.h. The opcode byte is kept as it is: any value can stand in an object.</remarks>
public readonly record struct Instruction(byte Opcode, Register Destination, Register Source, short Offset, int Immediate)
{
    /// <summary>Bytes in a slot.</summary>
    public const int Size = 8;

    /// <summary>The class of the opcode.</summary>
    public InstructionClass Class => (InstructionClass)(Opcode & 0x07);

    /// <summary>Whether this is the first slot of a 64-bit immediate load (<c>LDDW</c>), which the next slot completes.</summary>
    public bool IsWide => Opcode == Opcodes.LoadImmediate64;

    /// <summary>Whether this calls a helper by its number.</summary>
    public bool IsHelperCall => Opcode == Opcodes.Call && Source == (Register)PseudoCall.Helper;

    /// <summary>Whether this calls a function of the same program.</summary>
    public bool IsLocalCall => Opcode == Opcodes.Call && Source == (Register)PseudoCall.Local;

    /// <summary>Whether this calls a kernel function (kfunc).</summary>
    public bool IsKernelFunctionCall => Opcode == Opcodes.Call && Source == (Register)PseudoCall.KernelFunction;

    /// <summary>Whether it casts a pointer between the arena's address space and the kernel's: <c>BPF_ADDR_SPACE_CAST</c>.</summary>
    public bool IsAddressSpaceCast => Class == InstructionClass.Alu64 && (Opcode & ~0x07) == (Opcodes.Mov | Opcodes.X) && Offset == 1;

    /// <summary>Reads a slot from its wire form. Register fields beyond R10 are kept: they are for the verifier to refuse.</summary>
    public static Instruction Read(ReadOnlySpan<byte> bytes, bool littleEndian)
    {
        byte registers = bytes[1];
        return littleEndian
            ? new Instruction(bytes[0], (Register)(registers & 0xf), (Register)(registers >> 4), BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]))
            : new Instruction(bytes[0], (Register)(registers >> 4), (Register)(registers & 0xf), BinaryPrimitives.ReadInt16BigEndian(bytes[2..]), BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));
    }

    /// <summary>Writes the slot in its wire form.</summary>
    public void Write(Span<byte> bytes, bool littleEndian)
    {
        bytes[0] = Opcode;
        if (littleEndian)
        {
            bytes[1] = (byte)((byte)Destination | ((byte)Source << 4));
            BinaryPrimitives.WriteInt16LittleEndian(bytes[2..], Offset);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Immediate);
        }
        else
        {
            bytes[1] = (byte)((byte)Source | ((byte)Destination << 4));
            BinaryPrimitives.WriteInt16BigEndian(bytes[2..], Offset);
            BinaryPrimitives.WriteInt32BigEndian(bytes[4..], Immediate);
        }
    }
}
