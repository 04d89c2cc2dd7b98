using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>Programs, maps and links that are in the kernel, whoever put them there.</summary>
internal static class LoadedObjects
{
    /// <summary>The ids of all of a kind, in order. Takes CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">Not allowed, or the kernel is too old.</exception>
    public static IEnumerable<uint> Ids(BpfObjectKind kind)
    {
        uint id = 0;
        while (true)
        {
            Errno errno = Bpf.NextId(kind, id, out id);
            switch (errno)
            {
                case Errno.None:
                    yield return id;
                    break;
                case Errno.ENOENT:
                    yield break;
                default:
                    throw new BpfException($"the {Name(kind)}s of the kernel cannot be listed: {errno}{(errno == Errno.EPERM ? "; it takes root or CAP_SYS_ADMIN" : "")}", errno);
            }
        }
    }

    /// <summary>All of a kind, opened one by one; what is gone by then is passed over.</summary>
    public static IEnumerable<FileDescriptor> Open(BpfObjectKind kind)
    {
        foreach (uint id in Ids(kind))
        {
            Errno errno = Bpf.OpenById(kind, id, out FileDescriptor? opened);
            if (opened is not null)
            {
                yield return opened;
            }
            else if (errno != Errno.ENOENT)
            {
                throw new BpfException($"{Name(kind)} {id} cannot be opened: {errno}", errno);
            }
        }
    }

    /// <summary>What there is to know of all of a kind.</summary>
    public static IReadOnlyList<T> Read<T>(BpfObjectKind kind, Func<FileDescriptor, T> read)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BpfNotSupportedException($"listing the {Name(kind)}s of the kernel", "embedded", "Linux");
        }

        var all = new List<T>();
        foreach (FileDescriptor each in Open(kind))
        {
            using FileDescriptor opened = each;
            all.Add(read(opened));
        }

        return all;
    }

    private static string Name(BpfObjectKind kind) => kind switch
    {
        BpfObjectKind.Program => "program",
        BpfObjectKind.Map => "map",
        BpfObjectKind.Link => "link",
        _ => "BTF object",
    };
}
