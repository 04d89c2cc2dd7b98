using System.Buffers.Binary;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Reads the maps of <c>maps</c> and <c>maps/…</c> sections: structures of numbers, as loaders took before libbpf 1.0.</summary>
/// <remarks>
/// All begin with type, key size, value size, capacity. What follows depends on whose header the program used: libbpf's <c>bpf_map_def</c> (20
/// bytes: flags), the kernel samples' (28: flags, inner map's position, NUMA node), iproute2's <c>bpf_elf_map</c> (28 or 36: flags, id, pinning,
/// inner id, slot), eBPF for Windows' (32: inner map's position, pinning, id, inner id). BTF has the names of the numbers; without it, the
/// size of a definition tells.
/// </remarks>
internal sealed class LegacyMapReader(ObjectReading reading)
{
    private const int ShortestDefinition = 16;

    private const uint None = uint.MaxValue;

    private readonly List<Definition> _definitions = [];
    private ILookup<uint, int> _byId = Enumerable.Empty<int>().ToLookup(static _ => 0u);

    public void Read()
    {
        ElfSection[] sections = [.. reading.Elf.Sections.Where(s => reading.Roles[s.Index] == SectionRole.LegacyMaps && s.Size != 0)];
        if (sections.Length == 0)
            return;

        ILookup<int, ElfSymbol> symbols = reading.SymbolsBySection(static s => s.Type is ElfSymbolType.Object or ElfSymbolType.None);
        foreach (ElfSection section in sections)
            ReadSection(section, [.. symbols[section.Index].OrderBy(static s => s.Value)]);

        reading.Note("maps are defined in a 'maps' section, which libbpf 1.0 and later do not support");
        int first = reading.Maps.Count;
        _byId = Enumerable.Range(0, _definitions.Count).Where(i => _definitions[i].Map is { Id: not null, IsMapOfMaps: false }).ToLookup(i => _definitions[i].Map.Id!.Value);
        foreach (Definition definition in _definitions)
            reading.Maps.Add(definition.Map);
        for (int i = 0; i < _definitions.Count; i++)
            reading.Maps[first + i] = WithInner(_definitions[i], first);
    }

    /// <summary>A definition: the numbers that are not a map's own, but tell how maps belong together.</summary>
    private readonly record struct Definition(MapImage Map, uint InnerId, uint InnerPosition, uint Slot);

    /// <summary>The numbers of a definition, by name; null where it has no such number.</summary>
    private sealed record Numbers
    {
        public uint Type { get; set; }
        public uint KeySize { get; set; }
        public uint ValueSize { get; set; }
        public uint MaxEntries { get; set; }
        public uint Flags { get; set; }
        public uint NumaNode { get; set; }
        public uint Pinning { get; set; }
        public uint? Id { get; set; }
        public uint? InnerId { get; set; }
        public uint? InnerPosition { get; set; }
        public uint? Slot { get; set; }

        public bool TrySet(string name, uint value)
        {
            switch (name)
            {
                case "type": Type = value; return true;
                case "key_size" or "size_key": KeySize = value; return true;
                case "value_size" or "size_value": ValueSize = value; return true;
                case "max_entries" or "max_elem": MaxEntries = value; return true;
                case "map_flags" or "flags": Flags = value; return true;
                case "numa_node": NumaNode = value; return true;
                case "pinning": Pinning = value; return true;
                case "id": Id = value; return true;
                case "inner_id": InnerId = value; return true;
                case "inner_map_idx": InnerPosition = value; return true;
                case "inner_idx": Slot = value; return true;
                default: return false;
            }
        }
    }

    /// <param name="section">The section.</param>
    /// <param name="symbols">Its symbols in the order of definition: what "position of the inner map" counts, and what the source shows.</param>
    private void ReadSection(ElfSection section, List<ElfSymbol> symbols)
    {
        if (symbols.Count == 0)
            throw reading.Refuse(Errno.EINVAL, $"section {section.Describe()} has {section.Size} bytes, but no symbol that names a map in it");

        for (int i = 0; i < symbols.Count; i++)
        {
            ulong end = i + 1 < symbols.Count ? symbols[i + 1].Value : section.Size;
            ElfSymbol symbol = symbols[i];
            ulong size = symbol.Size != 0 ? symbol.Size : end > symbol.Value ? end - symbol.Value : 0;
            if (symbol.Value > section.Size || size > section.Size - symbol.Value || size < ShortestDefinition)
                throw reading.Refuse(Errno.EINVAL, $"section {section.Describe()}: map {symbol.Describe()} has {size} bytes at offset 0x{symbol.Value:x} of 0x{section.Size:x}; a definition has at least {ShortestDefinition}");
            _definitions.Add(Define(section, symbol, section.Data.Span.Slice((int)symbol.Value, (int)size)));
        }
    }

