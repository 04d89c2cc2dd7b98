namespace Ebpf;

/// <summary>A control group or a network namespace: by its path, or by a descriptor that is open and stays the caller's.</summary>
public readonly record struct KernelFile
{
    private KernelFile(string? path, int fd)
    {
        Path = path;
        Fd = fd;
    }

    /// <summary>Its path; null where it is given by descriptor.</summary>
    public string? Path { get; }

    /// <summary>Its descriptor; -1 where it is given by path.</summary>
    public int Fd { get; }

    /// <summary>By its path: <c>/sys/fs/cgroup/…</c>, <c>/run/netns/…</c>, <c>/proc/self/ns/net</c>.</summary>
    public static KernelFile At(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new KernelFile(path, -1);
    }

    /// <summary>By an open descriptor.</summary>
    public static KernelFile Of(int fd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fd);
        return new KernelFile(null, fd);
    }

    /// <inheritdoc cref="At"/>
    public static implicit operator KernelFile(string path) => At(path);

    /// <inheritdoc/>
    public override string ToString() => Path ?? $"descriptor {Fd}";
}
