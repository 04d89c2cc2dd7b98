using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>What a section is for.</summary>
/// <remarks>enum sec_type in libbpf.c.</remarks>
internal enum SectionRole : byte
{
    None,
    Code,
    Relocations,
    Bss,
    Data,
    ReadOnlyData,
    StructOps,
    BtfMaps,
    LegacyMaps,
}

/// <summary>The state of opening one object: what the steps have found so far. It lives as long as <see cref="ObjectImage.Read"/> runs.</summary>
internal sealed class ObjectReading(ElfFile elf, string name, ObjectStrictness strictness)
{
    private const int MostNotes = 100, LongestName = 4096;

    /// <summary>The file.</summary>
    public ElfFile Elf { get; } = elf;

    /// <summary>The object's name, which begins the names of its global data maps.</summary>
    public string Name { get; } = name;

    /// <summary>Whether only what libbpf takes is taken.</summary>
    public bool IsStrict { get; } = strictness == ObjectStrictness.Libbpf;

    /// <summary>Whose numbers the object uses.</summary>
    public Dialect Dialect { get; set; }

    /// <summary>What each section is for.</summary>
    public SectionRole[] Roles { get; } = new SectionRole[elf.Sections.Length];

    /// <summary>The index of <c>.text</c>, 0 where there is none.</summary>
    public int TextSection { get; set; }

    /// <summary>The index of <c>.maps</c>, -1 where there is none.</summary>
    public int MapsSection { get; set; } = -1;

    /// <summary>The index of <c>.addr_space.1</c>, the variables of an arena; 0 where there is none.</summary>
    public int ArenaSection { get; set; }

    /// <summary>The index of <c>.jumptables</c>, 0 where there is none.</summary>
    public int JumpTablesSection { get; set; }

    /// <summary>The index of the symbol table.</summary>
    public int SymbolsSection { get; set; }

    /// <summary>The section <c>.BTF</c>; null where there is none.</summary>
    public ElfSection? TypesSection { get; set; }

    /// <summary>The section <c>.BTF.ext</c>; null where there is none.</summary>
    public ElfSection? TypesOfCodeSection { get; set; }

    /// <summary>Whether there are struct_ops structures.</summary>
    public bool HasStructOps { get; set; }

    public string License { get; set; } = "";

    public uint KernelVersion { get; set; }

    /// <summary>All functions, at the end of the first step by section and slot.</summary>
    public List<FunctionImage> Functions { get; } = [];

    public List<MapImage> Maps { get; } = [];

    public List<ExternImage> Externs { get; } = [];

    /// <summary>What was overlooked that a stricter reader would complain about.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Notes what is overlooked; after a hundred, nothing more.</summary>
    public void Note(string note)
    {
        if (Notes.Count < MostNotes)
            Notes.Add(note);
    }

    /// <summary>The name of a type.</summary>
    /// <exception cref="BpfException">It is longer than any compiler's: names of a hostile file may overlap, and multiply its size.</exception>
    public string NameOf(in BtfType type) => type.NameBytes.Length <= LongestName
        ? type.Name
        : throw Refuse(Errno.EINVAL, $".BTF: type [{type.Id}] has a name of {type.NameBytes.Length} bytes; the type information is damaged");

    /// <summary>The type information; null where the object has none.</summary>
    public BtfView? Types { get; set; }

    /// <summary>Functions, lines and CO-RE relocations; null where the object has none.</summary>
    public BtfExt? TypesOfCode { get; set; }

    /// <summary>The symbols of each section, in the file's order.</summary>
    public ILookup<int, ElfSymbol> SymbolsBySection(Func<ElfSymbol, bool> isWanted)
    {
        var symbols = new List<ElfSymbol>();
        foreach (ElfSymbol symbol in Elf.Symbols)
        {
            if (symbol.IsDefined && isWanted(symbol))
                symbols.Add(symbol);
        }

        return symbols.ToLookup(static s => (int)s.SectionIndex);
    }

    /// <summary>A refusal that names the object.</summary>
    public BpfException Refuse(Errno errno, string message) => new($"{Elf.Name}: {message}", errno);
}
