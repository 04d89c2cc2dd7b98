using Ebpf.Platforms;

namespace Ebpf;

/// <summary>An attachment of a program. It keeps the program alive; disposing it, or the loaded object, detaches.</summary>
public sealed class BpfLink : IDisposable
{
    private readonly LoadedObject _owner;
    private readonly ILinkHandle _handle;
    private int _disposed;

    internal BpfLink(LoadedObject owner, BpfProgram program, string hook, ILinkHandle handle)
    {
        _owner = owner;
        _handle = handle;
        Program = program;
        Hook = hook;
    }

    /// <summary>The program that is attached.</summary>
    public BpfProgram Program { get; }

    /// <summary>Where it is attached.</summary>
    public string Hook { get; }

    /// <summary>Whether it still is.</summary>
    public bool IsAttached => Volatile.Read(ref _disposed) == 0;

    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    public int? Fd => IsAttached ? _handle.Fd : null;

    /// <summary>Detaches.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _owner.Forget(this);
            _handle.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Program.Name} at {Hook}";
}
