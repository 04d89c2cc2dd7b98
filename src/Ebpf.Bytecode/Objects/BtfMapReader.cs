using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Reads the maps that the variables of <c>.maps</c> define by their types.</summary>
/// <remarks>bpf_object__init_user_btf_maps and parse_btf_map_def in libbpf.c.</remarks>
internal sealed class BtfMapReader(ObjectReading reading, DatasecLayouts layouts)
{
    private const string Section = ".maps";

    public void Read()
    {
        if (reading.MapsSection < 0)
            return;
        if (reading.Types is not { } types || layouts.Find(Section) is not { } layout)
            throw reading.Refuse(Errno.ENOENT, "has maps in section '.maps', but no BTF that describes them; compile with -g, and do not strip .BTF");

        ElfSection section = reading.Elf.Sections[reading.MapsSection];
        foreach (DatasecVariable variable in layout.Variables)
            reading.Maps.Add(ReadMap(types, section, variable));
        ReadArena();
    }

    private MapImage ReadMap(BtfView types, ElfSection section, in DatasecVariable variable)
    {
        string name = variable.Name;
        if (name.Length == 0)
            throw reading.Refuse(Errno.EINVAL, $"section '.maps': the map at offset {variable.Offset} has no name");
        if ((ulong)variable.Offset + variable.Size > section.Size)
            throw reading.Refuse(Errno.EINVAL, $"section '.maps': map '{name}' has {variable.Size} bytes at offset {variable.Offset}, beyond the section's end at {section.Size}");
        if (variable.Linkage != BtfLinkage.Global)
        {
            if (reading.IsStrict || variable.Linkage == BtfLinkage.Extern)
                throw reading.Refuse(Errno.EOPNOTSUPP, $"map '{name}' is {(variable.Linkage == BtfLinkage.Extern ? "extern" : "static")}; define it without that");
            reading.Note($"map '{name}' is static, which libbpf does not support");
        }

        BtfType definition = types.SkipModifiers(variable.TypeId);
        if (definition.Kind != BtfKind.Struct)
            throw reading.Refuse(Errno.EINVAL, $"map '{name}' is defined by {definition}, not by a struct");
        if (definition.Size > variable.Size)
            throw reading.Refuse(Errno.EINVAL, $"map '{name}' has {variable.Size} bytes, fewer than its definition's {definition.Size}");

        var template = new MapImage
        {
            Name = name,
            Kind = MapKind.Btf,
            SectionName = Section,
            SectionIndex = section.Index,
            SectionOffset = variable.Offset,
            DefinitionSize = variable.Size,
            VariableId = variable.VarId,
            Type = MapType.Unspec,
        };
        return new BtfMapDefinition(reading, types, name, isInner: false).Read(definition, template);
    }

    /// <summary>An object has at most one arena, which holds the variables of <c>.addr_space.1</c>.</summary>
    private void ReadArena()
    {
        int arena = reading.Maps.FindIndex(static m => m.Type == MapType.Arena);
        int second = arena < 0 ? -1 : reading.Maps.FindIndex(arena + 1, static m => m.Type == MapType.Arena);
        if (second >= 0)
            throw reading.Refuse(Errno.EINVAL, $"maps '{reading.Maps[arena].Name}' and '{reading.Maps[second].Name}' both are arenas; an object has one");
        if (reading.ArenaSection == 0)
            return;
        if (arena < 0)
            throw reading.Refuse(Errno.ENOENT, "has variables in an arena, but no map of type arena in SEC(\".maps\")");

        ElfSection section = reading.Elf.Sections[reading.ArenaSection];
        if (section.Size > (ulong)reading.Maps[arena].MaxEntries * RingBufferSize.PageSize)
            throw reading.Refuse(Errno.E2BIG, $"arena '{reading.Maps[arena].Name}' of {reading.Maps[arena].MaxEntries} pages is too small for variables of {section.Size} bytes");
        reading.Maps[arena] = reading.Maps[arena] with { InitialData = section.Data };
    }
}
