using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Collects what the object leaves to others to define.</summary>
/// <remarks>bpf_object__collect_externs in libbpf.c.</remarks>
internal sealed class ExternReader(ObjectReading reading)
{
    private Dictionary<uint, uint>? _sections;

    public void Read()
    {
        foreach (ElfSymbol symbol in reading.Elf.Symbols)
        {
            if (IsExtern(symbol) && symbol.Name.Length > 0)
                reading.Externs.Add(Describe(symbol));
        }

        reading.Externs.Sort(Compare);
        LayOutKconfig();
        if (reading.IsStrict)
            RequireSymbols();
    }

    /// <summary>Whether a symbol is an extern.</summary>
    /// <remarks>sym_is_extern in libbpf.c.</remarks>
    public static bool IsExtern(in ElfSymbol symbol) =>
        symbol is { IsUndefined: true, Binding: ElfBinding.Global or ElfBinding.Weak, Type: ElfSymbolType.None };

    private ExternImage Describe(in ElfSymbol symbol)
    {
        string name = symbol.Name;
        var plain = new ExternImage { Name = name, Kind = ExternKind.Unknown, SymbolIndex = symbol.Index, IsWeak = symbol.Binding == ElfBinding.Weak, EssentialName = name };
        if (!reading.IsStrict && LibraryFunction(name) is { } function)
            return plain with { Kind = ExternKind.LibraryFunction, LibraryFunction = function };
        if (Declaration(name) is not { } declaration)
            return plain;

        BtfView types = declaration.View;
        string essential = System.Text.Encoding.UTF8.GetString(BtfName.Essential(declaration.NameBytes));
        var described = plain with { TypeId = declaration.Id, EssentialName = essential };
        string? section = SectionOf(types, declaration.Id);
        switch (section)
        {
            case ".kconfig":
                return Kconfig(types, declaration, described);
            case ".ksyms":
                return described with
                {
                    Kind = declaration.Kind == BtfKind.Func ? ExternKind.KernelFunction : ExternKind.KernelSymbol,
                    TargetTypeId = types.SkipModifiers(declaration.ReferencedType).Id,
                };
            case null when reading.IsStrict:
                throw reading.Refuse(Errno.ENOENT, $"extern '{name}' is in no section; declare it __ksym or __kconfig");
            case not null when reading.IsStrict:
                throw reading.Refuse(Errno.EOPNOTSUPP, $"extern '{name}' is in section '{section}'; declare it __ksym or __kconfig");
            default:
                return described;
        }
    }

    /// <summary>The variable or function that BTF declares under that name.</summary>
    private BtfType? Declaration(string name)
    {
        if (reading.Types is not { } types)
            return reading.IsStrict ? throw reading.Refuse(Errno.ESRCH, $"extern '{name}' has no type, as the object has no BTF; compile with -g") : null;

        uint? variable = types.FindByName(name, BtfKind.Var), function = types.FindByName(name, BtfKind.Func);
        if (variable is null && function is null)
            return reading.IsStrict ? throw reading.Refuse(Errno.ENOENT, $"extern '{name}' is not described by BTF; declare it before use and compile with -g") : null;

        BtfType declaration = types[Math.Min(variable ?? uint.MaxValue, function ?? uint.MaxValue)];
        if (declaration.Linkage == BtfLinkage.Extern)
            return declaration;
        return reading.IsStrict ? throw reading.Refuse(Errno.EINVAL, $"extern '{name}' is defined by BTF, not declared") : null;
    }

    private string? SectionOf(BtfView types, uint id)
    {
        if (_sections is null)
        {
            _sections = [];
            foreach (BtfType type in types.Types)
            {
                foreach (BtfSectionVariable entry in type.SectionVariables)
                    _sections.TryAdd(entry.Type, type.Id);
            }
        }

        return _sections.TryGetValue(id, out uint section) ? types[section].Name : null;
    }

