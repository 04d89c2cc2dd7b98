using System.Collections.Immutable;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bench.Corpus;

/// <summary>An object of a corpus, opened and ready to have its programs linked one by one.</summary>
internal sealed class CorpusObject
{
    private readonly ObjectImage _image;
    private readonly ProgramLinker _linker;

    private CorpusObject(ObjectImage image, CoreTarget? types, BtfView? kernel)
    {
        _image = image;
        Maps = [.. image.Maps.Select(Spec)];
        LinkTargets targets = new()
        {
            Maps = [.. Enumerable.Range(0, image.Maps.Length)],
            Externs = [.. image.Externs.Select(e => Resolve(e, kernel))],
            Types = types,
        };
        _linker = new ProgramLinker(image, targets);
    }

    internal MapSpec[] Maps { get; }

    internal BtfView? Types => _image.Types;

    internal ImmutableArray<FunctionImage> Programs => _image.Programs;

    /// <summary>Functions in .text of objects without programs, which some loaders load as programs.</summary>
    internal IEnumerable<FunctionImage> LoneFunctions =>
        _image.Programs.IsEmpty ? _image.Subprograms.Select(f => f with { IsSubprogram = false, IsTypeGuessed = true }) : [];

    internal static CorpusObject Open(string path, BtfView? kernel) => new(ObjectImage.Read(File.ReadAllBytes(path), path), kernel is null ? null : new CoreTarget(kernel), kernel);

    internal ProgramSpec Link(FunctionImage program) => _linker.Link(program);

    /// <summary>What is in the kernel exists, whatever is strong is taken to.</summary>
    private static ExternValue Resolve(ExternImage wanted, BtfView? kernel)
    {
        string name = wanted.Name.IndexOf("___", StringComparison.Ordinal) is > 0 and int flavor ? wanted.Name[..flavor] : wanted.Name;
        uint? found = wanted.Kind switch
        {
            ExternKind.KernelSymbol => kernel?.FindByName(name, BtfKind.Var),
            ExternKind.KernelFunction => kernel?.FindByName(name, BtfKind.Func),
            _ => null,
        };
        if (found is { } id)
            return new ExternValue(true, KernelType: id);
        return wanted.IsWeak ? ExternValue.Unresolved : ExternValue.Resolved;
    }

    private MapSpec Spec(MapImage map) => new()
    {
        Name = map.Name,
        Type = map.Type,
        KeySize = map.KeySize,
        ValueSize = map.ValueSize,
        MaxEntries = map.MaxEntries,
        Flags = map.Flags,
        Extra = map.Extra,
        Dialect = _image.Dialect,
        // Objects of maps in maps without a template get a plain one, as the loader of the kernel's column did.
        Inner = map.Inner is not null ? Spec(map.Inner) : map.InnerIndex >= 0 ? Spec(_image.Maps[map.InnerIndex]) : map.IsMapOfMaps ? Plain(map) : null,
        Types = _image.Types,
        KeyType = map.KeyType,
        ValueType = map.ValueType,
        InitialData = map.InitialData,
        IsFrozen = map.IsFrozen,
        IsInternal = map.IsInternal,
    };

    private static MapSpec Plain(MapImage map) => new() { Name = map.Name + ".inner", Type = MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
}
