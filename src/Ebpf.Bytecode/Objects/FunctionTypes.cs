using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Objects;

/// <summary>Finds the BTF type of each function: by .BTF.ext, or by its name.</summary>
internal static class FunctionTypes
{
    public static void Assign(ObjectReading reading)
    {
        if (reading.Types is not { } types)
            return;

        Dictionary<(int Section, int Slot), uint> byPlace = Places(reading);
        for (int i = 0; i < reading.Functions.Count; i++)
        {
            FunctionImage function = reading.Functions[i];
            uint id = byPlace.TryGetValue((function.SectionIndex, function.Start), out uint found) ? found : types.FindByName(function.Name, BtfKind.Func) ?? 0;
            if (id != 0 && types.Contains(id) && types[id].Kind == BtfKind.Func)
                reading.Functions[i] = function with { TypeId = id };
        }
    }

    private static Dictionary<(int Section, int Slot), uint> Places(ObjectReading reading)
    {
        var places = new Dictionary<(int, int), uint>();
        if (reading.TypesOfCode is not { } ext)
            return places;
        foreach (BtfExtSection<FunctionInfo> section in ext.Functions.Sections)
        {
            if (reading.Elf.FindSection(section.Name) is not { } code)
                continue;
            foreach (FunctionInfo function in section.Records)
                places.TryAdd((code.Index, (int)(function.Offset / Instruction.Size)), function.TypeId);
        }

        return places;
    }
}
