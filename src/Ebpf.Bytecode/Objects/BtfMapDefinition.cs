using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Reads one map definition: a struct whose members' types say what the map is.</summary>
/// <remarks>
/// <c>int (*max_entries)[10]</c> is how a number is written, <c>struct key *key</c> a type, <c>struct inner *values[]</c> what the map contains: the
/// macros __uint, __type, __array, __ulong of libbpf's bpf_helpers.h.
/// </remarks>
internal sealed class BtfMapDefinition(ObjectReading reading, BtfView types, string name, bool isInner)
{
    private const string InnerSuffix = ".inner";

    private const int LongestAttribute = 64;

    private bool _hasKeySize;
    private bool _hasValueSize;

    /// <summary>Fills in what the definition says.</summary>
    public MapImage Read(in BtfType definition, MapImage map)
    {
        int last = definition.Members.Count - 1;
        for (int i = 0; i <= last; i++)
            map = Apply(map, definition.Members[i], isLast: i == last);

        if (map.Type == MapType.Unspec)
            throw Refuse(Errno.EINVAL, "has no type");
        return map.Type is MapType.RingBuf or MapType.UserRingBuf ? map with { MaxEntries = RingBufferSize.Round(map.MaxEntries) } : map;
    }

    private MapImage Apply(MapImage map, in BtfMember member, bool isLast)
    {
        // Longer names are those of no attribute, and would only cost memory.
        string attribute = member.NameBytes.Length <= LongestAttribute ? member.Name : Encoding.UTF8.GetString(member.NameBytes[..LongestAttribute]) + "…";
        switch (attribute)
        {
            case "type":
                return map with { Type = MapNumbers.Type(reading.Dialect, Number(member)) };
            case "max_entries":
                return map with { MaxEntries = Number(member) };
            case "map_flags":
                return map with { Flags = (MapFlags)Number(member) };
            case "numa_node":
                return map with { NumaNode = Number(member) };
            case "map_extra":
                return map with { Extra = LongNumber(member) };
            case "key_size":
                return KeySize(map, Number(member));
            case "value_size":
                return ValueSize(map, Number(member));
            case "key":
                uint keyType = Pointee(member);
                return KeySize(map, SizeOf(keyType, "key")) with { KeyType = keyType };
            case "value":
                uint valueType = Pointee(member);
                return ValueSize(map, SizeOf(valueType, "value")) with { ValueType = valueType };
            case "values":
                return Values(map, member, isLast);
            case "pinning":
                return map with { Pinning = Pinning(member) };
            default:
                if (reading.IsStrict)
                    throw Refuse(Errno.EOPNOTSUPP, $"has an unknown attribute '{attribute}'");
                reading.Note($"map '{name}': unknown attribute '{attribute}' is ignored");
                return map;
        }
    }

    private MapImage KeySize(MapImage map, uint size)
    {
        if (_hasKeySize && map.KeySize != 0 && map.KeySize != size)
            throw Refuse(Errno.EINVAL, $"has keys of {map.KeySize} and of {size} bytes");
        _hasKeySize = true;
        return map with { KeySize = size };
    }

    private MapImage ValueSize(MapImage map, uint size)
    {
        if (_hasValueSize && map.ValueSize != 0 && map.ValueSize != size)
            throw Refuse(Errno.EINVAL, $"has values of {map.ValueSize} and of {size} bytes");
        _hasValueSize = true;
        return map with { ValueSize = size };
    }

    private MapPinning Pinning(in BtfMember member)
    {
        if (isInner && reading.Dialect == Dialect.Linux)
            throw Refuse(Errno.EINVAL, "is an inner map, which cannot be pinned");
        var pinning = (MapPinning)Number(member);
        if (pinning is MapPinning.None or MapPinning.ByName)
            return pinning;
        if (reading.IsStrict || reading.Dialect == Dialect.Windows)
            throw Refuse(Errno.EINVAL, $"has pinning {(int)pinning}; 0 (none) and 1 (by name) are known");
        reading.Note($"map '{name}': pinning {(int)pinning} is not libbpf's and is not acted upon");
        return pinning;
    }

