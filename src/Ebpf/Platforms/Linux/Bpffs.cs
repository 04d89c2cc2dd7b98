using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux;

/// <summary>Pins: names in a bpffs under which programs, maps and links outlive the processes that made them.</summary>
internal static class Bpffs
{
    /// <summary>Opens what is pinned at a path; null where nothing is.</summary>
    public static FileDescriptor? Open(string path) => Bpf.OpenPinned(path, 0, out FileDescriptor? descriptor) switch
    {
        Errno.None => descriptor,
        Errno.ENOENT => null,
        Errno errno => throw new BpfException($"what is at {path} cannot be opened: {Explain(errno)}", errno),
    };

    /// <summary>Pins an object. The last folder of the path is made where it is missing, as libbpf does.</summary>
    public static void Pin(string path, int descriptor, string what)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BpfException($"{what} cannot be pinned at {path}: {e.Message}", Errno.EACCES, e);
            }
        }

        Errno errno = Bpf.Pin(path, descriptor);
        if (errno != Errno.None)
        {
            throw new BpfException($"{what} cannot be pinned at {path}: {Explain(errno)}", errno);
        }
    }

    /// <summary>Removes a pin; false where there is none. Files that are no pins are left alone.</summary>
    public static bool Unpin(string path)
    {
        using FileDescriptor? pinned = Open(path);
        if (pinned is null)
        {
            return false;
        }

        Errno errno = Bpf.Unlink(path);
        return errno switch
        {
            Errno.None => true,
            Errno.ENOENT => false,
            _ => throw new BpfException($"{path} cannot be unpinned: {errno}", errno),
        };
    }

    private static string Explain(Errno errno) => errno switch
    {
        Errno.EEXIST => "something is pinned there already",
        Errno.ENOENT => "there is no such folder",
        Errno.EPERM => "the folder is not in a bpffs (mount one: mount -t bpf bpf /sys/fs/bpf), or it takes root or CAP_BPF",
        Errno.EACCES => "it is no pinned program, map or link, or access to it is denied",
        Errno.EINVAL => "names in a bpffs have no dot, and it is no pinned object",
        Errno.ENOTDIR => "a part of the path is no folder",
        _ => errno.ToString(),
    };
}
