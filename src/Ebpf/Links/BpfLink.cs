using Ebpf.Platforms;

namespace Ebpf;

/// <summary>
/// An attachment of a program. It keeps the program alive; disposing it, or the loaded object, detaches. One that is neither disposed nor held
/// by anybody stays attached until the process ends: garbage collection never detaches, but it raises <see cref="Leaked"/>.
/// </summary>
/// <remarks>bpf_link in libbpf. Attachments that outlive the process are <see cref="PersistentAttachment"/>s.</remarks>
public sealed class BpfLink : IDisposable
{
    private readonly LoadedObject? _owner;
    private readonly ILinkHandle _handle;
    private readonly Lock _gate = new();
    private int _disposed;

    internal BpfLink(LoadedObject? owner, BpfProgram? program, string hook, ILinkHandle handle)
    {
        _owner = owner;
        _handle = handle;
        Program = program;
        Hook = hook;
    }

    /// <summary>Reports a link that nobody holds any more and that was not disposed: it is still attached.</summary>
    ~BpfLink()
    {
        if (Volatile.Read(ref _disposed) == 0)
        {
            Leaked?.Invoke(null, new LeakedLinkEventArgs(Hook, _handle.Fd));
        }
    }

    /// <summary>
    /// Raised, on the finaliser's thread, for a link that was dropped without being disposed. It stays attached: its descriptor is in the event,
    /// for who wants to close it. Handlers must not throw.
    /// </summary>
    public static event EventHandler<LeakedLinkEventArgs>? Leaked;

    /// <summary>The program that is attached; null for a link that was opened, and for one of struct_ops.</summary>
    public BpfProgram? Program { get; private set; }

    /// <summary>Where it is attached.</summary>
    public string Hook { get; }

    /// <summary>Whether it is held: false once it is disposed.</summary>
    public bool IsAttached => Volatile.Read(ref _disposed) == 0;

    /// <summary>The descriptor, above 2; null where the platform has none, and for one that is disposed.</summary>
    public int? Fd => IsAttached ? _handle.Fd : null;

    /// <summary>Where it is pinned; null where it is not.</summary>
    public string? PinPath { get; private set; }

    /// <summary>Opens a link that is pinned (BPF_OBJ_GET); since Linux 5.7. Disposing it closes this handle: the pin keeps it attached.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, or something else.</exception>
    public static BpfLink OpenPinned(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new BpfLink(null, null, path, Platforms.Linux.Links.OpenedLink.FromPin(path)) { PinPath = path };
    }

    /// <summary>Opens a link by its id (BPF_LINK_GET_FD_BY_ID); since Linux 5.8, root. Disposing it closes this handle.</summary>
    /// <exception cref="BpfException">There is no such link, or it may not be opened.</exception>
    public static BpfLink OpenById(uint id) => new(null, null, $"link {id}", Platforms.Linux.Links.OpenedLink.FromId(id));

    /// <summary>All links of the machine's kernel, in the order of their ids; since Linux 5.8, root. Those that go meanwhile are passed over.</summary>
    public static IReadOnlyList<LinkInfo> List() => Platforms.Linux.Links.OpenedLink.List();

    /// <summary>What the platform knows of it; null on the embedded platform, and for one that is no link to the kernel (probes on Linux before 5.15).</summary>
    /// <exception cref="BpfException">The kernel does not answer.</exception>
    public LinkInfo? ReadInfo()
    {
        ObjectDisposedException.ThrowIf(!IsAttached, this);
        return _handle.ReadInfo();
    }

    /// <summary>Puts another program in this one's place, without a moment in which neither runs (BPF_LINK_UPDATE).</summary>
    /// <param name="program">The program: of the same type and attach type.</param>
    /// <param name="expected">What must be attached now, so that nobody's change is lost; null for whatever it is.</param>
    /// <remarks>XDP since Linux 5.9, cgroup and netns since 5.7, tcx since 6.6, netkit since 6.7; tracing links cannot be updated.</remarks>
    public void Update(BpfProgram program, BpfProgram? expected = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!IsAttached, this);
            _handle.Update(program.Handle, expected?.Handle);
            Program = program;
        }
    }

    /// <summary>Pins it at a path below a bpffs: it stays attached when this is disposed, and when the process ends.</summary>
    /// <exception cref="BpfException">It is pinned already, or cannot be.</exception>
    public void Pin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!IsAttached, this);
            if (PinPath is { } pinned)
            {
                throw new BpfException($"the link at {Hook} is pinned at {pinned} already", Errno.EBUSY);
            }

            _handle.Pin(path);
            PinPath = path;
        }
    }

    /// <summary>Removes the pin.</summary>
    /// <exception cref="BpfException">It is not pinned, or the pin is gone.</exception>
    public void Unpin()
    {
        lock (_gate)
        {
            string path = PinPath ?? throw new BpfException($"the link at {Hook} is not pinned", Errno.EINVAL);
            Platforms.Linux.Links.OpenedLink.Unpin(path);
            PinPath = null;
        }
    }

    /// <summary>Detaches at once, wherever else it is held or pinned (BPF_LINK_DETACH); since Linux 5.9, for cgroup, netns, XDP, tcx, netkit and some struct_ops.</summary>
    public void Detach()
    {
        ObjectDisposedException.ThrowIf(!IsAttached, this);
        _handle.Detach();
    }

    /// <summary>Opens what an iterator program writes, from its beginning: text or whatever it is. Each stream is a run of its own.</summary>
    /// <exception cref="BpfException">The link is none of an iterator.</exception>
    public Stream OpenIterator()
    {
        ObjectDisposedException.ThrowIf(!IsAttached, this);
        return _handle.OpenIterator();
    }

    /// <summary>Detaches; a pinned one stays attached at its pin.</summary>
    public void Dispose()
    {
        if (Release())
        {
            _handle.Dispose();
        }
    }

    /// <summary>Gives it up without detaching: it stays attached until the process ends, and its descriptor is the caller's.</summary>
    /// <remarks>bpf_link__disconnect in libbpf.</remarks>
    public void Disconnect()
    {
        if (Release())
        {
            _handle.Disconnect();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Program is null ? Hook : $"{Program.Name} at {Hook}";

    private bool Release()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return false;
        }

        GC.SuppressFinalize(this);
        _owner?.Forget(this);
        return true;
    }
}

/// <summary>A link that was dropped without being disposed.</summary>
public sealed class LeakedLinkEventArgs : EventArgs
{
    internal LeakedLinkEventArgs(string hook, int? fd)
    {
        Hook = hook;
        Fd = fd;
    }

    /// <summary>Where it is attached.</summary>
    public string Hook { get; }

    /// <summary>Its descriptor, still open; null where the platform has none.</summary>
    public int? Fd { get; }
}
