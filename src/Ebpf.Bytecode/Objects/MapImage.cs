using System.Collections.Immutable;

namespace Ebpf.Bytecode.Objects;

/// <summary>Where a map's definition comes from.</summary>
/// <remarks>enum libbpf_map_type in libbpf.c has the internal ones.</remarks>
internal enum MapKind
{
    /// <summary>A variable in <c>.maps</c>, described by its type.</summary>
    Btf,

    /// <summary>A structure of numbers in a <c>maps</c> section, as loaders took before libbpf 1.0.</summary>
    Legacy,

    /// <summary>The variables of a <c>.data</c> section.</summary>
    Data,

    /// <summary>The variables of a <c>.bss</c> section.</summary>
    Bss,

    /// <summary>The constants of a <c>.rodata</c> section.</summary>
    ReadOnlyData,

    /// <summary>The kernel configuration values that programs ask for.</summary>
    Kconfig,

    /// <summary>An instance of a struct_ops structure: functions of programs that replace functions of the kernel.</summary>
    StructOps,
}

/// <summary>A map as the file defines it.</summary>
internal sealed record MapImage
{
    /// <summary>Its name. Maps of global data are named as libbpf names them: the first characters of the object's name, then the section's; those of custom sections as their section.</summary>
    public required string Name { get; init; }

    /// <summary>Where its definition comes from.</summary>
    public required MapKind Kind { get; init; }

    /// <summary>The ELF section it is defined in, without a leading '?'.</summary>
    public required string SectionName { get; init; }

    /// <summary>The index of that section.</summary>
    public required int SectionIndex { get; init; }

    /// <summary>Where in the section its definition begins.</summary>
    public ulong SectionOffset { get; init; }

    /// <summary>Bytes of its definition in the section.</summary>
    public uint DefinitionSize { get; init; }

    /// <summary>BTF id of the variable that defines it, 0 where there is none.</summary>
    public uint VariableId { get; init; }

    /// <summary>The type, in Linux's numbering whatever the dialect; a number that the dialect does not know is kept (above 65536 for Windows').</summary>
    public required MapType Type { get; init; }

    /// <summary>Bytes in a key.</summary>
    public uint KeySize { get; init; }

    /// <summary>Bytes in a value.</summary>
    public uint ValueSize { get; init; }

    /// <summary>Capacity in elements; bytes for a ring buffer.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>Flags of creation.</summary>
    public MapFlags Flags { get; init; }

    /// <summary>NUMA node, where <see cref="MapFlags.NumaNode"/> is set.</summary>
    public uint NumaNode { get; init; }

    /// <summary>How it is pinned when the object loads; values other than libbpf's occur in iproute2's objects and are kept.</summary>
    public MapPinning Pinning { get; init; }

    /// <summary>Type-specific extra.</summary>
    public ulong Extra { get; init; }

    /// <summary>The id by which iproute2's and Windows' legacy definitions refer to each other; null where there is none.</summary>
    public uint? Id { get; init; }

    /// <summary>BTF id of the key's type, 0 where unknown.</summary>
    public uint KeyType { get; init; }

    /// <summary>BTF id of the value's type (for global data its DATASEC), 0 where unknown.</summary>
    public uint ValueType { get; init; }

    /// <summary>The template of inner maps; null where there is none.</summary>
    public MapImage? Inner { get; init; }

    /// <summary>The position of the map that is the template of inner maps, where another map of the object is (legacy definitions); -1 otherwise.</summary>
    public int InnerIndex { get; init; } = -1;

    /// <summary>What a PROG_ARRAY or a map of maps holds from the start, ascending by slot.</summary>
    public ImmutableArray<MapSlot> Slots { get; init; } = [];

    /// <summary>The functions that a struct_ops structure is given.</summary>
    public ImmutableArray<StructOpsFunction> StructOpsFunctions { get; init; } = [];

    /// <summary>The initial bytes of global data, or of a struct_ops structure; empty where they are all zero.</summary>
    public ReadOnlyMemory<byte> InitialData { get; init; }

    /// <summary>Whether it is created unless told otherwise: false for struct_ops in a section named <c>?…</c>.</summary>
    public bool AutoCreate { get; init; } = true;

    /// <summary>Whether the loader makes this map for global data.</summary>
    public bool IsInternal => Kind is MapKind.Data or MapKind.Bss or MapKind.ReadOnlyData or MapKind.Kconfig;

    /// <summary>Whether its contents are final once the object is loaded.</summary>
    public bool IsFrozen => Kind is MapKind.ReadOnlyData or MapKind.Kconfig;

    /// <summary>Whether values are other maps.</summary>
    public bool IsMapOfMaps => Type is MapType.ArrayOfMaps or MapType.HashOfMaps;

    /// <inheritdoc/>
    public override string ToString() => $"map '{Name}' ({Type.Text()}, key {KeySize}, value {ValueSize}, max {MaxEntries}) in '{SectionName}'";
}

/// <summary>An element that a map holds from the start.</summary>
/// <param name="Index">The slot.</param>
/// <param name="Name">The program or map in it.</param>
/// <param name="Target">Its position: in <see cref="ObjectImage.Functions"/> for a PROG_ARRAY, in <see cref="ObjectImage.Maps"/> for a map of maps.</param>
internal readonly record struct MapSlot(int Index, string Name, int Target);

/// <summary>A function that a struct_ops structure is given.</summary>
/// <param name="Offset">Where in the structure its pointer is.</param>
/// <param name="Member">The member's name.</param>
/// <param name="Program">Its position in <see cref="ObjectImage.Functions"/>.</param>
internal readonly record struct StructOpsFunction(int Offset, string Member, int Program);
