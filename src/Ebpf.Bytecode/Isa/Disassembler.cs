using System.Globalization;
using System.Text;
using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

/// <summary>Writes instructions as the kernel and LLVM do: <c>r1 = *(u32 *)(r1 + 0)</c>, <c>if r1 &gt; 5 goto +3</c>, <c>call bpf_map_lookup_elem#1</c>.</summary>
/// <remarks>Every byte pattern has a text; what is no instruction is shown as <c>invalid</c>. Names are asked for where a program refers to something by number.</remarks>
public sealed partial class Disassembler(Dialect dialect = Dialect.Linux)
{
    /// <summary>Whose program it is: on Windows, helpers of one program type have numbers that mean others in other types.</summary>
    public ProgramType Program { get; init; }

    /// <summary>Names a map by its index among the load's maps.</summary>
    public Func<int, string?>? MapName { get; init; }

    /// <summary>Names the function of the program that starts at a slot.</summary>
    public Func<int, string?>? FunctionName { get; init; }

    /// <summary>Names a kernel function by what the call's immediate says.</summary>
    public Func<int, string?>? KernelFunctionName { get; init; }

    /// <summary>Names what a relocation of an object puts into the instruction at a slot; it goes before what the instruction itself says.</summary>
    public Func<int, string?>? SymbolAt { get; init; }

    /// <summary>The text of an instruction that stands alone.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="second">The second slot of a 64-bit immediate load.</param>
    /// <param name="dialect">Whose numbers helpers have.</param>
    public static string Text(Instruction instruction, Instruction second = default, Dialect dialect = Dialect.Linux) =>
        new Disassembler(dialect).Text([instruction, second], 0);

    /// <summary>The text of the instruction at a slot of a program.</summary>
    public string Text(ReadOnlySpan<Instruction> program, int slot)
    {
        var text = new StringBuilder();
        Write(text, program, slot);
        return text.ToString();
    }

    /// <summary>Writes the text of the instruction at a slot of a program.</summary>
    /// <returns>The slots that it takes: 2 for a 64-bit immediate load, 1 otherwise.</returns>
    public int Write(StringBuilder text, ReadOnlySpan<Instruction> program, int slot)
    {
        Instruction instruction = program[slot];
        if (!instruction.IsWide)
        {
            if (IsValid(instruction.Opcode))
                WriteSingle(text, instruction, slot);
            else
                Invalid(text, instruction);
            return 1;
        }

        if (slot + 1 >= program.Length)
        {
            Invalid(text, instruction);
            return 1;
        }

        WriteWide(text, instruction, program[slot + 1], slot);
        return 2;
    }

    private void WriteSingle(StringBuilder text, in Instruction instruction, int slot)
    {
        switch (instruction.Class)
        {
            case InstructionClass.Alu or InstructionClass.Alu64:
                WriteArithmetic(text, instruction);
                break;
            case InstructionClass.Jmp or InstructionClass.Jmp32:
                WriteJump(text, instruction, slot);
                break;
            default:
                WriteMemory(text, instruction);
                break;
        }
    }

    private void WriteWide(StringBuilder text, in Instruction first, in Instruction second, int slot)
    {
        text.Append('r').Number((int)first.Destination).Append(" = ");
        if (SymbolAt?.Invoke(slot) is string symbol)
        {
            text.Append(symbol);
            int addend = first.Source == (Register)PseudoLoad.MapValue ? second.Immediate : first.Immediate;
            if (addend != 0)
                text.Signed(addend);
        }
        else
        {
            WriteWideValue(text, first, second, slot);
        }

        text.Append(" ll");
    }

    private void WriteWideValue(StringBuilder text, in Instruction first, in Instruction second, int slot)
    {
        switch ((PseudoLoad)first.Source)
        {
            case PseudoLoad.None:
                text.Append("0x").Append((((ulong)(uint)second.Immediate << 32) | (uint)first.Immediate).ToString("x", CultureInfo.InvariantCulture));
                break;
            case PseudoLoad.MapFd:
                text.Append("map[fd:").Number(first.Immediate).Append(']');
                break;
            case PseudoLoad.MapValue:
                text.Append("map[fd:").Number(first.Immediate).Append("][0]").Signed(second.Immediate);
                break;
            case PseudoLoad.MapIndex:
                Map(text, first.Immediate);
                break;
            case PseudoLoad.MapIndexValue:
                Map(text, first.Immediate);
                text.Append("[0]").Signed(second.Immediate);
                break;
            case PseudoLoad.BtfId:
                text.Append("ksym[").Number(first.Immediate).Append(']');
                break;
            case PseudoLoad.Function:
                text.Append("subprog[");
                Function(text, slot + 1L + first.Immediate, first.Immediate);
                text.Append(']');
                break;
            default:
                text.Append("pseudo").Number((int)first.Source).Append('[').Number(first.Immediate).Append(", ").Number(second.Immediate).Append(']');
                break;
        }
    }

    private void Map(StringBuilder text, int index)
    {
        text.Append("map[");
        if (MapName?.Invoke(index) is string name)
            text.Append(name);
        else
            text.Append('#').Number(index);
        text.Append(']');
    }

    private void Function(StringBuilder text, long slot, int offset)
    {
        if (slot is >= 0 and <= int.MaxValue && FunctionName?.Invoke((int)slot) is string name)
            text.Append(name);
        else
            text.Signed(offset);
    }

    private static void Invalid(StringBuilder text, in Instruction instruction) =>
        text.Append(CultureInfo.InvariantCulture, $"invalid 0x{instruction.Opcode:x2} (dst {(int)instruction.Destination}, src {(int)instruction.Source}, off {instruction.Offset}, imm {instruction.Immediate})");
}

/// <summary>Numbers, written without regard to culture.</summary>
internal static class DisassemblyText
{
    public static StringBuilder Number(this StringBuilder text, int value) => text.Append(CultureInfo.InvariantCulture, $"{value}");

    /// <summary>A number that always shows its sign.</summary>
    public static StringBuilder Signed(this StringBuilder text, int value) => value >= 0 ? text.Append('+').Number(value) : text.Number(value);
}
