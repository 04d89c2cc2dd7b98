using System.Text;
using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

// Jumps and calls.
public sealed partial class Disassembler
{
    private void WriteJump(StringBuilder text, in Instruction instruction, int slot)
    {
        switch (instruction.Opcode)
        {
            case Opcodes.Exit:
                text.Append("exit");
                return;
            case Opcodes.Call:
                text.Append("call ");
                WriteCallee(text, instruction, slot);
                return;
            case Opcodes.CallRegister:
                // clang 14-18 put the register's number into the immediate.
                text.Append("callx r").Number(instruction.Destination == Register.R0 ? instruction.Immediate : (int)instruction.Destination);
                return;
            case Opcodes.Jump:
                text.Append("goto ").Signed(instruction.Offset);
                return;
            case Opcodes.JumpLong:
                text.Append("gotol ").Signed(instruction.Immediate);
                return;
            case Opcodes.JumpRegister:
                text.Append("gotox r").Number((int)instruction.Destination);
                return;
            case Opcodes.MayGoto:
                text.Append("may_goto ").Signed(instruction.Offset);
                return;
        }

        char half = instruction.Class == InstructionClass.Jmp ? 'r' : 'w';
        text.Append("if ").Append(half).Number((int)instruction.Destination).Append(' ').Append(Comparison((byte)(instruction.Opcode & OperationMask))).Append(' ');
        WriteOperand(text, instruction, half);
        text.Append(" goto ").Signed(instruction.Offset);
    }

    private void WriteCallee(StringBuilder text, in Instruction instruction, int slot)
    {
        if (SymbolAt?.Invoke(slot) is string symbol)
        {
            text.Append(symbol);
            return;
        }

        switch ((PseudoCall)instruction.Source)
        {
            case PseudoCall.Helper:
                text.Append(HelperIdTable.From(dialect, instruction.Immediate, Program)?.Text() ?? "unknown").Append('#').Number(instruction.Immediate);
                break;
            case PseudoCall.Local:
                Function(text, slot + 1L + instruction.Immediate, instruction.Immediate);
                break;
            case PseudoCall.KernelFunction:
                text.Append(KernelFunctionName?.Invoke(instruction.Immediate) ?? "kfunc").Append('#').Number(instruction.Immediate);
                break;
            default:
                text.Append("pseudo").Number((int)instruction.Source).Append('#').Number(instruction.Immediate);
                break;
        }
    }

    private static string Comparison(byte operation) => operation switch
    {
        Jeq => "==",
        Jgt => ">",
        Jge => ">=",
        Jset => "&",
        Jne => "!=",
        Jsgt => "s>",
        Jsge => "s>=",
        Jlt => "<",
        Jle => "<=",
        Jslt => "s<",
        _ => "s<=",
    };
}
