using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>A struct_ops table at work: as a link since Linux 6.4 (<c>.struct_ops.link</c>), before for as long as the map has its value.</summary>
/// <remarks>bpf_map__attach_struct_ops and bpf_link__detach_struct_ops in libbpf.c.</remarks>
internal static class StructOpsLink
{
    private static readonly Version s_linkSince = new(6, 4);

    /// <summary>Registers the table with its programs.</summary>
    public static ILinkHandle Attach(LinuxMapHandle map, IReadOnlyList<(string Member, IProgramHandle Program)> functions)
    {
        string hook = $"struct_ops/{map.Spec.Name}";
        Errno errno = map.Update(BpfMap.Key(0), ValueOf(map, functions), MapUpdateFlags.Any);
        bool isLink = (map.Spec.Flags & MapFlags.Link) != 0;
        // A table that becomes a link gets its value once; another link to it finds it there.
        if (errno != Errno.None && !(isLink && errno == Errno.EBUSY))
        {
            throw AttachFailure.Make(hook, errno, new Version(5, 6), errno switch
            {
                Errno.EBUSY => "it is attached already",
                Errno.EEXIST => "a table of that name is registered already",
                _ => null,
            });
        }

        if (!isLink)
        {
            return new Registration((LinuxMapHandle)map.Share());
        }

        using FileDescriptor.Lease lease = map.Descriptor.Use();
        var attributes = new LinkCreateAttributes { ProgramFd = lease.Number, AttachType = (uint)AttachType.StructOps };
        errno = Bpf.CreateLink(ref attributes, out FileDescriptor? link);
        return errno == Errno.None ? new KernelLink(link!) : throw AttachFailure.Make(hook, errno, s_linkSince);
    }

    private static byte[] ValueOf(LinuxMapHandle map, IReadOnlyList<(string Member, IProgramHandle Program)> functions)
    {
        StructOps.StructOpsLayout layout = map.StructOps ?? throw new BpfException($"map '{map.Spec.Name}' is no struct_ops map of this load", Errno.EINVAL);
        byte[] value = [.. layout.Image];
        foreach ((string member, IProgramHandle program) in functions)
        {
            System.Runtime.InteropServices.MemoryMarshal.Write(value.AsSpan(layout[member].Offset), (ulong)(program.Fd ?? 0));
        }

        return value;
    }

    /// <summary>Without a link: the table is registered while the map has its only value.</summary>
    private sealed class Registration(LinuxMapHandle map) : ILinkHandle
    {
        private int _disposed;

        public int? Fd => map.Fd;

        public LinkInfo? ReadInfo() => null;

        public void Update(IProgramHandle program, IProgramHandle? expected) => throw None("updated");

        public void Pin(string path) => throw None("pinned");

        public void Detach() => throw None("detached while its descriptor stays: dispose it");

        public Stream OpenIterator() => throw None("read");

        // The table stays registered as long as somebody has the map.
        public void Disconnect()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                map.Descriptor.SetHandleAsInvalid();
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                map.Delete(BpfMap.Key(0));
                map.Dispose();
            }
        }

        private static BpfException None(string what) => new($"a struct_ops table without a link cannot be {what}; put it into SEC(\".struct_ops.link\")", Errno.EOPNOTSUPP);
    }
}
