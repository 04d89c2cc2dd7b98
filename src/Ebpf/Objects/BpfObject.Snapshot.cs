using Ebpf.Bytecode.Specs;
using Ebpf.Loading;

namespace Ebpf;

public sealed partial class BpfObject
{
    /// <summary>Everything that can be edited, copied.</summary>
    internal ObjectSnapshot Snapshot(LoadOptions options) => new()
    {
        Image = _image,
        Name = Name,
        Programs = [.. Programs.Select(static (program, index) => new ProgramPlan
        {
            Index = index,
            Image = program.Image,
            Type = program.Type,
            AttachType = program.AttachType,
            AttachTarget = program.AttachTarget,
            AttachProgram = program.AttachProgram,
            AutoLoad = program.AutoLoad,
            AutoAttach = program.AutoAttach,
            Extras = program.Extras,
        })],
        Maps = [.. Maps.Select((map, index) => Plan(map, index, options))],
        Variables = [.. Variables],
    };

    private MapPlan Plan(BpfMapSpec map, int index, LoadOptions options)
    {
        string? pinPath = map.PinPath ?? (map.Pinning == MapPinning.ByName ? $"{options.PinRoot.TrimEnd('/')}/{map.Name}" : null);
        return new MapPlan
        {
            Index = index,
            Image = map.Image,
            Spec = Spec(map),
            AutoCreate = map.AutoCreate,
            IsKept = map.IsEdited || pinPath is not null || map.Reused is not null || map.Type == MapType.StructOps,
            PinPath = pinPath,
            Reused = map.Reused,
            Entries = [.. map.Entries],
        };
    }

    private MapSpec Spec(BpfMapSpec map)
    {
        BpfMapSpec? inner = map.Inner ?? (map.Image.InnerIndex >= 0 ? Maps[map.Image.InnerIndex] : null);
        return new MapSpec
        {
            Name = map.Name,
            Type = map.Type,
            KeySize = map.KeySize,
            ValueSize = map.ValueSize,
            MaxEntries = map.MaxEntries,
            Flags = map.Flags,
            NumaNode = map.NumaNode,
            Extra = map.Extra,
            Dialect = _image.Dialect,
            // An inner map has no inner map of its own: nesting ends here, in the kernel as in damaged objects.
            Inner = map.InnerTemplate ?? (inner is null ? null : InnerSpec(inner)),
            Types = _image.Types,
            KeyType = map.Image.KeyType,
            ValueType = map.Image.ValueType,
            InitialData = map.IsInternal ? map.Data.ToArray() : map.Type == MapType.StructOps ? map.Image.InitialData : default,
            IsFrozen = map.IsFrozen,
            IsInternal = map.IsInternal,
            Storage = map.Storage,
        };
    }

    private MapSpec InnerSpec(BpfMapSpec inner) => new()
    {
        Name = inner.Name,
        Type = inner.Type,
        KeySize = inner.KeySize,
        ValueSize = inner.ValueSize,
        MaxEntries = inner.MaxEntries,
        Flags = inner.Flags,
        NumaNode = inner.NumaNode,
        Extra = inner.Extra,
        Dialect = _image.Dialect,
        Types = _image.Types,
        KeyType = inner.Image.KeyType,
        ValueType = inner.Image.ValueType,
    };
}