    private Definition Define(ElfSection section, in ElfSymbol symbol, ReadOnlySpan<byte> bytes)
    {
        Numbers numbers = NamedNumbers(symbol.Name, bytes) ?? PlainNumbers(bytes);
        var map = new MapImage
        {
            Name = symbol.Name,
            Kind = MapKind.Legacy,
            SectionName = section.Name,
            SectionIndex = section.Index,
            SectionOffset = symbol.Value,
            Type = MapNumbers.Type(reading.Dialect, numbers.Type),
            KeySize = numbers.KeySize,
            ValueSize = numbers.ValueSize,
            MaxEntries = numbers.MaxEntries,
            Flags = (MapFlags)numbers.Flags,
            NumaNode = numbers.NumaNode,
            Pinning = (MapPinning)numbers.Pinning,
            Id = numbers.Id,
        };
        if (reading.Dialect == Dialect.Windows && map.Pinning is not (MapPinning.None or MapPinning.ByName))
            throw reading.Refuse(Errno.EINVAL, $"map '{map.Name}' has pinning {numbers.Pinning}; 0 (none) and 1 (by name) are known");
        return new Definition(map, numbers.InnerId ?? None, numbers.InnerPosition ?? None, numbers.Slot ?? None);
    }

    /// <summary>The numbers by the names that BTF gives to the members of the structure.</summary>
    private Numbers? NamedNumbers(string symbol, ReadOnlySpan<byte> bytes)
    {
        if (reading.Types is not { } types || types.FindByName(symbol, BtfKind.Var) is not { } variable)
            return null;
        BtfType structure = types.SkipModifiers(types[variable].ReferencedType);
        if (structure.Kind != BtfKind.Struct)
            return null;

        var numbers = new Numbers();
        foreach (BtfMember member in structure.Members)
        {
            uint offset = member.BitOffset / 8;
            if (member.BitOffset % 32 != 0 || offset + sizeof(uint) > (uint)bytes.Length || !numbers.TrySet(member.Name, Number(bytes, (int)offset)))
                return null;
        }

        return numbers;
    }

    private Numbers PlainNumbers(ReadOnlySpan<byte> bytes)
    {
        var numbers = new Numbers { Type = Number(bytes, 0), KeySize = Number(bytes, 4), ValueSize = Number(bytes, 8), MaxEntries = Number(bytes, 12) };
        if (reading.Dialect == Dialect.Windows)
        {
            numbers.InnerPosition = bytes.Length >= 20 ? Number(bytes, 16) : null;
            numbers.Pinning = bytes.Length >= 24 ? Number(bytes, 20) : 0;
            numbers.Id = bytes.Length >= 28 ? Number(bytes, 24) : null;
            numbers.InnerId = bytes.Length >= 32 ? Number(bytes, 28) : null;
            return numbers;
        }

        numbers.Flags = bytes.Length >= 20 ? Number(bytes, 16) : 0;
        if (bytes.Length >= 32)
        {
            numbers.Id = Number(bytes, 20);
            numbers.Pinning = Number(bytes, 24);
            numbers.InnerId = Number(bytes, 28);
            numbers.Slot = bytes.Length >= 36 ? Number(bytes, 32) : null;
        }
        else if (bytes.Length >= 28)
        {
            ReadAmbiguous(numbers, sixth: Number(bytes, 20), seventh: Number(bytes, 24));
        }

        return numbers;
    }

    /// <summary>28 bytes end with either the inner map's position and a NUMA node, or an id and a pinning.</summary>
    private void ReadAmbiguous(Numbers numbers, uint sixth, uint seventh)
    {
        bool isMapOfMaps = MapNumbers.Type(reading.Dialect, numbers.Type) is MapType.ArrayOfMaps or MapType.HashOfMaps;
        bool hasNode = ((MapFlags)numbers.Flags & MapFlags.NumaNode) != 0;
        if (isMapOfMaps || hasNode)
        {
            numbers.InnerPosition = isMapOfMaps ? sixth : null;
            numbers.NumaNode = hasNode ? seventh : 0;
        }
        else
        {
            numbers.Id = sixth;
            numbers.Pinning = seventh;
        }
    }

    private uint Number(ReadOnlySpan<byte> bytes, int offset) =>
        reading.Elf.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    /// <summary>Finds the template of inner maps, by id or by position, and the maps that sit in slots from the start.</summary>
    private MapImage WithInner(in Definition outer, int first)
    {
        if (!outer.Map.IsMapOfMaps)
            return outer.Map;

        int template = -1;
        var slots = new SortedDictionary<int, MapSlot>();
        if (outer.InnerId is not (None or 0))
        {
            foreach (int i in _byId[outer.InnerId])
            {
                Definition inner = _definitions[i];
                template = template < 0 ? i : template;
                if (inner.Slot != None && inner.Slot <= int.MaxValue)
                    slots[(int)inner.Slot] = new MapSlot((int)inner.Slot, inner.Map.Name, first + i);
            }

            if (template < 0)
                reading.Note($"map '{outer.Map.Name}' has inner maps with id {outer.InnerId}, which no map has: it must be given one to be created");
        }
        else if (outer.InnerPosition < (uint)_definitions.Count && !_definitions[(int)outer.InnerPosition].Map.IsMapOfMaps)
        {
            template = (int)outer.InnerPosition;
        }
        else
        {
            reading.Note($"map '{outer.Map.Name}' names no inner map: it must be given one to be created");
        }

        // Old headers left the size of the values out; it has ever been that of an fd.
        MapImage map = outer.Map.ValueSize == 0 ? outer.Map with { ValueSize = sizeof(int) } : outer.Map;
        return template < 0
            ? map
            : map with { Inner = _definitions[template].Map, InnerIndex = first + template, Slots = [.. slots.Values] };
    }
}
