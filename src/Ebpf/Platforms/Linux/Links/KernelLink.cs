using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>
/// A link that is a descriptor: closing it detaches. No finaliser closes it, so that an attachment never ends because of garbage collection.
/// </summary>
internal class KernelLink : ILinkHandle
{
    private readonly FileDescriptor _descriptor;

    public KernelLink(FileDescriptor descriptor)
    {
        _descriptor = descriptor;
        GC.SuppressFinalize(descriptor);
    }

    public int? Fd => _descriptor.Number;

    public virtual LinkInfo? ReadInfo()
    {
        using FileDescriptor.Lease link = _descriptor.Use();
        return LinkInfoReader.Read(link.Number);
    }

    public virtual void Update(IProgramHandle program, IProgramHandle? expected)
    {
        using FileDescriptor.Lease link = _descriptor.Use();
        var attributes = new LinkUpdateAttributes
        {
            LinkFd = link.Number,
            NewFd = FdOf(program),
            Flags = expected is null ? BpfAttachFlags.None : BpfAttachFlags.Replace,
            OldFd = expected is null ? 0 : FdOf(expected),
        };
        Errno errno = Bpf.UpdateLink(ref attributes);
        if (errno != Errno.None)
        {
            throw new BpfException("the link cannot be updated: " + errno switch
            {
                Errno.EPERM when expected is not null => "another program than the expected one is attached",
                Errno.EINVAL => "links of its kind cannot be, or the program is of another type or attach type",
                Errno.ENOLINK => "what it was attached to is gone",
                _ => errno.ToString(),
            }, errno);
        }
    }

    public virtual void Pin(string path)
    {
        using FileDescriptor.Lease link = _descriptor.Use();
        Errno errno = Bpf.Pin(path, link.Number);
        if (errno != Errno.None)
        {
            throw new BpfException($"the link cannot be pinned at {path}: " + errno switch
            {
                Errno.EPERM => "there is no bpffs, or it may not be written",
                Errno.EEXIST => "something is there already",
                Errno.ENOENT => "there is no such folder",
                Errno.EINVAL => "it is no link to the kernel (probes on Linux before 5.15)",
                _ => errno.ToString(),
            }, errno);
        }
    }

    public virtual void Detach()
    {
        using FileDescriptor.Lease link = _descriptor.Use();
        Errno errno = Bpf.DetachLink(link.Number);
        if (errno != Errno.None)
        {
            throw new BpfException(
                $"the link cannot be detached while its descriptor stays: {(errno == Errno.EOPNOTSUPP ? "links of its kind are detached by disposing them" : errno)}", errno);
        }
    }

    public virtual Stream OpenIterator()
    {
        using FileDescriptor.Lease link = _descriptor.Use();
        Errno errno = Bpf.CreateIterator(link.Number, out FileDescriptor? iterator);
        return errno == Errno.None
            ? new IteratorStream(iterator!)
            : throw new BpfException($"the link cannot be read: {(errno == Errno.EINVAL ? "it is none of an iterator" : errno)}", errno);
    }

    public virtual void Disconnect() => _descriptor.SetHandleAsInvalid();

    public virtual void Dispose() => _descriptor.Dispose();

    private static int FdOf(IProgramHandle program) => program.Fd ?? throw new BpfException("the program is loaded on another platform", Errno.EINVAL);
}
