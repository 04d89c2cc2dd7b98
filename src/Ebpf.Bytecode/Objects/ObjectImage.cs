using System.Collections.Immutable;
using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Objects;

/// <summary>A BPF object as its file has it. Immutable; nothing of it depends on the machine that reads it.</summary>
internal sealed class ObjectImage
{
    // BPF_OBJ_NAME_LEN in include/uapi/linux/bpf.h, less the terminating zero.
    private const int LongestName = 15;

    private ObjectImage(ElfFile elf, ObjectReading reading, ImmutableArray<VariableImage> variables, DatasecLayouts layouts, ObjectStrictness strictness)
    {
        Elf = elf;
        FileName = elf.Name;
        Name = reading.Name;
        Strictness = strictness;
        Dialect = reading.Dialect;
        License = reading.License;
        KernelVersion = reading.KernelVersion;
        Functions = [.. reading.Functions];
        Programs = [.. reading.Functions.Where(static f => !f.IsSubprogram)];
        Subprograms = [.. reading.Functions.Where(static f => f.IsSubprogram)];
        Maps = [.. reading.Maps];
        Variables = variables;
        DataSections = [.. layouts.All];
        Externs = [.. reading.Externs];
        Types = reading.Types;
        TypesOfCode = reading.TypesOfCode;
        TextSection = reading.TextSection;
        Notes = [.. reading.Notes];
    }

    /// <summary>How messages name the file.</summary>
    public string FileName { get; }

    /// <summary>The object's name: what is before the first dot of the file's name, at most 15 bytes.</summary>
    public string Name { get; }

    /// <summary>How strictly it was read.</summary>
    public ObjectStrictness Strictness { get; }

    /// <summary>Whose numbers it uses.</summary>
    public Dialect Dialect { get; }

    /// <summary>The byte order of the machine it is for.</summary>
    public bool IsLittleEndian => Elf.IsLittleEndian;

    /// <summary>Whether it is for machines of the other byte order than this one: it can be shown, but not loaded.</summary>
    public bool IsForeignEndian => IsLittleEndian != BitConverter.IsLittleEndian;

    /// <summary>The licence, "" where it has none.</summary>
    public string License { get; }

    /// <summary>KERNEL_VERSION(a, b, c), 0 where it has none.</summary>
    public uint KernelVersion { get; }

    /// <summary>All functions, in order of section and slot.</summary>
    public ImmutableArray<FunctionImage> Functions { get; }

    /// <summary>The programs, in that order.</summary>
    public ImmutableArray<FunctionImage> Programs { get; }

    /// <summary>The functions that programs call, in that order.</summary>
    public ImmutableArray<FunctionImage> Subprograms { get; }

    /// <summary>The maps, in libbpf's order: defined ones, global data, configuration values, struct_ops.</summary>
    public ImmutableArray<MapImage> Maps { get; }

    /// <summary>The global variables, by map and offset.</summary>
    public ImmutableArray<VariableImage> Variables { get; }

    /// <summary>What BTF says of the variables of sections, with what the symbols say.</summary>
    public ImmutableArray<DatasecLayout> DataSections { get; }

    /// <summary>What it leaves to others to define, in libbpf's order.</summary>
    public ImmutableArray<ExternImage> Externs { get; }

    /// <summary>The type information; null where it has none.</summary>
    public BtfView? Types { get; }

    /// <summary>Functions, lines and CO-RE relocations; null where it has none.</summary>
    public BtfExt? TypesOfCode { get; }

    /// <summary>What was overlooked that libbpf would refuse or complain about.</summary>
    public ImmutableArray<string> Notes { get; }

    /// <summary>The sections, without the empty one that every file begins with.</summary>
    public IEnumerable<SectionImage> Sections =>
        Elf.Sections.Where(static s => s.Index != 0).Select(static s => new SectionImage(s.Index, s.Name, Kind(s), s.Size));

    /// <summary>The file itself.</summary>
    internal ElfFile Elf { get; }

    /// <summary>The index of <c>.text</c>, 0 where there is none.</summary>
    internal int TextSection { get; }

    /// <summary>Reads an object that is in memory; the bytes must not change as long as the image is used.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">The file's path or name: what messages call it, and what the object's name comes from.</param>
    /// <param name="strictness">How much it may deviate from what libbpf accepts.</param>
    /// <param name="name">The object's name, where it is not to come from the file's.</param>
    /// <param name="dialect">The dialect, where the file is not to tell.</param>
    /// <exception cref="BpfException">It is no BPF object, it is damaged, or it is refused; with libbpf's error number.</exception>
    public static ObjectImage Read(
        ReadOnlyMemory<byte> bytes, string path, ObjectStrictness strictness = ObjectStrictness.Default, string? name = null, Dialect? dialect = null)
    {
        ElfFile elf = ElfFile.Read(bytes, path);
        elf.RequireBpfObject();

        var reading = new ObjectReading(elf, Cut(name ?? NameFromPath(path)), strictness);
        SectionReader.Read(reading);
        reading.Dialect = dialect ?? reading.Dialect;
        TypeReader.Read(reading);
        new ExternReader(reading).Read();

        var layouts = new DatasecLayouts(reading);
        new LegacyMapReader(reading).Read();
        new BtfMapReader(reading, layouts).Read();
        var data = new GlobalDataReader(reading, layouts);
        data.Read();
        data.ReadKconfig();
        new StructOpsReader(reading, layouts).Read();

        ProgramTypes.Assign(reading);
        new RelocationReader(reading).Read();
        if (strictness == ObjectStrictness.Default)
        {
            SubprogramFinder.Mark(reading);
            Iproute2.FillSlots(reading);
        }

        FunctionTypes.Assign(reading);
        return new ObjectImage(elf, reading, VariableReader.Read(reading, layouts), layouts, strictness);
    }

    /// <summary>The name that libbpf gives to the object of a file.</summary>
    /// <remarks>bpf_object__new in libbpf.c.</remarks>
    public static string NameFromPath(string path)
    {
        string file = path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        int dot = file.IndexOf('.');
        return Cut(dot >= 0 ? file[..dot] : file);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{FileName}: {Programs.Length} programs, {Maps.Length} maps";

    private static string Cut(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        int length = Math.Min(bytes.Length, LongestName);
        // A character is not cut in two.
        while (length > 0 && length < bytes.Length && (bytes[length] & 0xc0) == 0x80)
            length--;
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static string Kind(ElfSection section) => section.Type switch
    {
        ElfSectionType.ProgramBits when section.IsExecutable => "code",
        ElfSectionType.ProgramBits => "data",
        ElfSectionType.NoBits => "zeroed data",
        ElfSectionType.Relocations or ElfSectionType.RelocationsWithAddend => "relocations",
        ElfSectionType.SymbolTable or ElfSectionType.DynamicSymbols => "symbols",
        ElfSectionType.StringTable => "strings",
        _ => "other",
    };
}
