using System.Collections.Immutable;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Lists the global variables: by BTF, or by their symbols where a section has none.</summary>
internal static class VariableReader
{
    public static ImmutableArray<VariableImage> Read(ObjectReading reading, DatasecLayouts layouts)
    {
        var variables = ImmutableArray.CreateBuilder<VariableImage>();
        ILookup<int, ElfSymbol>? symbols = null;
        for (int i = 0; i < reading.Maps.Count; i++)
        {
            MapImage map = reading.Maps[i];
            if (map.Kind is not (MapKind.Data or MapKind.Bss or MapKind.ReadOnlyData))
                continue;
            if (layouts.Find(map.SectionName) is { } layout)
                AddDescribed(variables, map, i, layout);
            else
                AddSymbols(variables, map, i, (symbols ??= reading.SymbolsBySection(static s => s.Type == ElfSymbolType.Object))[map.SectionIndex]);
        }

        return variables.ToImmutable();
    }

    private static void AddDescribed(ImmutableArray<VariableImage>.Builder variables, MapImage map, int index, DatasecLayout layout)
    {
        foreach (DatasecVariable variable in layout.Variables)
        {
            // What reaches beyond the section can be neither shown nor set.
            if ((ulong)variable.Offset + variable.Size > map.ValueSize)
                continue;
            variables.Add(new VariableImage
            {
                Name = variable.Name,
                SectionName = map.SectionName,
                Map = index,
                Offset = variable.Offset,
                Size = variable.Size,
                TypeId = variable.TypeId,
                IsGlobal = variable.Linkage != BtfLinkage.Static,
            });
        }
    }

    private static void AddSymbols(ImmutableArray<VariableImage>.Builder variables, MapImage map, int index, IEnumerable<ElfSymbol> symbols)
    {
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Value > map.ValueSize || symbol.Size > map.ValueSize - symbol.Value)
                continue;
            variables.Add(new VariableImage
            {
                Name = symbol.Name,
                SectionName = map.SectionName,
                Map = index,
                Offset = (uint)symbol.Value,
                Size = (uint)symbol.Size,
                IsGlobal = symbol.Binding != ElfBinding.Local && symbol.Visibility is not (ElfVisibility.Hidden or ElfVisibility.Internal),
            });
        }
    }
}
