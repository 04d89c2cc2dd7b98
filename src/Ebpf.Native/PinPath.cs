using System.Text;

namespace Ebpf.Native;

/// <summary>Paths below a bpffs at which programs, maps and links are pinned.</summary>
internal static unsafe class PinPath
{
    private const int Longest = 4096;

    /// <summary>Makes the directory that a pin goes to, where it is missing; its own parent must be there.</summary>
    /// <remarks>make_parent_dir in libbpf.c. Embedded pins are names in this process, which need no directory.</remarks>
    public static int MakeParent(string path)
    {
        if (Kernel.IsEmbedded)
        {
            return 0;
        }

        string parent = ParentOf(path);
        fixed (byte* bytes = Encoding.UTF8.GetBytes(parent + '\0'))
        {
            if (Os.MakeDirectory(bytes, 0x1c0) == 0)
            {
                return 0;
            }
        }

        var errno = (Errno)System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        if (errno == Errno.EEXIST)
        {
            return 0;
        }

        Print.Warn($"failed to mkdir {parent}: {ErrorText.Symbol(errno)}\n");
        return -(int)errno;
    }

    /// <summary>Whether a path can be a pin: its directory is on a bpffs.</summary>
    /// <remarks>check_path in libbpf.c.</remarks>
    public static int Check(string? path)
    {
        if (path is null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (Kernel.IsEmbedded)
        {
            return 0;
        }

        string parent = ParentOf(path);
        long type;
        fixed (byte* bytes = Encoding.UTF8.GetBytes(parent + '\0'))
        {
            type = Os.FileSystem(bytes);
        }

        if (type < 0)
        {
            Print.Warn($"failed to statfs {parent}: {ErrorText.Symbol((Errno)(-type))}\n");
            return (int)type;
        }

        if (type != Os.BpfFileSystem)
        {
            Print.Warn($"specified path {path} is not on BPF FS\n");
            return Answer.Error(Errno.EINVAL);
        }

        return 0;
    }

    /// <summary>A name in a directory; null where it is too long.</summary>
    /// <remarks>pathname_concat in libbpf.c.</remarks>
    public static string? Join(string directory, string name)
    {
        string path = directory + "/" + name;
        return Encoding.UTF8.GetByteCount(path) < Longest ? path : null;
    }

    /// <summary>A bpffs has no names with dots.</summary>
    public static string Sanitized(string path) => path.Replace('.', '_');

    /// <remarks>dirname(3).</remarks>
    private static string ParentOf(string path)
    {
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        return slash < 0 ? "." : slash == 0 ? "/" : trimmed[..slash];
    }
}
