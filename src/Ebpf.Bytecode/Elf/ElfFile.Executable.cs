using System.Collections.Immutable;
using System.Text;

namespace Ebpf.Bytecode.Elf;

/// <summary>What only executables and shared libraries have: segments and exported functions, for probes on them.</summary>
internal sealed partial class ElfFile
{
    private Dictionary<int, uint>? _versionNames;

    /// <summary>The loaded segments, in the file's order.</summary>
    /// <exception cref="BpfException">The program headers lie outside the file.</exception>
    public ImmutableArray<ElfSegment> ReadSegments()
    {
        var reader = new BoundedReader(_bytes.Span, IsLittleEndian, Name + ": program headers");
        var segments = ImmutableArray.CreateBuilder<ElfSegment>();
        for (int i = 0; i < _header.ProgramHeaderCount; i++)
        {
            // The sum cannot wrap unnoticed: an offset beyond the file is refused by the first read.
            if (ElfSegment.Read(reader, unchecked(_header.ProgramHeaderOffset + (ulong)i * ElfSegment.Length)) is { } segment)
                segments.Add(segment);
        }

        return segments.ToImmutable();
    }

    /// <summary>The functions that a symbol table of the given type defines; none where the file has no such table.</summary>
    /// <param name="type"><see cref="ElfSectionType.SymbolTable"/> or <see cref="ElfSectionType.DynamicSymbols"/>.</param>
    /// <param name="named">Only those of that name, with or without a version behind '@'; null for all.</param>
    public IEnumerable<ElfFunction> ReadFunctions(ElfSectionType type, string? named = null)
    {
        if (Sections.FirstOrDefault(section => section.Index != 0 && section.Type == type) is not { } table)
            yield break;

        CheckEntrySize(table, ElfSymbol.Length);
        ElfSection names = StringTable(table.Link, table);
        ElfSection? versions = type == ElfSectionType.DynamicSymbols ? Sections.FirstOrDefault(static s => s.Type == ElfSectionType.GnuVersions) : null;
        byte[]? wanted = named is null ? null : Encoding.UTF8.GetBytes(named);
        int count = table.Data.Length / ElfSymbol.Length;
        for (int i = 0; i < count; i++)
        {
            if (ReadFunction(table, names, versions, i, wanted) is { } function)
                yield return function;
        }
    }

    /// <summary>The name of a version that the file defines (<c>GLIBC_2.2.5</c>), by its number in <see cref="ElfFunction.Version"/>; null where it defines none such.</summary>
    public string? FindVersionName(int version)
    {
        ElfSection? definitions = Sections.FirstOrDefault(static s => s.Type == ElfSectionType.GnuVersionDefinitions);
        _versionNames ??= definitions is null ? [] : ReadVersionNames(definitions);
        return _versionNames.TryGetValue(version, out uint name) ? Text(StringBytes(StringTable(definitions!.Link, definitions), name)) : null;
    }

    /// <summary>Where the name of each version is.</summary>
    /// <remarks>'Elf64_Verdef' and 'Elf64_Verdaux' in elf.h.</remarks>
    private Dictionary<int, uint> ReadVersionNames(ElfSection definitions)
    {
        const uint DefinitionLength = 20;
        var names = new Dictionary<int, uint>();
        BoundedReader reader = Reader(definitions);
        uint next;
        for (ulong offset = 0; ; offset += next)
        {
            names.TryAdd(reader.UInt16(offset + 4), reader.UInt32(offset + reader.UInt32(offset + 12)));
            next = reader.UInt32(offset + 16);
            if (next == 0)
                return names;
            if (next < DefinitionLength)
                throw Damaged($"section {definitions.Describe()}, offset 0x{offset:x}: the next version begins within this one");
        }
    }

    private ElfFunction? ReadFunction(ElfSection table, ElfSection names, ElfSection? versions, int index, byte[]? wanted)
    {
        BoundedReader reader = Reader(table);
        ulong offset = (ulong)index * ElfSymbol.Length;
        byte info = reader.Byte(offset + 4);
        ushort section = reader.UInt16(offset + 6);
        if ((ElfSymbolType)(info & 0xf) != ElfSymbolType.Function || section == ElfSectionIndex.Undefined || section >= Sections.Length)
            return null;

        ReadOnlySpan<byte> name = StringBytes(names, reader.UInt32(offset));
        if (wanted is not null && !(name.StartsWith(wanted) && (name.Length == wanted.Length || name[wanted.Length] == '@')))
            return null;

        const int VersionMask = 0x7fff;
        int version = versions is null ? 0 : Reader(versions).UInt16((ulong)index * sizeof(ushort)) & VersionMask;
        ulong address = reader.UInt64(offset + 8);
        ElfSection home = Sections[section];
        return new ElfFunction(
            Text(name),
            (ElfBinding)(info >> 4),
            address,
            unchecked(address - home.Address + home.FileOffset),
            version);
    }
}

/// <summary>A function that an executable or shared library defines.</summary>
/// <param name="Name">Its symbol, in a full symbol table perhaps with its version (<c>name@VERSION</c>).</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="Address">Its address in the file's own numbering.</param>
/// <param name="FileOffset">Where its code is in the file.</param>
/// <param name="Version">The number of its version in a dynamic symbol table; 0 where it has none.</param>
internal readonly record struct ElfFunction(string Name, ElfBinding Binding, ulong Address, ulong FileOffset, int Version);
