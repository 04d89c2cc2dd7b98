using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Reads what maps hold from the start: programs in program arrays, maps in maps of maps, functions in struct_ops structures.</summary>
/// <remarks>bpf_object__collect_map_relos and bpf_object__collect_st_ops_relos in libbpf.c.</remarks>
internal sealed class MapSlotReader(ObjectReading reading, FunctionIndex functions)
{
    // Pointers in an object for BPF have 8 bytes, whatever the machine that reads it.
    private const int PointerSize = 8;

    private readonly Dictionary<int, SortedDictionary<int, MapSlot>> _slots = [];
    private readonly Dictionary<int, SortedDictionary<int, StructOpsFunction>> _functions = [];
    private readonly Dictionary<int, List<int>> _mapsBySection = [];
    private Dictionary<string, int>? _mapsByName;
    private Dictionary<string, FunctionImage>? _programsByName;

    /// <summary>Reads the initialisers of the maps in <c>.maps</c>.</summary>
    public void ReadMaps(ElfSection relocations)
    {
        if (reading.Types is not { } types)
            throw reading.Refuse(Errno.EINVAL, $"section {relocations.Describe()} initialises maps that no BTF describes");
        foreach (ElfRelocation relocation in reading.Elf.Relocations(relocations))
            ReadSlot(types, relocations, relocation);
    }

    /// <summary>Reads the functions of the structures in a struct_ops section.</summary>
    public void ReadStructOps(ElfSection relocations, int section)
    {
        BtfView types = reading.Types!;
        foreach (ElfRelocation relocation in reading.Elf.Relocations(relocations))
        {
            ElfSymbol symbol = reading.Elf.Symbols[relocation.SymbolIndex];
            int index = MapAt(section, relocation.Offset);
            if (index < 0 || relocation.Offset - reading.Maps[index].SectionOffset >= reading.Maps[index].ValueSize)
                throw Refuse(Errno.EINVAL, relocations, relocation, "which is in no structure");

            MapImage map = reading.Maps[index];
            if (symbol.IsSpecial)
                throw Refuse(Errno.LIBBPF_RELOC, relocations, relocation, $"which is given {symbol.Describe()}, no function of this object");
            if (symbol.Value % Instruction.Size != 0)
                throw Refuse(Errno.LIBBPF_FORMAT, relocations, relocation, $"which is given {symbol.Describe()} at offset 0x{symbol.Value:x}, where no instruction is");

            uint offset = (uint)(relocation.Offset - map.SectionOffset);
            BtfMember? member = MemberAt(types[map.ValueType], offset);
            if (member is not { } found)
                throw Refuse(Errno.EINVAL, relocations, relocation, $"where struct_ops '{map.Name}' has no member");
            BtfType pointer = types.SkipModifiers(found.Type);
            if (pointer.Kind != BtfKind.Ptr || types.SkipModifiers(pointer.ReferencedType).Kind != BtfKind.FuncProto)
                throw Refuse(Errno.EINVAL, relocations, relocation, $"where struct_ops '{map.Name}' has member '{found.Name}', no pointer to a function");

            FunctionImage? program = functions.At((int)symbol.SectionIndex, (long)Math.Min(symbol.Value / Instruction.Size, int.MaxValue));
            if (program is null)
                throw Refuse(Errno.EINVAL, relocations, relocation, $"where struct_ops '{map.Name}' is given {symbol.Describe()}, which is no program");
            if (program.Type != ProgramType.StructOps)
                throw Refuse(Errno.EINVAL, relocations, relocation, $"where struct_ops '{map.Name}' is given program '{program.Name}' of type {program.Type.Text()}; put it in SEC(\"struct_ops\")");
            Of(_functions, index)[(int)offset] = new StructOpsFunction((int)offset, found.Name, program.Index);
        }
    }

    /// <summary>Hands what was read to the maps.</summary>
    public void Finish()
    {
        foreach ((int map, SortedDictionary<int, MapSlot> slots) in _slots)
            reading.Maps[map] = reading.Maps[map] with { Slots = [.. slots.Values] };
        foreach ((int map, SortedDictionary<int, StructOpsFunction> members) in _functions)
            reading.Maps[map] = reading.Maps[map] with { StructOpsFunctions = [.. members.Values] };
    }

    private static SortedDictionary<int, T> Of<T>(Dictionary<int, SortedDictionary<int, T>> all, int map)
    {
        if (!all.TryGetValue(map, out SortedDictionary<int, T>? found))
            all.Add(map, found = []);
        return found;
    }

    private void ReadSlot(BtfView types, ElfSection relocations, in ElfRelocation relocation)
    {
        ElfSymbol symbol = reading.Elf.Symbols[relocation.SymbolIndex];
        ulong offset = relocation.Offset;
        int index = MapAt(reading.MapsSection, offset);
        if (index < 0 || offset - reading.Maps[index].SectionOffset + PointerSize > reading.Maps[index].DefinitionSize)
            throw Refuse(Errno.EINVAL, relocations, relocation, "which is in no map");

        MapImage map = reading.Maps[index];
        (string name, int target) = map.Type switch
        {
            MapType.ArrayOfMaps or MapType.HashOfMaps => InnerMap(relocations, relocation, map, symbol),
            MapType.ProgArray => EntryProgram(relocations, relocation, map, symbol),
            _ => throw Refuse(Errno.EINVAL, relocations, relocation, $"which initialises map '{map.Name}' of type {map.Type.Text()}; only maps of maps and program arrays can be"),
        };

        BtfType definition = Definition(types, map);
        int count = definition.Members.Count;
        if (count == 0 || definition.Members[count - 1].Name != "values")
            throw Refuse(Errno.EINVAL, relocations, relocation, $"which initialises map '{map.Name}', whose last attribute is not 'values'");
        ulong values = map.SectionOffset + definition.Members[count - 1].BitOffset / 8;
        if (offset < values || (offset - values) % PointerSize != 0)
            throw Refuse(Errno.EINVAL, relocations, relocation, $"where map '{map.Name}' has no slot");
        int slot = (int)((offset - values) / PointerSize);
        Of(_slots, index)[slot] = new MapSlot(slot, name, target);
    }

