namespace Ebpf;

/// <summary>
/// An attachment that the kernel keeps when its process ends: to an interface by netlink, to a control group, to a map or socket, without a link.
/// Nothing but <see cref="Detach"/>, or the end of what it is attached to, takes it away. Linux only.
/// </summary>
public abstract class PersistentAttachment
{
    private protected PersistentAttachment(string hook) => Hook = hook;

    /// <summary>Where it is attached.</summary>
    public string Hook { get; }

    /// <summary>Takes it away.</summary>
    /// <exception cref="BpfException">It is gone, or another program is in its place.</exception>
    public abstract void Detach();

    /// <inheritdoc/>
    public override string ToString() => Hook;

    /// <summary>The descriptor of a program that is on Linux.</summary>
    private protected static int FdOf(BpfProgram program, string hook)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program is { Platform.Name: "linux", Fd: { } fd } ? fd : throw new BpfNotSupportedException($"attaching to {hook} for good", program.Platform.Name, "the linux platform");
    }

    private protected static BpfException Failed(string what, Errno errno, string? says = null) =>
        new($"{what}: {(string.IsNullOrEmpty(says) ? errno.ToString() : $"{says} ({errno})")}", errno);
}
