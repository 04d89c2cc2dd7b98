using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary><c>pin … FILE</c>.</summary>
internal static class PinFile
{
    public static void Make(FileDescriptor what, Arguments arguments)
    {
        string path = arguments.Next();
        arguments.End();
        Errno errno = Bpf.Pin(path, what.Number);
        if (errno != Errno.None)
            throw new BpftoolException($"can't pin the object ({Path.GetDirectoryName(Path.GetFullPath(path))}): {BpftoolCommandLine.Text(errno)}");
    }
}
