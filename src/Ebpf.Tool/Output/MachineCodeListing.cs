using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime;
using Ebpf.Runtime.Compiler;
using Iced.Intel;
using Decoder = Iced.Intel.Decoder;
using Instruction = Ebpf.Bytecode.Isa.Instruction;

namespace Ebpf.Tool.Output;

/// <summary>A loaded program: source lines, instructions, and below each the machine code that was made of it, in the order of the machine code.</summary>
internal static class MachineCodeListing
{
    public static void Write(EmbeddedProgram program, TextWriter output)
    {
        if (program.Native is not { } native)
        {
            output.WriteLine($"{program.Spec.Name}: interpreted: {program.NotCompiled}");
            return;
        }

        output.WriteLine($"{program.Spec.Name}: {Amounts.Of(program.Spec.Instructions.Length, "instruction")}, {Amounts.Of(native.Size, "byte")} of {RuntimeInformation.ProcessArchitecture} machine code, compiled in {program.CompileDuration.TotalMicroseconds:0} us");
        ReadOnlySpan<(int Offset, int Slot)> lines = native.Lines;
        Dictionary<int, int> starts = native.Functions.ToDictionary(static f => f.Offset, static f => f.Slot);
        int first = native.Functions.Min(static f => f.Offset);
        output.WriteLine("; the way in");
        WriteCode(native, 0, first, output);
        WriteFunctionStart(native, first, lines.IsEmpty ? native.Size : lines[0].Offset, starts, output);

        var text = new Texts(program.Spec);
        for (int i = 0; i < lines.Length; i++)
        {
            int end = i + 1 < lines.Length ? lines[i + 1].Offset : native.Size;
            // What lies behind a function, up to the next one's start, is what hardly ever happens.
            (int at, int slot) = lines[i];
            int start = native.Functions.Select(static f => f.Offset).FirstOrDefault(offset => offset > at && offset <= end, end);
            text.Write(slot, output);
            WriteCode(native, at, start, output);
            if (start < end)
                WriteFunctionStart(native, start, end, starts, output);
        }

        output.WriteLine();
    }

    private static void WriteFunctionStart(NativeCode native, int start, int end, Dictionary<int, int> starts, TextWriter output)
    {
        output.WriteLine($"; function at instruction {starts[start]}");
        WriteCode(native, start, end, output);
    }

    private static void WriteCode(NativeCode native, int start, int end, TextWriter output)
    {
        byte[] code = native.Bytes[start..end].ToArray();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            foreach (uint word in MemoryMarshal.Cast<byte, uint>(code))
                output.WriteLine($"            {word:x8}");
            return;
        }

        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code), (ulong)start);
        var formatter = new IntelFormatter(new FormatterOptions { HexPrefix = "0x", HexSuffix = null });
        var text = new StringOutput();
        while (decoder.IP < (ulong)end)
        {
            decoder.Decode(out Iced.Intel.Instruction instruction);
            formatter.Format(instruction, text);
            output.WriteLine($"        {instruction.IP,5:x}: {text.ToStringAndReset()}");
        }
    }

    /// <summary>Source lines and instructions, each printed when its slot comes.</summary>
    private sealed class Texts(ProgramSpec spec)
    {
        private readonly Instruction[] _instructions = [.. spec.Instructions];
        private readonly Dictionary<int, LineSpec> _lines = spec.Lines.GroupBy(static line => line.Slot).ToDictionary(static g => g.Key, static g => g.First());
        private readonly Disassembler _disassembler = new(spec.Dialect);
        private readonly StringBuilder _text = new();
        private int _next;

        /// <summary>Prints the instructions up to a slot: those before it became no code, or part of later code.</summary>
        public void Write(int slot, TextWriter output)
        {
            if (slot < _next - 1)
                _next = slot;
            for (; _next <= slot;)
            {
                if (_lines.TryGetValue(_next, out LineSpec line) && line.Text.Length > 0)
                    output.WriteLine($"; {Path.GetFileName(line.FileName)}:{line.Line}: {line.Text.Trim()}");
                _text.Clear();
                int taken = _disassembler.Write(_text, _instructions, _next);
                output.WriteLine($"{_next,4}: {_text}");
                _next += taken;
            }
        }
    }
}
