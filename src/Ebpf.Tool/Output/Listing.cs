using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Tool.Output;

/// <summary>Instructions of an object's functions as text: source lines between them, and names for what relocations will fill in.</summary>
internal sealed class Listing(ObjectImage image)
{
    public void Write(FunctionImage function, TextWriter output)
    {
        ReadOnlySpan<Instruction> instructions = function.Instructions.ToArray();
        output.WriteLine($"{function.Name}: {(function.IsSubprogram ? "subprogram" : "program")} in {function.SectionName}, {Amounts.Of(instructions.Length, "instruction")}");
        Dictionary<int, string> symbols = Symbols(function);
        Dictionary<int, LineInfo> lines = Lines(function);
        var disassembler = new Disassembler(image.Dialect) { Program = function.Type, SymbolAt = slot => symbols.GetValueOrDefault(slot) };
        var text = new StringBuilder();
        string last = "";
        for (int slot = 0; slot < instructions.Length;)
        {
            if (lines.TryGetValue(slot, out LineInfo line) && Source(line) is { Length: > 0 } source && source != last)
                output.WriteLine(last = source);
            text.Clear();
            int taken = disassembler.Write(text, instructions, slot);
            output.WriteLine($"{slot,6}: {text}");
            slot += taken;
        }
        output.WriteLine();
    }

    private string Source(LineInfo line)
    {
        string file = image.Types!.String(line.FileNameOffset);
        return $"; {Path.GetFileName(file)}:{line.Line}: {image.Types.String(line.TextOffset).Trim()}";
    }

    private Dictionary<int, LineInfo> Lines(FunctionImage function)
    {
        var lines = new Dictionary<int, LineInfo>();
        if (image.TypesOfCode is not { } info)
            return lines;
        foreach (LineInfo line in info.Lines.For(image.Elf.Sections[function.SectionIndex].Name))
        {
            int slot = (int)(line.Offset / Instruction.Size);
            if (function.Contains(slot))
                lines[slot - function.Start] = line;
        }
        return lines;
    }

    private Dictionary<int, string> Symbols(FunctionImage function)
    {
        var symbols = new Dictionary<int, string>();
        foreach (RelocationEntry relocation in function.Relocations)
        {
            string? symbol = relocation.Kind switch
            {
                RelocationKind.Map or RelocationKind.Data => image.Maps[relocation.Target].Name + (relocation.Value > 0 ? $"+{relocation.Value}" : ""),
                RelocationKind.ExternLoad or RelocationKind.ExternCall => image.Externs[relocation.Target].Name,
                RelocationKind.Call or RelocationKind.FunctionAddress => Callee(function, relocation),
                _ => null,
            };
            if (symbol is not null)
                symbols[relocation.Slot] = symbol;
        }
        return symbols;
    }

    /// <summary>The function that a call's symbol and the instruction's own offset lead to.</summary>
    private string? Callee(FunctionImage caller, RelocationEntry relocation)
    {
        Instruction instruction = caller.Instructions[relocation.Slot];
        long addend = relocation.Kind == RelocationKind.Call ? instruction.Immediate + 1 : instruction.Immediate / Instruction.Size;
        long start = (long)relocation.Value / Instruction.Size + addend;
        return image.Functions.FirstOrDefault(f => f.SectionIndex == relocation.Target && f.Start == start)?.Name;
    }
}
