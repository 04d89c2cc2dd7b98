using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

// Jumps and calls.
internal static partial class Asm
{
    /// <summary>goto offset.</summary>
    public static Instruction Jump(short offset) => new(Opcodes.Jump, Register.R0, Register.R0, offset, 0);

    /// <summary>goto offset, beyond 16 bits.</summary>
    public static Instruction JumpLong(int offset) => new(Opcodes.JumpLong, Register.R0, Register.R0, 0, offset);

    /// <summary>if dst (operation: <c>Opcodes.Jeq</c> …) value goto offset; on 64 bits.</summary>
    public static Instruction JumpIf(byte operation, Register dst, int value, short offset) =>
        new((byte)((byte)InstructionClass.Jmp | operation | K), dst, Register.R0, offset, value);

    /// <summary>if dst (operation) src goto offset; on 64 bits.</summary>
    public static Instruction JumpIf(byte operation, Register dst, Register src, short offset) =>
        new((byte)((byte)InstructionClass.Jmp | operation | X), dst, src, offset, 0);

    /// <summary>if dst (operation) value goto offset; on 32 bits.</summary>
    public static Instruction JumpIf32(byte operation, Register dst, int value, short offset) =>
        new((byte)((byte)InstructionClass.Jmp32 | operation | K), dst, Register.R0, offset, value);

    /// <summary>if dst (operation) src goto offset; on 32 bits.</summary>
    public static Instruction JumpIf32(byte operation, Register dst, Register src, short offset) =>
        new((byte)((byte)InstructionClass.Jmp32 | operation | X), dst, src, offset, 0);

    /// <summary>goto offset, or not, as the machine likes: a back edge that it will not take forever.</summary>
    public static Instruction MayGoto(short offset) => new(Opcodes.MayGoto, Register.R0, Register.R0, offset, 0);

    /// <summary>R0 = helper(R1 … R5), by its number in the program's dialect.</summary>
    public static Instruction Call(int helper) => new(Opcodes.Call, Register.R0, (Register)PseudoCall.Helper, 0, helper);

    /// <summary>R0 = helper(R1 … R5), in a Linux program.</summary>
    public static Instruction Call(HelperId helper) =>
        Call(helper.Number(Dialect.Linux) ?? throw new ArgumentException($"Linux has no helper {helper}", nameof(helper)));

    /// <summary>R0 = function(R1 … R5), a function of the same program.</summary>
    public static Instruction CallLocal(int offset) => new(Opcodes.Call, Register.R0, (Register)PseudoCall.Local, 0, offset);

    /// <summary>R0 = function(R1 … R5), a kernel function by its index among the program's.</summary>
    public static Instruction CallKernelFunction(int index) => new(Opcodes.Call, Register.R0, (Register)PseudoCall.KernelFunction, 0, index);

    /// <summary>R0 = (*dst)(R1 … R5).</summary>
    public static Instruction CallRegister(Register dst) => new(Opcodes.CallRegister, dst, Register.R0, 0, 0);

    /// <summary>Return R0.</summary>
    public static Instruction Exit() => new(Opcodes.Exit, Register.R0, Register.R0, 0, 0);
}
