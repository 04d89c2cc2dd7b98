using System.Text;
using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

// Loads, stores, atomics and the legacy packet loads.
public sealed partial class Disassembler
{
    private static void WriteMemory(StringBuilder text, in Instruction instruction)
    {
        string type = TypeName(instruction.Opcode);
        int dst = (int)instruction.Destination, src = (int)instruction.Source;
        switch (instruction.Class)
        {
            case InstructionClass.Ld:
                text.Append("r0 = *(u").Append(type).Append(" *)skb[");
                if ((instruction.Opcode & ModeMask) == Ind)
                    text.Append('r').Number(src).Append(instruction.Immediate < 0 ? " - " : " + ").Append(Math.Abs((long)instruction.Immediate));
                else
                    text.Number(instruction.Immediate);
                text.Append(']');
                break;
            case InstructionClass.Ldx:
                text.Append('r').Number(dst).Append(" = *(").Append((instruction.Opcode & ModeMask) == MemSx ? 's' : 'u').Append(type).Append(" *)(");
                Address(text, src, instruction.Offset);
                text.Append(')');
                break;
            case InstructionClass.Stx when (instruction.Opcode & ModeMask) == Opcodes.Atomic:
                WriteAtomic(text, instruction, type);
                break;
            default:
                text.Append("*(u").Append(type).Append(" *)(");
                Address(text, dst, instruction.Offset);
                text.Append(") = ");
                if (instruction.Class == InstructionClass.Stx)
                    text.Append('r').Number(src);
                else
                    text.Number(instruction.Immediate);
                break;
        }
    }

    private static void WriteAtomic(StringBuilder text, in Instruction instruction, string type)
    {
        int dst = (int)instruction.Destination, src = (int)instruction.Source;
        string atomic = type == "64" ? "atomic64" : "atomic";
        switch (instruction.Immediate)
        {
            case AtomicAdd or AtomicOr or AtomicAnd or AtomicXor:
                text.Append("lock *(u").Append(type).Append(" *)(");
                Address(text, dst, instruction.Offset);
                text.Append(") ").Append(Operator((byte)instruction.Immediate)).Append("= r").Number(src);
                break;
            case AtomicAdd | AtomicFetch or AtomicOr | AtomicFetch or AtomicAnd | AtomicFetch or AtomicXor | AtomicFetch:
                Call(text, instruction, src, $"{atomic}_fetch_{FetchName(instruction.Immediate)}", type, dst);
                text.Append(", r").Number(src).Append(')');
                break;
            case AtomicExchange:
                Call(text, instruction, src, atomic + "_xchg", type, dst);
                text.Append(", r").Number(src).Append(')');
                break;
            case AtomicCompareExchange:
                Call(text, instruction, 0, atomic + "_cmpxchg", type, dst);
                text.Append(", r0, r").Number(src).Append(')');
                break;
            case AtomicLoadAcquire:
                Call(text, instruction, dst, "load_acquire", type, src);
                text.Append(')');
                break;
            case AtomicStoreRelease:
                text.Append("store_release((u").Append(type).Append(" *)(");
                Address(text, dst, instruction.Offset);
                text.Append("), r").Number(src).Append(')');
                break;
            default:
                Invalid(text, instruction);
                break;
        }
    }

    private static void Call(StringBuilder text, in Instruction instruction, int result, string function, string type, int address)
    {
        text.Append('r').Number(result).Append(" = ").Append(function).Append("((u").Append(type).Append(" *)(");
        Address(text, address, instruction.Offset);
        text.Append(')');
    }

    private static void Address(StringBuilder text, int register, short offset) =>
        text.Append('r').Number(register).Append(offset < 0 ? " - " : " + ").Number(Math.Abs((int)offset));

    private static string FetchName(int operation) => (operation & ~AtomicFetch) switch
    {
        AtomicAdd => "add",
        AtomicOr => "or",
        AtomicAnd => "and",
        _ => "xor",
    };

    private static string TypeName(byte opcode) => (opcode & SizeMask) switch
    {
        Opcodes.B => "8",
        Opcodes.H => "16",
        Opcodes.W => "32",
        _ => "64",
    };
}
