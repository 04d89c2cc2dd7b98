namespace Ebpf.Bytecode.Objects;

/// <summary>A global variable.</summary>
internal sealed record VariableImage
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The ELF section it is in.</summary>
    public required string SectionName { get; init; }

    /// <summary>The position in <see cref="ObjectImage.Maps"/> of the map that holds it.</summary>
    public required int Map { get; init; }

    /// <summary>Where in the map's value it begins.</summary>
    public required uint Offset { get; init; }

    /// <summary>Bytes it takes.</summary>
    public required uint Size { get; init; }

    /// <summary>BTF id of its type, 0 where unknown.</summary>
    public uint TypeId { get; init; }

    /// <summary>Whether it is seen outside of its file: neither static nor hidden.</summary>
    public bool IsGlobal { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"variable '{Name}' in '{SectionName}' at {Offset}, {Size} bytes";
}
