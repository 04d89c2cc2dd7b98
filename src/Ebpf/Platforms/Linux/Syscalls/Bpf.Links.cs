namespace Ebpf.Platforms.Linux.Syscalls;

/// <content>Links.</content>
internal static unsafe partial class Bpf
{
    /// <summary>Attaches a program as a link; since Linux 5.7, per kind.</summary>
    public static Errno CreateLink(ref LinkCreateAttributes attributes, out FileDescriptor? link) => Open(BpfCommand.LinkCreate, ref attributes, out link);

    /// <summary>Puts another program into a link.</summary>
    public static Errno UpdateLink(ref LinkUpdateAttributes attributes) => Call(BpfCommand.LinkUpdate, ref attributes);

    /// <summary>Detaches a link whose descriptors stay open.</summary>
    public static Errno DetachLink(int link)
    {
        var attributes = new LinkDetachAttributes { LinkFd = link };
        return Call(BpfCommand.LinkDetach, ref attributes);
    }

    /// <summary>A descriptor from which the output of an iterator program is read.</summary>
    public static Errno CreateIterator(int link, out FileDescriptor? iterator)
    {
        var attributes = new IteratorCreateAttributes { LinkFd = link };
        return Open(BpfCommand.IteratorCreate, ref attributes, out iterator);
    }
}
