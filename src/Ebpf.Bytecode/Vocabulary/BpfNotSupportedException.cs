namespace Ebpf;

/// <summary>Something that this platform, or this version of it, cannot do.</summary>
public sealed class BpfNotSupportedException : BpfException
{
    internal BpfNotSupportedException(string feature, string platform, string? since = null, Errno errno = Errno.EOPNOTSUPP)
        : base($"{feature} is not supported by the {platform} platform" + (since is null ? "" : $"; it takes {since}"), errno)
    {
        Feature = feature;
        PlatformName = platform;
        Since = since;
    }

    /// <summary>What is not supported.</summary>
    public string Feature { get; }

    /// <summary>The platform that was asked.</summary>
    public string PlatformName { get; }

    /// <summary>The version or platform that has it; null where none does.</summary>
    public string? Since { get; }
}
