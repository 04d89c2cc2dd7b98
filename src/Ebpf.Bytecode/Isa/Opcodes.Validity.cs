namespace Ebpf.Bytecode.Isa;

public static partial class Opcodes
{
    /// <summary>Whether an opcode byte stands for an instruction. What its other fields may hold is another question.</summary>
    /// <remarks>RFC 9669 appendix A, and the instructions that Linux added since: may_goto, gotox, and byte and half-word atomics (load_acquire, store_release).</remarks>
    public static bool IsValid(byte opcode) => (opcode & 0x07) switch
    {
        (int)InstructionClass.Ld => opcode is LoadImmediate64 || ((opcode & ModeMask) is Abs or Ind && (opcode & SizeMask) != DW),
        (int)InstructionClass.Ldx => (opcode & ModeMask) == Mem || ((opcode & ModeMask) == MemSx && (opcode & SizeMask) != DW),
        (int)InstructionClass.St => (opcode & ModeMask) == Mem,
        (int)InstructionClass.Stx => (opcode & ModeMask) is Mem or Atomic,
        (int)InstructionClass.Alu => (opcode & OperationMask) switch
        {
            Neg => (opcode & SourceMask) == K,
            <= End => true,
            _ => false,
        },
        (int)InstructionClass.Alu64 => (opcode & OperationMask) switch
        {
            Neg or End => (opcode & SourceMask) == K,
            <= End => true,
            _ => false,
        },
        (int)InstructionClass.Jmp => (opcode & OperationMask) switch
        {
            JExit or Jcond => (opcode & SourceMask) == K,
            <= Jcond => true,
            _ => false,
        },
        _ => (opcode & OperationMask) switch
        {
            Ja => (opcode & SourceMask) == K,
            JCall or JExit => false,
            <= Jsle => true,
            _ => false,
        },
    };
}
