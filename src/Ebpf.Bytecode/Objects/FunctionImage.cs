using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Objects;

/// <summary>A function of an object as the file has it: a program, or a subprogram that programs call.</summary>
internal sealed record FunctionImage
{
    /// <summary>Its symbol.</summary>
    public required string Name { get; init; }

    /// <summary>The section it is in, without a leading '?'.</summary>
    public required string SectionName { get; init; }

    /// <summary>The index of that section.</summary>
    public required int SectionIndex { get; init; }

    /// <summary>The first slot, counted in the section.</summary>
    public required int Start { get; init; }

    /// <summary>Its slots, unrelocated: a part of the section's, shared with whatever overlaps it.</summary>
    public required FunctionCode Instructions { get; init; }

    /// <summary>Whether it can only be called, never loaded by itself.</summary>
    public bool IsSubprogram { get; init; }

    /// <summary>Its position among the object's functions (<see cref="ObjectImage.Functions"/>).</summary>
    public int Index { get; init; }

    /// <summary>The type that the section means; <see cref="ProgramType.Unspec"/> where it means none, and for subprograms.</summary>
    public ProgramType Type { get; init; }

    /// <summary>The expected attach type; <see cref="Ebpf.AttachType.None"/> where the section means none.</summary>
    public AttachType AttachType { get; init; } = AttachType.None;

    /// <summary>The function, tracepoint or hook that the section names after its slash; null where it names none.</summary>
    public string? AttachTarget { get; init; }

    /// <summary>Properties of the section's name.</summary>
    public SectionFlags Flags { get; init; }

    /// <summary>How it attaches by itself.</summary>
    public AutoAttachKind AutoAttach { get; init; }

    /// <summary>Whether the type is a guess from a name that libbpf does not know (never in <see cref="ObjectStrictness.Libbpf"/>).</summary>
    public bool IsTypeGuessed { get; init; }

    /// <summary>Whether it loads unless told otherwise: false in a section named <c>?…</c>.</summary>
    public bool AutoLoad { get; init; } = true;

    /// <summary>Whether its symbol is seen outside of its file: neither static nor hidden.</summary>
    public bool IsGlobal { get; init; }

    /// <summary>Whether its symbol is static: seen in its own file only.</summary>
    public bool IsStatic { get; init; }

    /// <summary>BTF id of its FUNC, 0 where unknown.</summary>
    public uint TypeId { get; init; }

    /// <summary>What is to be filled in, ascending by slot; slots count from the function's start.</summary>
    public ImmutableArray<RelocationEntry> Relocations { get; init; } = [];

    /// <summary>Whether a slot of the section is one of its own.</summary>
    public bool Contains(int sectionSlot) => sectionSlot >= Start && sectionSlot - Start < Instructions.Length;

    /// <summary>Whether the program may sleep.</summary>
    public bool IsSleepable => (Flags & SectionFlags.Sleepable) != 0;

    /// <summary>Whether an XDP program handles packets in fragments.</summary>
    public bool HandlesFragments => (Flags & SectionFlags.XdpFrags) != 0;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSubprogram ? "subprogram" : "program")} '{Name}' in '{SectionName}' at slot {Start}, {Instructions.Length} slots";
}
