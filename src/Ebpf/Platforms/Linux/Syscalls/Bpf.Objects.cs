using System.Text;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <content>What programs, maps, links and BTF have in common: pins, ids, information.</content>
internal static unsafe partial class Bpf
{
    /// <summary>Pins an object at a path below a bpffs.</summary>
    public static Errno Pin(string path, int descriptor)
    {
        fixed (byte* text = ZeroEnded(path))
        {
            var attributes = new ObjectPathAttributes { PathName = text, Fd = descriptor };
            return Call(BpfCommand.ObjectPin, ref attributes);
        }
    }

    /// <summary>Opens what is pinned at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="fileFlags">BPF_F_RDONLY (8) or BPF_F_WRONLY (16) for a map that is only to be read or written; since Linux 4.15.</param>
    /// <param name="descriptor">What was opened.</param>
    public static Errno OpenPinned(string path, uint fileFlags, out FileDescriptor? descriptor)
    {
        fixed (byte* text = ZeroEnded(path))
        {
            var attributes = new ObjectPathAttributes { PathName = text, FileFlags = fileFlags };
            return Open(BpfCommand.ObjectGet, ref attributes, out descriptor);
        }
    }

    /// <summary>Removes a name from a file system.</summary>
    public static Errno Unlink(string path)
    {
        fixed (byte* text = ZeroEnded(path))
        {
            return LibC.Unlink(text) == 0 ? Errno.None : LibC.LastError;
        }
    }

    /// <summary>The lowest id above the given one; <see cref="Errno.ENOENT"/> after the last.</summary>
    public static Errno NextId(BpfObjectKind kind, uint after, out uint id)
    {
        var attributes = new ObjectIdAttributes { Id = after };
        Errno errno = Call(
            kind switch
            {
                BpfObjectKind.Program => BpfCommand.ProgramGetNextId,
                BpfObjectKind.Map => BpfCommand.MapGetNextId,
                BpfObjectKind.Link => BpfCommand.LinkGetNextId,
                _ => BpfCommand.BtfGetNextId,
            },
            ref attributes);
        id = attributes.NextId;
        return errno;
    }

    /// <summary>Opens an object by its id; <see cref="Errno.ENOENT"/> where there is none.</summary>
    public static Errno OpenById(BpfObjectKind kind, uint id, out FileDescriptor? descriptor)
    {
        var attributes = new ObjectIdAttributes { Id = id };
        return Open(
            kind switch
            {
                BpfObjectKind.Program => BpfCommand.ProgramGetFdById,
                BpfObjectKind.Map => BpfCommand.MapGetFdById,
                BpfObjectKind.Link => BpfCommand.LinkGetFdById,
                _ => BpfCommand.BtfGetFdById,
            },
            ref attributes,
            out descriptor);
    }

    /// <summary>Asks about an object. What an older kernel does not know stays zero.</summary>
    /// <typeparam name="T"><see cref="ProgramInfoRecord"/>, <see cref="MapInfoRecord"/>, <see cref="LinkInfoRecord"/> or <see cref="BtfInfoRecord"/>.</typeparam>
    public static Errno Info<T>(int descriptor, ref T info) where T : unmanaged
    {
        fixed (T* address = &info)
        {
            var attributes = new ObjectInfoAttributes { Fd = descriptor, InfoLength = (uint)sizeof(T), Info = address };
            return Call(BpfCommand.ObjectGetInfoByFd, ref attributes);
        }
    }

    /// <summary>Text as system calls take it.</summary>
    internal static byte[] ZeroEnded(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}

/// <summary>Kinds of objects that bpf(2) numbers.</summary>
internal enum BpfObjectKind
{
    Program,
    Map,
    Link,
    Btf,
}
