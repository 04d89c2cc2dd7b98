using System.Collections.Immutable;

namespace Ebpf.Bytecode.Relocation;

/// <summary>What an object is linked to: which of its maps are where in the load's list, what its externs are.</summary>
internal sealed record LinkTargets
{
    /// <summary>A map that was not created.</summary>
    public const int NoMap = -1;

    /// <summary>The greatest program that is linked: what the kernel takes at most from the privileged.</summary>
    /// <remarks>BPF_COMPLEXITY_LIMIT_INSNS in include/linux/bpf.h.</remarks>
    public const int LargestProgram = 1_000_000;

    /// <summary>For each map of the object its position in the load's list, or <see cref="NoMap"/>.</summary>
    public required ImmutableArray<int> Maps { get; init; }

    /// <summary>For each extern of the object what it is.</summary>
    public required ImmutableArray<ExternValue> Externs { get; init; }

    /// <summary>The types of the place where the programs will run; null where none are known, so that programs with CO-RE relocations cannot be linked.</summary>
    public CoreTarget? Types { get; init; }

    /// <summary>How many slots a program may have with its subprograms.</summary>
    public int MaxSlots { get; init; } = LargestProgram;
}
