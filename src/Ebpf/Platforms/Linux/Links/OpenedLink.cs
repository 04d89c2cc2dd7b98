using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>Links that others made: by pin, by id.</summary>
internal static class OpenedLink
{
    public static KernelLink FromPin(string path)
    {
        RequireLinux();
        Errno errno = Bpf.OpenPinned(path, 0, out FileDescriptor? descriptor);
        if (errno != Errno.None)
        {
            throw new BpfException($"no link can be opened at {path}: {(errno == Errno.ENOENT ? "nothing is pinned there" : errno)}", errno);
        }

        try
        {
            // A program or map would open as well; only a link has such information.
            _ = LinkInfoReader.Read(descriptor!.Number);
        }
        catch (BpfException e)
        {
            descriptor!.Dispose();
            throw new BpfException($"what is pinned at {path} is no link", Errno.EINVAL, e);
        }

        return new KernelLink(descriptor);
    }

    public static KernelLink FromId(uint id)
    {
        RequireLinux();
        Errno errno = Bpf.OpenById(BpfObjectKind.Link, id, out FileDescriptor? descriptor);
        return errno == Errno.None
            ? new KernelLink(descriptor!)
            : throw new BpfException($"link {id} cannot be opened: {(errno == Errno.ENOENT ? "there is none of that id" : errno)}", errno);
    }

    public static List<LinkInfo> List()
    {
        RequireLinux();
        var links = new List<LinkInfo>();
        Errno errno;
        for (uint id = 0; (errno = Bpf.NextId(BpfObjectKind.Link, id, out uint next)) == Errno.None; id = next)
        {
            Errno opened = Bpf.OpenById(BpfObjectKind.Link, next, out FileDescriptor? descriptor);
            // ENOENT: it went between the two calls.
            if (opened == Errno.None)
            {
                using (descriptor)
                {
                    links.Add(LinkInfoReader.Read(descriptor!.Number));
                }
            }
            else if (opened != Errno.ENOENT)
            {
                throw new BpfException($"link {next} cannot be opened: {opened}", opened);
            }
        }

        return errno == Errno.ENOENT ? links : throw new BpfException($"links cannot be listed: {errno}{(errno == Errno.EPERM ? "; it takes root" : "")}", errno);
    }

    public static void Unpin(string path)
    {
        RequireLinux();
        Errno errno = Bpf.Unlink(path);
        if (errno != Errno.None)
        {
            throw new BpfException($"the pin at {path} cannot be removed: {errno}", errno);
        }
    }

    private static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BpfNotSupportedException("a link of the kernel", "this machine's", "Linux");
        }
    }
}