    /// <summary>The last map of a section that begins at an offset or before it; -1 where there is none.</summary>
    private int MapAt(int section, ulong offset)
    {
        if (!_mapsBySection.TryGetValue(section, out List<int>? maps))
        {
            maps = [.. Enumerable.Range(0, reading.Maps.Count).Where(i => reading.Maps[i] is { Kind: MapKind.Btf or MapKind.StructOps } map && map.SectionIndex == section)];
            _mapsBySection.Add(section, maps);
        }

        // They are in order of their offsets.
        int low = 0, high = maps.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (reading.Maps[maps[middle]].SectionOffset <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? -1 : maps[low - 1];
    }

    private (string Name, int Target) InnerMap(ElfSection relocations, in ElfRelocation relocation, MapImage map, in ElfSymbol symbol)
    {
        if (symbol.SectionIndex != (uint)reading.MapsSection)
            throw Refuse(Errno.LIBBPF_RELOC, relocations, relocation, $"where map '{map.Name}' is given {symbol.Describe()}, no map of '.maps'");
        if (map.Type == MapType.HashOfMaps && map.KeySize != sizeof(int))
            throw Refuse(Errno.EINVAL, relocations, relocation, $"where map '{map.Name}' is given '{symbol.Name}'; its keys must have {sizeof(int)} bytes for that, and have {map.KeySize}");
        if (_mapsByName is null)
        {
            _mapsByName = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int i = 0; i < reading.Maps.Count; i++)
                _mapsByName.TryAdd(reading.Maps[i].Name, i);
        }

        return _mapsByName.TryGetValue(symbol.Name, out int target)
            ? (symbol.Name, target)
            : throw Refuse(Errno.ESRCH, relocations, relocation, $"where map '{map.Name}' is given '{symbol.Name}', which is no map");
    }

    private (string Name, int Target) EntryProgram(ElfSection relocations, in ElfRelocation relocation, MapImage map, in ElfSymbol symbol)
    {
        if (!reading.IsStrict)
            return EntryFunction(relocations, relocation, map, symbol);

        if (_programsByName is null)
        {
            _programsByName = new Dictionary<string, FunctionImage>(StringComparer.Ordinal);
            foreach (FunctionImage function in reading.Functions)
            {
                if (!function.IsSubprogram)
                    _programsByName.TryAdd(function.Name, function);
            }
        }

        if (!_programsByName.TryGetValue(symbol.Name, out FunctionImage? program))
            throw Refuse(Errno.ESRCH, relocations, relocation, $"where map '{map.Name}' is given {symbol.Describe()}, which is no program");
        if (program.SectionIndex != (int)symbol.SectionIndex || (ulong)program.Start * Instruction.Size != symbol.Value)
            throw Refuse(Errno.LIBBPF_RELOC, relocations, relocation, $"where map '{map.Name}' is given {symbol.Describe()}, which is not where program '{program.Name}' begins");
        return (program.Name, program.Index);
    }

    /// <summary>By default the place of a symbol counts, not its name, and what is entered by a tail call is a program wherever it is.</summary>
    private (string Name, int Target) EntryFunction(ElfSection relocations, in ElfRelocation relocation, MapImage map, in ElfSymbol symbol)
    {
        ulong slot = symbol.Value / Instruction.Size;
        FunctionImage? function = symbol.IsDefined && slot <= int.MaxValue ? functions.At((int)symbol.SectionIndex, (long)slot) : null;
        if (function is null)
            throw Refuse(Errno.ESRCH, relocations, relocation, $"where map '{map.Name}' is given {symbol.Describe()}, which is no program");
        if ((ulong)function.Start * Instruction.Size != symbol.Value)
            throw Refuse(Errno.LIBBPF_RELOC, relocations, relocation, $"where map '{map.Name}' is given {symbol.Describe()}, which is not where a program begins");
        if (function.IsSubprogram)
            reading.Functions[function.Index] = reading.Functions[function.Index] with { IsSubprogram = false };
        return (function.Name, function.Index);
    }

    private static BtfMember? MemberAt(in BtfType structure, uint offset)
    {
        foreach (BtfMember member in structure.Members)
        {
            if (member.BitOffset == offset * 8UL)
                return member;
        }

        return null;
    }

    private BtfType Definition(BtfView types, MapImage map) => types.SkipModifiers(types[map.VariableId].ReferencedType);

    private BpfException Refuse(Errno errno, ElfSection relocations, in ElfRelocation relocation, string message) =>
        reading.Refuse(errno, $"section {relocations.Describe()}: a relocation at offset 0x{relocation.Offset:x}, {message}");
}
