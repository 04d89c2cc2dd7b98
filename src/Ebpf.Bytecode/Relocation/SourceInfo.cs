using System.Collections.Immutable;
using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Where functions begin and which source lines their slots come from, carried along to where linking puts them.</summary>
/// <remarks>reloc_prog_func_and_line_info in libbpf.c.</remarks>
internal sealed class SourceInfo(ObjectImage image)
{
    // What is longer is cut: strings of a hostile file may overlap, and multiply its size.
    private const int LongestLine = 1024, LongestFileName = 4096;

    private readonly Dictionary<uint, string> _files = [];

    /// <summary>A function where it begins in a linked program.</summary>
    public FunctionSpec Describe(FunctionImage function, int start, bool isMain)
    {
        // Only what BTF declares global can be verified by itself; static and hidden functions are verified with their callers.
        bool isGlobal = isMain
            || (function.IsGlobal && function.TypeId != 0 && image.Types![function.TypeId].Linkage == BtfLinkage.Global);
        return new FunctionSpec(start, function.Name, function.TypeId, isGlobal);
    }

    /// <summary>The source lines of functions that begin at given slots.</summary>
    public ImmutableArray<LineSpec> Lines(ImmutableArray<FunctionImage> functions, IReadOnlyDictionary<int, int> starts)
    {
        if (image is not { TypesOfCode: { } code, Types: { } types } || code.Lines.Sections.IsEmpty)
            return [];

        var lines = ImmutableArray.CreateBuilder<LineSpec>();
        foreach (FunctionImage function in functions)
            Add(lines, types, code.Lines.For(image.Elf.Sections[function.SectionIndex].Name), function, starts[function.Index]);
        return lines.ToImmutable();
    }

    private void Add(ImmutableArray<LineSpec>.Builder lines, BtfView types, in BtfExtRecords<LineInfo> records, FunctionImage function, int start)
    {
        long first = (long)function.Start * Instruction.Size, end = first + (long)function.Instructions.Length * Instruction.Size;
        for (int i = records.FirstFrom(first); i < records.Count; i++)
        {
            LineInfo line = records[i];
            if (line.Offset >= end)
                break;
            int slot = (int)((line.Offset - first) / Instruction.Size) + start;
            // Records out of order, which only damaged objects have, must not leave the function or go back.
            if (slot < start || (lines.Count > 0 && slot < lines[^1].Slot) || !types.HasString(line.FileNameOffset) || !types.HasString(line.TextOffset))
                continue;
            lines.Add(new LineSpec(slot, File(types, line.FileNameOffset), Text(types, line.TextOffset, LongestLine), line.Line, line.Column)
            {
                FileNameOffset = line.FileNameOffset,
                TextOffset = line.TextOffset,
            });
        }
    }

    private string File(BtfView types, uint offset)
    {
        if (!_files.TryGetValue(offset, out string? name))
            _files.Add(offset, name = Text(types, offset, LongestFileName));
        return name;
    }

    private static string Text(BtfView types, uint offset, int longest)
    {
        ReadOnlySpan<byte> bytes = types.StringBytes(offset);
        return Encoding.UTF8.GetString(bytes.Length > longest ? bytes[..longest] : bytes);
    }
}
