namespace Ebpf;

/// <summary>How an object is opened.</summary>
public sealed record OpenOptions
{
    /// <summary>The defaults.</summary>
    public static OpenOptions Default { get; } = new();

    /// <summary>The object's name, which names its global-data maps; null for the file's name.</summary>
    public string? Name { get; init; }

    /// <summary>How much may deviate from what libbpf accepts.</summary>
    public ObjectStrictness Strictness { get; init; } = ObjectStrictness.Default;

    /// <summary>Whose headers the object was compiled against; null to see it from the object.</summary>
    public Dialect? Dialect { get; init; }
}
