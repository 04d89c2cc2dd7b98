using Ebpf.Bytecode.Elf;
using Ebpf.Fuzz.Mutation;

namespace Ebpf.Fuzz.Targets;

/// <summary>Reading ELF files: sections, symbols, relocations.</summary>
internal sealed class ElfTarget : IFuzzTarget
{
    private readonly Lazy<Seed[]> _seeds = new(() => [.. SeedFiles.Objects().Select(ElfFields.Of)]);

    public string Name => "elf";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        ElfFile? file = null;
        if (!steps.Do("read", () => file = ElfFile.Read(input, "input")))
            return;

        steps.Do("sections", () => ReadSections(file!));
        steps.Do("symbols", () => ReadSymbols(file!));
        foreach (ElfSection section in file!.Sections)
        {
            if (section.IsRelocations)
                steps.Do("relocations", () => ReadRelocations(file, section));
        }
    }

    private static void ReadSections(ElfFile file)
    {
        file.RequireBpfObject();
        foreach (ElfSection section in file.Sections)
        {
            _ = section.Data.Length;
            _ = section.ToString();
            _ = file.FindSection(section.Name);
        }
    }

    private static void ReadSymbols(ElfFile file)
    {
        foreach (ElfSymbol symbol in file.Symbols)
        {
            _ = symbol.Name.Length + symbol.NameBytes.Length;
            if (symbol.IsDefined)
                _ = file.Sections[(int)symbol.SectionIndex].Name;
        }
    }

    private static void ReadRelocations(ElfFile file, ElfSection section)
    {
        _ = file.RelocatedSection(section);
        foreach (ElfRelocation relocation in file.Relocations(section))
            _ = file.Symbols[relocation.SymbolIndex].Value;
    }
}