    private ExternImage Kconfig(BtfView types, in BtfType declaration, ExternImage described)
    {
        if (declaration.Kind == BtfKind.Func)
            throw reading.Refuse(Errno.EOPNOTSUPP, $"extern '{described.Name}' is a function in section '.kconfig', which holds values");

        uint type = declaration.ReferencedType;
        uint size = types.SizeOf(type);
        int alignment = types.AlignmentOf(type);
        if (size is 0 or > int.MaxValue)
            throw reading.Refuse(Errno.EINVAL, $"extern '{described.Name}' is a configuration value of {size} bytes");

        (KconfigKind kind, bool isSigned) = KindOf(types, types.SkipModifiers(type));
        if (kind == KconfigKind.None)
            throw reading.Refuse(Errno.EOPNOTSUPP, $"extern '{described.Name}' is of type {types.SkipModifiers(type)}, which no configuration value has; use an integer, bool, char, char array or enum libbpf_tristate");
        return described with { Kind = ExternKind.Kconfig, Kconfig = kind, IsSigned = isSigned, Size = size, Alignment = (uint)alignment };
    }

    /// <remarks>find_kcfg_type in libbpf.c.</remarks>
    private static (KconfigKind Kind, bool IsSigned) KindOf(BtfView types, in BtfType type) => type.Kind switch
    {
        BtfKind.Int when type.Int.IsBool => (type.Size == 1 ? KconfigKind.Boolean : KconfigKind.None, false),
        BtfKind.Int when type.Size == 1 => (KconfigKind.Character, type.Int.IsSigned),
        BtfKind.Int when type.Size is 2 or 4 or 8 => (KconfigKind.Integer, type.Int.IsSigned),
        BtfKind.Enum when type.Size == 4 && type.Name == "libbpf_tristate" => (KconfigKind.Tristate, false),
        BtfKind.Enum64 when type.Name == "libbpf_tristate" => (KconfigKind.Tristate, false),
        BtfKind.Array when type.Array.Length != 0 && IsCharacter(types.SkipModifiers(type.Array.ElementType)) => (KconfigKind.CharacterArray, false),
        _ => (KconfigKind.None, false),
    };

    private static bool IsCharacter(in BtfType type) => type is { Kind: BtfKind.Int, Size: 1 } && !type.Int.IsBool;

    private static HelperId? LibraryFunction(string name) => name switch
    {
        "memset" => HelperId.LibraryMemset,
        "memcpy" => HelperId.LibraryMemcpy,
        "memmove" => HelperId.LibraryMemmove,
        "memcmp" => HelperId.LibraryMemcmp,
        _ => null,
    };

    /// <summary>Configuration values first, by falling alignment, then rising size; then the rest by name.</summary>
    /// <remarks>cmp_externs in libbpf.c. The kernel's poison values count externs in this order.</remarks>
    private static int Compare(ExternImage a, ExternImage b)
    {
        static int Rank(ExternImage e) => e.Kind switch { ExternKind.Kconfig => 0, ExternKind.KernelSymbol or ExternKind.KernelFunction => 1, _ => 2 };
        int order = Rank(a).CompareTo(Rank(b));
        if (order == 0 && a.Kind == ExternKind.Kconfig)
            order = a.Alignment != b.Alignment ? b.Alignment.CompareTo(a.Alignment) : a.Size.CompareTo(b.Size);
        return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
    }

    private void LayOutKconfig()
    {
        ulong end = 0;
        for (int i = 0; i < reading.Externs.Count && reading.Externs[i].Kind == ExternKind.Kconfig; i++)
        {
            ExternImage value = reading.Externs[i];
            ulong offset = (end + value.Alignment - 1) / value.Alignment * value.Alignment;
            end = offset + value.Size;
            if (end > int.MaxValue)
                throw reading.Refuse(Errno.EINVAL, $"configuration values of more than {int.MaxValue} bytes");
            reading.Externs[i] = value with { Offset = (uint)offset };
        }
    }

    /// <summary>libbpf rewrites the sections of externs, and wants a symbol for each entry.</summary>
    private void RequireSymbols()
    {
        if (reading.Types is not { } types)
            return;
        RequireSymbols(types, ".ksyms", reading.Externs.Exists(static e => e.Kind is ExternKind.KernelSymbol or ExternKind.KernelFunction));
        RequireSymbols(types, ".kconfig", reading.Externs.Exists(static e => e.Kind == ExternKind.Kconfig));
    }

    private void RequireSymbols(BtfView types, string section, bool isUsed)
    {
        if (!isUsed || types.FindByName(section, BtfKind.DataSec) is not { } id)
            return;
        var names = reading.Externs.Select(static e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (BtfSectionVariable entry in types[id].SectionVariables)
        {
            if (!names.Contains(types[entry.Type].Name))
                throw reading.Refuse(Errno.ESRCH, $"BTF describes '{types[entry.Type].Name}' in section '{section}', for which there is no symbol");
        }
    }
}
