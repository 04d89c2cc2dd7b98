namespace Ebpf;

/// <summary>A network interface: by its name, or by its index. Both mean one of the network namespace that the calling thread is in.</summary>
public readonly record struct NetworkDevice
{
    private NetworkDevice(string? name, int index)
    {
        Name = name;
        Index = index;
    }

    /// <summary>Its name; null where it is given by index.</summary>
    public string? Name { get; }

    /// <summary>Its index; 0 where it is given by name.</summary>
    public int Index { get; }

    /// <summary>An interface by its name, such as <c>eth0</c>.</summary>
    public static NetworkDevice Named(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new NetworkDevice(name, 0);
    }

    /// <summary>An interface by its index, from 1.</summary>
    public static NetworkDevice At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, 1);
        return new NetworkDevice(null, index);
    }

    /// <inheritdoc cref="Named"/>
    public static implicit operator NetworkDevice(string name) => Named(name);

    /// <inheritdoc cref="At"/>
    public static implicit operator NetworkDevice(int index) => At(index);

    /// <inheritdoc/>
    public override string ToString() => Name ?? $"#{Index}";
}
