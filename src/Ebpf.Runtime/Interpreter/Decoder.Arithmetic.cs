using Ebpf.Bytecode.Isa;

namespace Ebpf.Runtime.Interpreter;

/// <content>Arithmetic and byte order.</content>
internal sealed unsafe partial class Decoder
{
    private Operation DecodeArithmetic(Instruction instruction)
    {
        if (instruction.Destination > Register.R10 || instruction.Source > Register.R10)
            return Trap("a register beyond R10");
        if (instruction.Destination == Register.R10)
            return FramePointerWrite();

        bool wide = instruction.Class == InstructionClass.Alu64;
        bool register = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        int operation = instruction.Opcode & Opcodes.OperationMask;
        Op? op = operation switch
        {
            Opcodes.End => ByteOrder(instruction, wide),
            Opcodes.Neg => wide ? Op.Neg64 : Op.Neg32,
            Opcodes.Mov when instruction.Offset != 0 => SignExtendingMove(instruction, wide, register),
            _ => Plain(operation, wide, register, instruction.Offset),
        };
        if (op is null)
            return Unknown(instruction);

        // 64-bit operations extend the sign of the immediate; shift counts are masked as those of registers are.
        long immediate = operation is Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh
            ? instruction.Immediate & (wide ? 63 : 31)
            : wide ? instruction.Immediate : (uint)instruction.Immediate;
        return new Operation(op.Value, (byte)instruction.Destination, (byte)instruction.Source, 0, immediate);
    }

    private static Op? Plain(int operation, bool wide, bool register, short offset)
    {
        bool signed = offset == 1 && operation is Opcodes.Div or Opcodes.Mod;
        if (offset != 0 && !signed)
            return null;

        Op? withRegister = (operation, wide) switch
        {
            (Opcodes.Add, true) => Op.Add64,
            (Opcodes.Sub, true) => Op.Sub64,
            (Opcodes.Mul, true) => Op.Mul64,
            (Opcodes.Div, true) => offset == 1 ? Op.SDiv64 : Op.Div64,
            (Opcodes.Mod, true) => offset == 1 ? Op.SMod64 : Op.Mod64,
            (Opcodes.Or, true) => Op.Or64,
            (Opcodes.And, true) => Op.And64,
            (Opcodes.Xor, true) => Op.Xor64,
            (Opcodes.Lsh, true) => Op.Lsh64,
            (Opcodes.Rsh, true) => Op.Rsh64,
            (Opcodes.Arsh, true) => Op.Arsh64,
            (Opcodes.Mov, true) => Op.Mov64,
            (Opcodes.Add, false) => Op.Add32,
            (Opcodes.Sub, false) => Op.Sub32,
            (Opcodes.Mul, false) => Op.Mul32,
            (Opcodes.Div, false) => offset == 1 ? Op.SDiv32 : Op.Div32,
            (Opcodes.Mod, false) => offset == 1 ? Op.SMod32 : Op.Mod32,
            (Opcodes.Or, false) => Op.Or32,
            (Opcodes.And, false) => Op.And32,
            (Opcodes.Xor, false) => Op.Xor32,
            (Opcodes.Lsh, false) => Op.Lsh32,
            (Opcodes.Rsh, false) => Op.Rsh32,
            (Opcodes.Arsh, false) => Op.Arsh32,
            (Opcodes.Mov, false) => Op.Mov32,
            _ => null,
        };

        // In Op, the form with an immediate follows the one with a register.
        return register ? withRegister : withRegister + 1;
    }

    private static Op? SignExtendingMove(Instruction instruction, bool wide, bool register) => (instruction.Offset, wide, register) switch
    {
        (8, true, true) => Op.MovSx8To64,
        (16, true, true) => Op.MovSx16To64,
        (32, true, true) => Op.MovSx32To64,
        (8, false, true) => Op.MovSx8To32,
        (16, false, true) => Op.MovSx16To32,
        _ => null,
    };

    private static Op? ByteOrder(Instruction instruction, bool wide)
    {
        bool toBig = (instruction.Opcode & Opcodes.SourceMask) != 0;
        if (wide && toBig)
            return null;

        // bswap always swaps; le and be swap where the host is the other, and otherwise only cut.
        bool swaps = wide || toBig == BitConverter.IsLittleEndian;
        return (instruction.Immediate, swaps) switch
        {
            (16, true) => Op.Swap16,
            (32, true) => Op.Swap32,
            (64, true) => Op.Swap64,
            (16, false) => Op.Truncate16,
            (32, false) => Op.Truncate32,
            (64, false) => Op.Nothing,
            _ => null,
        };
    }
}