    /// <summary>The type of what the map contains: a prototype for programs, the definition of an inner map for maps.</summary>
    private MapImage Values(MapImage map, in BtfMember member, bool isLast)
    {
        // eBPF for Windows lets program arrays be in maps.
        if (isInner && !(reading.Dialect == Dialect.Windows && map.Type == MapType.ProgArray))
            throw Refuse(Errno.EOPNOTSUPP, "is an inner map that has inner maps; there is one level");
        if (!isLast)
            throw Refuse(Errno.EINVAL, "has attributes after 'values', which must be the last");
        if (!map.IsMapOfMaps && map.Type != MapType.ProgArray)
            throw Refuse(Errno.EOPNOTSUPP, $"has 'values', which only maps of maps and program arrays have; it is of type {map.Type.Text()} (give 'type' first)");
        map = ValueSize(map, sizeof(int));

        BtfType array = types[member.Type];
        if (array.Kind != BtfKind.Array || array.Array.Length != 0)
            throw Refuse(Errno.EINVAL, $"has 'values' of {array}, not an array without length");
        BtfType pointer = types.SkipModifiers(array.Array.ElementType);
        if (pointer.Kind != BtfKind.Ptr)
            throw Refuse(Errno.EINVAL, $"has 'values' of {pointer}, not of pointers");
        BtfType element = types.SkipModifiers(pointer.ReferencedType);
        if (map.Type == MapType.ProgArray)
            return element.Kind == BtfKind.FuncProto ? map : throw Refuse(Errno.EINVAL, $"has 'values' that point to {element}, not to functions");
        if (element.Kind != BtfKind.Struct)
            throw Refuse(Errno.EINVAL, $"has 'values' that point to {element}, not to the definition of a map");

        string innerName = name + InnerSuffix;
        var template = new MapImage { Name = innerName, Kind = MapKind.Btf, SectionName = map.SectionName, SectionIndex = map.SectionIndex, SectionOffset = map.SectionOffset, Type = MapType.Unspec };
        return map with { Inner = new BtfMapDefinition(reading, types, innerName, isInner: true).Read(element, template) };
    }

    /// <summary>A number, written as the length of an array that the member points to.</summary>
    private uint Number(in BtfMember member)
    {
        BtfType pointer = types.SkipModifiers(member.Type);
        if (pointer.Kind != BtfKind.Ptr)
            throw Refuse(Errno.EINVAL, $"has attribute '{member.Name}' of {pointer}, not a pointer to an array; use __uint()");
        BtfType array = types[pointer.ReferencedType];
        return array.Kind == BtfKind.Array
            ? array.Array.Length
            : throw Refuse(Errno.EINVAL, $"has attribute '{member.Name}' that points to {array}, not to an array; use __uint()");
    }

    /// <summary>A number that may take 64 bits: written as the only value of an enumeration.</summary>
    private ulong LongNumber(in BtfMember member)
    {
        BtfType type = types.SkipModifiers(member.Type);
        if (type.Kind == BtfKind.Ptr)
            return Number(member);
        if (!type.IsEnum || type.Enumerators.Count != 1)
            throw Refuse(Errno.EINVAL, $"has attribute '{member.Name}' of {type}; use __uint() or __ulong()");
        // libbpf reads a 32-bit value with its sign, also where the enumeration has none.
        long value = type.Enumerators[0].Value;
        return type.Kind == BtfKind.Enum ? (ulong)(int)value : (ulong)value;
    }

    private uint Pointee(in BtfMember member)
    {
        BtfType pointer = types[member.Type];
        return pointer.Kind == BtfKind.Ptr
            ? pointer.ReferencedType
            : throw Refuse(Errno.EINVAL, $"has attribute '{member.Name}' of {pointer}, not a pointer to a type; use __type()");
    }

    private uint SizeOf(uint type, string what) => types.TrySizeOf(type, out uint size) switch
    {
        Errno.None => size,
        Errno errno => throw Refuse(errno, $"has a {what} of type {types[type]}, whose size is {(errno == Errno.E2BIG ? "beyond 32 bits" : "not known")}"),
    };

    private BpfException Refuse(Errno errno, string message) => reading.Refuse(errno, $"map '{name}' {message}");
}
