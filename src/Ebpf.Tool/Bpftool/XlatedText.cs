using System.Text;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Tool.Bpftool;

/// <summary>Instructions as the kernel rewrote them, as text.</summary>
internal static class XlatedText
{
    public static IReadOnlyList<(int Index, byte Opcode, string Text)> Lines(ReadOnlySpan<byte> code)
    {
        var program = new Instruction[code.Length / Instruction.Size];
        for (int i = 0; i < program.Length; i++)
            program[i] = Instruction.Read(code[(i * Instruction.Size)..], BitConverter.IsLittleEndian);
        var disassembler = new Disassembler();
        var lines = new List<(int, byte, string)>();
        var text = new StringBuilder();
        for (int slot = 0; slot < program.Length;)
        {
            text.Clear();
            int index = slot;
            slot += disassembler.Write(text, program, slot);
            lines.Add((index, (byte)program[index].Opcode, text.ToString()));
        }

        return lines;
    }
}
