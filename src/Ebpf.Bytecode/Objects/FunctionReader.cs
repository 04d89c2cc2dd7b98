using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Objects;

/// <summary>Finds the functions of code sections by their symbols.</summary>
/// <remarks>bpf_object__add_programs in libbpf.c. By default also what older compilers made: symbols without type or size, static programs.</remarks>
internal sealed class FunctionReader(ObjectReading reading)
{
    private ILookup<int, ElfSymbol>? _symbols;

    /// <summary>Adds the functions of a code section.</summary>
    public void Read(ElfSection section)
    {
        ReadOnlyMemory<byte> code = section.Data;
        List<ElfSymbol> symbols = SymbolsOf(section.Index);
        if (symbols.Count == 0)
            return;

        if (reading.IsStrict || symbols.Exists(static s => s.Size != 0))
        {
            foreach (ElfSymbol symbol in symbols)
                Add(section, symbol, symbol.Size, code);
            return;
        }

        // Without any size, each reaches to the next one, which is found by walking from the end.
        symbols.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        ulong end = (ulong)code.Length, start = end;
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Value != start)
                (start, end) = (symbol.Value, start);
            Add(section, symbol, end > start ? end - start : 0, code);
        }
    }

    /// <summary>Puts the functions in order of section and slot.</summary>
    /// <remarks>cmp_progs in libbpf.c.</remarks>
    public void Finish()
    {
        FunctionImage[] ordered = [.. reading.Functions.OrderBy(static f => f.SectionIndex).ThenBy(static f => f.Start)];
        reading.Functions.Clear();
        foreach (FunctionImage function in ordered)
            reading.Functions.Add(function with { Index = reading.Functions.Count, IsSubprogram = function.SectionIndex == reading.TextSection });
    }

    private void Add(ElfSection section, in ElfSymbol symbol, ulong size, ReadOnlyMemory<byte> code)
    {
        ulong codeSize = (ulong)code.Length;
        ulong start = symbol.Value;
        if (start > codeSize || size > codeSize - start)
            throw reading.Refuse(Errno.LIBBPF_FORMAT, $"section {section.Describe()}: function {symbol.Describe()} has {size} bytes at offset 0x{start:x}, beyond the section's end at 0x{codeSize:x}");

        if (reading.IsStrict && section.Index != reading.TextSection && symbol.Binding == ElfBinding.Local)
            throw reading.Refuse(Errno.EOPNOTSUPP, $"section {section.Describe()}: program {symbol.Describe()} is static, which libbpf does not support; remove 'static', or open the object with default strictness");
        if (size == 0 || size % Instruction.Size != 0 || start % Instruction.Size != 0)
            throw reading.Refuse(Errno.EINVAL, $"section {section.Describe()}: function {symbol.Describe()} has {size} bytes at offset 0x{start:x}, which are no whole instructions");

        string name = section.Name;
        reading.Functions.Add(new FunctionImage
        {
            Name = symbol.Name,
            SectionName = SectionReader.WithoutMark(name),
            SectionIndex = section.Index,
            Start = (int)(start / Instruction.Size),
            Instructions = new FunctionCode(code.Slice((int)start, (int)size), reading.Elf.IsLittleEndian),
            AutoLoad = !name.StartsWith('?'),
            IsGlobal = symbol.Binding != ElfBinding.Local && symbol.Visibility is not (ElfVisibility.Hidden or ElfVisibility.Internal),
            IsStatic = symbol.Binding == ElfBinding.Local,
        });
    }

    /// <summary>The symbols of functions in a section: those that say so, or in objects of old compilers the global ones without type.</summary>
    private List<ElfSymbol> SymbolsOf(int section)
    {
        _symbols ??= reading.SymbolsBySection(s => s.Type == ElfSymbolType.Function || (!reading.IsStrict && s.Type == ElfSymbolType.None && s.Binding != ElfBinding.Local));
        List<ElfSymbol> found = [.. _symbols[section]];
        return found.Exists(static s => s.Type == ElfSymbolType.Function)
            ? found.FindAll(static s => s.Type == ElfSymbolType.Function)
            : found;
    }
}
