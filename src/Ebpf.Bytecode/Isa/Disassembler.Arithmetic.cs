using System.Text;
using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

// Arithmetic: w names the lower half of a register.
public sealed partial class Disassembler
{
    private const short AddressSpaceCast = 1;

    private static void WriteArithmetic(StringBuilder text, in Instruction instruction)
    {
        byte operation = (byte)(instruction.Opcode & OperationMask);
        char half = instruction.Class == InstructionClass.Alu64 ? 'r' : 'w';
        int dst = (int)instruction.Destination;
        switch (operation)
        {
            case Neg:
                text.Append(half).Number(dst).Append(" = -").Append(half).Number(dst);
                return;
            case End:
                text.Append('r').Number(dst).Append(" = ").Append(Swap(instruction)).Number(instruction.Immediate).Append(" r").Number(dst);
                return;
            case Mov:
                text.Append(half).Number(dst).Append(" = ");
                WriteMoved(text, instruction, half);
                return;
        }

        bool signed = operation is Div or Mod && instruction.Offset == 1;
        text.Append(half).Number(dst).Append(signed ? " s" : " ").Append(Operator(operation)).Append("= ");
        WriteOperand(text, instruction, half);
    }

    private static void WriteMoved(StringBuilder text, in Instruction instruction, char half)
    {
        bool fromRegister = (instruction.Opcode & SourceMask) == X;
        if (fromRegister && instruction.Offset is 8 or 16 or 32)
        {
            text.Append("(s").Number(instruction.Offset).Append(')');
        }
        else if (fromRegister && instruction.Offset == AddressSpaceCast && half == 'r')
        {
            text.Append("addr_space_cast(r").Number((int)instruction.Source)
                .Append(", ").Number((int)((uint)instruction.Immediate >> 16)).Append(", ").Number((ushort)instruction.Immediate).Append(')');
            return;
        }

        WriteOperand(text, instruction, half);
    }

    private static void WriteOperand(StringBuilder text, in Instruction instruction, char half)
    {
        if ((instruction.Opcode & SourceMask) == X)
            text.Append(half).Number((int)instruction.Source);
        else
            text.Number(instruction.Immediate);
    }

    private static string Swap(in Instruction instruction) => instruction.Class == InstructionClass.Alu64 ? "bswap" : (instruction.Opcode & SourceMask) == X ? "be" : "le";

    private static string Operator(byte operation) => operation switch
    {
        Add => "+",
        Sub => "-",
        Mul => "*",
        Div => "/",
        Or => "|",
        And => "&",
        Lsh => "<<",
        Rsh => ">>",
        Mod => "%",
        Xor => "^",
        _ => "s>>",
    };
}
