namespace Ebpf.Bytecode.Objects;

/// <summary>What the numbers of a map's definition mean.</summary>
internal static class MapNumbers
{
    // Where the members of MapType that Linux lacks begin.
    private const uint WindowsOnly = 65536;

    /// <summary>The type that a number means in a dialect. A number that means none is kept, so that it can be shown and refused by its platform.</summary>
    public static MapType Type(Dialect dialect, uint number) =>
        number <= int.MaxValue && MapTypeTable.From(dialect, (int)number) is { } type ? type : (MapType)(dialect == Dialect.Windows ? number + WindowsOnly : number);
}
