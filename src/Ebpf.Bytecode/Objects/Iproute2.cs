using System.Globalization;

namespace Ebpf.Bytecode.Objects;

/// <summary>The conventions of iproute2's loader (tc, ip) for objects with legacy maps.</summary>
/// <remarks>bpf_fill_prog_arrays in iproute2's lib/bpf_legacy.c.</remarks>
internal static class Iproute2
{
    /// <summary>
    /// Whether a section is named as iproute2's loader wants it: <c>prog</c>, <c>cls</c>…, <c>2/1</c> (slot 1 of the program array with id 2), or as
    /// Cilium names the entries that it gives to that loader: <c>from-netdev</c>, <c>to-container</c>.
    /// </summary>
    public static bool IsSection(string section) =>
        section == "prog"
        || section.StartsWith("cls", StringComparison.Ordinal)
        || section.StartsWith("from-", StringComparison.Ordinal)
        || section.StartsWith("to-", StringComparison.Ordinal)
        || TryReadSlot(section, out _, out _);

    /// <summary>Puts the programs of sections such as <c>2/1</c> into the program array with that id.</summary>
    public static void FillSlots(ObjectReading reading)
    {
        var bySlot = new Dictionary<uint, SortedDictionary<int, MapSlot>>();
        foreach (FunctionImage function in reading.Functions)
        {
            if (function.IsSubprogram || !TryReadSlot(function.SectionName, out uint map, out uint slot) || slot > int.MaxValue)
                continue;
            if (!bySlot.TryGetValue(map, out SortedDictionary<int, MapSlot>? slots))
                bySlot.Add(map, slots = []);
            slots[(int)slot] = new MapSlot((int)slot, function.Name, function.Index);
        }

        for (int i = 0; i < reading.Maps.Count; i++)
        {
            if (reading.Maps[i] is { Kind: MapKind.Legacy, Type: MapType.ProgArray, Id: { } id } map && bySlot.Remove(id, out SortedDictionary<int, MapSlot>? slots))
                reading.Maps[i] = map with { Slots = [.. slots.Values.Where(s => (uint)s.Index < map.MaxEntries)] };
        }
    }

    /// <summary>Reads <c>id/slot</c>: each a decimal number, or a hexadecimal one after 0x.</summary>
    private static bool TryReadSlot(string section, out uint map, out uint slot)
    {
        int slash = section.IndexOf('/');
        slot = 0;
        map = 0;
        return slash > 0 && TryReadNumber(section.AsSpan(0, slash), out map) && TryReadNumber(section.AsSpan(slash + 1), out slot);
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out uint number) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
