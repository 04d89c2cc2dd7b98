using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Specs;

/// <summary>
/// A program as a platform is asked to load it: relocated, its subprograms appended, maps referred to by their index in the load's list of maps
/// (<see cref="PseudoLoad.MapIndex"/>). Immutable; the hand-over from Relocation to verifier, engine and kernel.
/// </summary>
public sealed record ProgramSpec
{
    /// <summary>The program's name (its function symbol).</summary>
    public required string Name { get; init; }

    /// <summary>The section it came from, without a leading '?'.</summary>
    public required string SectionName { get; init; }

    /// <summary>The type, in Linux's numbering whatever the dialect.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>The expected attach type; <see cref="AttachType.None"/> where the section names none.</summary>
    public AttachType AttachType { get; init; } = AttachType.None;

    /// <summary>The function, tracepoint or hook that the section names after its slash; null where it names none.</summary>
    public string? AttachTarget { get; init; }

    /// <summary>Whether the program may sleep.</summary>
    public bool IsSleepable { get; init; }

    /// <summary>Whether an XDP program handles packets in fragments.</summary>
    public bool HandlesFragments { get; init; }

    /// <summary>The dialect that helper numbers are in.</summary>
    public Dialect Dialect { get; init; }

    /// <summary>The licence, "" where the object has none.</summary>
    public string License { get; init; } = "";

    /// <summary>KERNEL_VERSION(a, b, c) of the object, 0 where it has none.</summary>
    public uint KernelVersion { get; init; }

    /// <summary>The slots: the program first, then each subprogram it reaches.</summary>
    public required ImmutableArray<Instruction> Instructions { get; init; }

    /// <summary>Where each function starts, ascending; the first is the program itself at slot 0.</summary>
    public required ImmutableArray<FunctionSpec> Functions { get; init; }

    /// <summary>Source lines, ascending by slot; empty without .BTF.ext.</summary>
    public ImmutableArray<LineSpec> Lines { get; init; } = [];

    /// <summary>The kernel functions that calls refer to by index.</summary>
    public ImmutableArray<KernelFunctionSpec> KernelFunctions { get; init; } = [];

    /// <summary>The object's type information; null where it has none.</summary>
    public Btf.BtfView? Types { get; init; }

    /// <summary>What else the kernel is told; null for nothing.</summary>
    internal ProgramExtras? Extras { get; init; }
}

/// <summary>A function inside a <see cref="ProgramSpec"/>.</summary>
/// <param name="Start">Its first slot.</param>
/// <param name="Name">Its symbol.</param>
/// <param name="TypeId">BTF id of its FUNC, 0 where unknown.</param>
/// <param name="IsGlobal">Whether its linkage is global, so that it is verified on its own.</param>
public readonly record struct FunctionSpec(int Start, string Name, uint TypeId, bool IsGlobal);

/// <summary>The source line that begins at a slot.</summary>
/// <param name="Slot">The first slot of the line.</param>
/// <param name="FileName">Source file as the compiler wrote it.</param>
/// <param name="Text">The line's text, "" where it was not kept.</param>
/// <param name="Line">Line number from 1.</param>
/// <param name="Column">Column from 1, 0 where unknown.</param>
public readonly record struct LineSpec(int Slot, string FileName, string Text, int Line, int Column)
{
    /// <summary>Where the file's name is among the strings of the object's types.</summary>
    internal uint FileNameOffset { get; init; }

    /// <summary>Where the line's text is among the strings of the object's types.</summary>
    internal uint TextOffset { get; init; }
}

/// <summary>A kernel function (kfunc) that a program calls.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeId">BTF id of its FUNC in the object's own BTF, 0 where unknown.</param>
/// <param name="IsWeak">Whether the program checks for its absence.</param>
public readonly record struct KernelFunctionSpec(string Name, uint TypeId, bool IsWeak);
