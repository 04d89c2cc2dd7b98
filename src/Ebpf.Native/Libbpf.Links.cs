using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Links.</content>
internal static unsafe partial class Libbpf
{
    public static int bpf_link__fd(nint link) => Link(link).Fd;

    public static byte* bpf_link__pin_path(nint link) => Link(link).PinPath;

    public static void bpf_link__disconnect(nint link) => Link(link).IsDisconnected = true;

    public static int bpf_link__destroy(nint link) => link is 0 or (< 0 and >= -4095) ? 0 : Link(link).Destroy();

    public static int bpf_link__detach(nint link) => bpf_link_detach(Link(link).Fd);

    public static nint bpf_link__open(byte* path)
    {
        int fd = bpf_obj_get(path);
        if (fd < 0)
        {
            Print.Warn($"failed to open link at {Text.Read(path)}: {fd}\n");
            return Answer.Null((Errno)(-fd));
        }

        var link = new NativeLink(fd);
        link.SetPath(Text.Read(path));
        return link.Handle;
    }

    public static int bpf_link__pin(nint link, byte* path)
    {
        NativeLink source = Link(link);
        if (source.Path is not null)
        {
            return Answer.Error(Errno.EBUSY);
        }

        string target = Text.Read(path)!;
        int error = PinPath.MakeParent(target);
        error = error != 0 ? error : PinPath.Check(target);
        error = error != 0 ? error : bpf_obj_pin(source.Fd, path);
        if (error == 0)
        {
            source.SetPath(target);
        }

        return error;
    }

    public static int bpf_link__unpin(nint link)
    {
        NativeLink source = Link(link);
        if (source.Path is not { } path)
        {
            return Answer.Error(Errno.EINVAL);
        }

        int error = Unlink(path);
        if (error == 0)
        {
            source.SetPath(null);
        }

        return error;
    }

    public static int bpf_link__update_program(nint link, nint program)
    {
        int fd = Program(program).Fd;
        if (fd < 0)
        {
            Print.Warn($"prog '{Program(program).Spec.Name}': can't use BPF program without FD (was it loaded?)\n");
            return Answer.Error(Errno.EINVAL);
        }

        return bpf_link_update(Link(link).Fd, fd, null);
    }

    internal static NativeLink Link(nint pointer) => Handles.Get<NativeLink>(pointer);
}
