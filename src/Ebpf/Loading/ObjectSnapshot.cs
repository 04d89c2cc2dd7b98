using System.Collections.Immutable;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;

namespace Ebpf.Loading;

/// <summary>An open object as it was when it was loaded: what is edited afterwards does not reach it. Immutable.</summary>
internal sealed class ObjectSnapshot
{
    public required ObjectImage Image { get; init; }

    public required string Name { get; init; }

    public required ImmutableArray<ProgramPlan> Programs { get; init; }

    public required ImmutableArray<MapPlan> Maps { get; init; }

    public required ImmutableArray<BpfVariableSpec> Variables { get; init; }
}

/// <summary>A program as it is to be loaded.</summary>
internal sealed record ProgramPlan
{
    /// <summary>Its position among the object's programs.</summary>
    public required int Index { get; init; }

    public required FunctionImage Image { get; init; }

    public required ProgramType Type { get; init; }

    public required AttachType AttachType { get; init; }

    public required string? AttachTarget { get; init; }

    /// <summary>The loaded program that the target is in; null where it is the kernel's.</summary>
    public required BpfProgram? AttachProgram { get; init; }

    public required bool AutoLoad { get; init; }

    public required bool AutoAttach { get; init; }

    public ProgramExtras? Extras { get; init; }

    public string Name => Image.Name;
}

/// <summary>A map as it is to be created.</summary>
internal sealed record MapPlan
{
    /// <summary>Its position among the object's maps, which instructions name.</summary>
    public required int Index { get; init; }

    public required MapImage Image { get; init; }

    public required MapSpec Spec { get; init; }

    public required bool AutoCreate { get; init; }

    /// <summary>Whether it stays although no selected program uses it.</summary>
    public required bool IsKept { get; init; }

    /// <summary>Where it is pinned; null where it is not.</summary>
    public required string? PinPath { get; init; }

    /// <summary>The map that takes its place; null where one is created.</summary>
    public required BpfMap? Reused { get; init; }

    public required ImmutableArray<BpfMapEntry> Entries { get; init; }

    public string Name => Image.Name;
}
