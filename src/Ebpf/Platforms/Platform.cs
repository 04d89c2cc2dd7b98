using Ebpf.Platforms;

namespace Ebpf;

/// <summary>Where objects are loaded to.</summary>
public sealed class Platform
{
    /// <summary>A platform of the given implementation; tests wrap one in another.</summary>
    internal Platform(IPlatform implementation) => Implementation = implementation;

    /// <summary>This process: every program is verified and run by this library, on any OS, without privileges.</summary>
    public static Platform Embedded { get; } = new(new Platforms.Embedded.EmbeddedPlatform());

    /// <summary>
    /// The running Linux kernel, by bpf(2): it verifies and compiles, and takes root or CAP_BPF. On other systems loading there is a
    /// <see cref="BpfNotSupportedException"/>.
    /// </summary>
    public static Platform Linux { get; } = new(new Platforms.Linux.LinuxPlatform());

    /// <summary>
    /// Windows' kernel, by ebpfapi.dll of eBPF for Windows, for objects in its dialect: that system verifies and compiles, and takes an administrator.
    /// Where it is not installed loading there is a <see cref="BpfNotSupportedException"/> that says what to install.
    /// </summary>
    public static Platform Windows { get; } = new(new Platforms.Windows.WindowsPlatform());

    /// <summary>Its name: "embedded", "linux", "windows".</summary>
    public string Name => Implementation.Name;

    internal IPlatform Implementation { get; }

    /// <summary>Whether it takes objects of that dialect.</summary>
    public bool Takes(Dialect dialect) => Implementation.Takes(dialect);

    /// <summary>Removes the pin at a path; the map goes with its last user. False where nothing is pinned there.</summary>
    public bool Unpin(string path) => Implementation.Unpin(path);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
