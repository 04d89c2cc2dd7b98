using System.Collections.Immutable;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>A variable in a section: what BTF says, with the place and visibility that the symbol table says.</summary>
internal readonly record struct DatasecVariable(uint VarId, string Name, uint TypeId, uint Offset, uint Size, BtfLinkage Linkage);

/// <summary>The variables of a section, ascending by offset.</summary>
internal sealed record DatasecLayout(uint TypeId, string Section, ImmutableArray<DatasecVariable> Variables)
{
    /// <summary>Whether anything in it is to be seen from outside: then its map can be mapped into memory.</summary>
    public bool HasGlobals => Variables.Any(static v => v.Linkage != BtfLinkage.Static);
}

/// <summary>
/// The layouts of all data sections that BTF describes. Compilers leave sizes and offsets of variables out of BTF, and visibility too: they come
/// from the symbols.
/// </summary>
/// <remarks>bpf_object_fixup_btf in libbpf.c.</remarks>
internal sealed class DatasecLayouts
{
    private readonly ObjectReading _reading;
    private readonly Dictionary<string, DatasecLayout> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, uint> _kconfigOffsets = new(StringComparer.Ordinal);
    private Dictionary<string, ElfSymbol>? _symbols;

    public DatasecLayouts(ObjectReading reading)
    {
        _reading = reading;
        foreach (ExternImage value in reading.Externs.Where(static e => e.Kind == ExternKind.Kconfig))
            _kconfigOffsets.TryAdd(value.Name, value.Offset);
        if (reading.Types is not { } types)
            return;
        foreach (BtfType type in types.Types)
        {
            if (type.Kind == BtfKind.DataSec)
            {
                DatasecLayout layout = LayOut(types, type);
                _byName.TryAdd(layout.Section, layout);
            }
        }
    }

    /// <summary>All of them, in BTF's order.</summary>
    public IReadOnlyCollection<DatasecLayout> All => _byName.Values;

    /// <summary>The layout of a section; null where BTF does not describe it.</summary>
    public DatasecLayout? Find(string section) => _byName.GetValueOrDefault(section);

    private DatasecLayout LayOut(BtfView types, in BtfType datasec)
    {
        string section = _reading.NameOf(datasec);
        bool isExterns = section is ".kconfig" or ".ksyms";
        bool needsOffsets = false;
        if (!isExterns && datasec.Size == 0)
        {
            needsOffsets = true;
            if (_reading.IsStrict && _reading.Elf.FindSection(section) is not { Size: > 0 })
                throw _reading.Refuse(Errno.ENOENT, $"BTF describes variables in section '{section}', which is missing or empty");
        }

        var variables = new List<DatasecVariable>(datasec.VLen);
        foreach (BtfSectionVariable entry in datasec.SectionVariables)
        {
            BtfType variable = types[entry.Type];
            if (variable.Kind == BtfKind.Var)
                variables.Add(isExterns ? Extern(variable, entry) : Variable(variable, entry, needsOffsets, section));
            else if (!isExterns && _reading.IsStrict)
                throw _reading.Refuse(Errno.EINVAL, $"BTF describes {variable} as a variable in section '{section}'");
        }

        return new DatasecLayout(datasec.Id, section, [.. variables.OrderBy(static v => v.Offset)]);
    }

    private DatasecVariable Extern(in BtfType variable, in BtfSectionVariable entry)
    {
        string name = _reading.NameOf(variable);
        uint offset = _kconfigOffsets.GetValueOrDefault(name, entry.Offset);
        return new DatasecVariable(variable.Id, name, variable.ReferencedType, offset, entry.Size, BtfLinkage.Global);
    }

    private DatasecVariable Variable(in BtfType variable, in BtfSectionVariable entry, bool needsOffsets, string section)
    {
        string name = _reading.NameOf(variable);
        BtfLinkage linkage = variable.Linkage;
        uint offset = entry.Offset;
        if (linkage is not (BtfLinkage.Static or BtfLinkage.Extern))
        {
            _symbols ??= GlobalVariables();
            if (_symbols.TryGetValue(name, out ElfSymbol symbol))
            {
                if (needsOffsets)
                    offset = (uint)symbol.Value;
                // What is hidden keeps to its own file as what is static does.
                if (symbol.Visibility is ElfVisibility.Hidden or ElfVisibility.Internal)
                    linkage = BtfLinkage.Static;
            }
            else if (_reading.IsStrict)
            {
                throw _reading.Refuse(Errno.ENOENT, $"BTF describes variable '{name}' in section '{section}', for which there is no symbol");
            }
            else if (needsOffsets)
            {
                _reading.Note($"variable '{name}' in section '{section}' has no symbol; its offset is taken from BTF");
            }
        }

        return new DatasecVariable(variable.Id, name, variable.ReferencedType, offset, entry.Size, linkage);
    }

    private Dictionary<string, ElfSymbol> GlobalVariables()
    {
        var symbols = new Dictionary<string, ElfSymbol>(StringComparer.Ordinal);
        foreach (ElfSymbol symbol in _reading.Elf.Symbols)
        {
            if (symbol.Type == ElfSymbolType.Object && symbol.Binding is ElfBinding.Global or ElfBinding.Weak)
                symbols.TryAdd(symbol.Name, symbol);
        }

        return symbols;
    }
}
