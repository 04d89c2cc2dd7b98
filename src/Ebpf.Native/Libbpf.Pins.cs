using System.Text;
using Ebpf.Native.Embedded;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Pinning programs and maps of objects.</content>
internal static unsafe partial class Libbpf
{
    public static int bpf_program__pin(nint program, byte* path)
    {
        NativeProgram source = Program(program);
        return PinProgram(source, Text.Read(path));
    }

    public static int bpf_program__unpin(nint program, byte* path) => UnpinProgram(Program(program), Text.Read(path));

    public static int bpf_map__pin(nint map, byte* path)
    {
        if (map == 0)
        {
            Print.Warn("invalid map pointer\n");
            return Answer.Error(Errno.EINVAL);
        }

        return PinMap(Map(map), Text.Read(path));
    }

    public static int bpf_map__unpin(nint map, byte* path)
    {
        if (map == 0)
        {
            Print.Warn("invalid map pointer\n");
            return Answer.Error(Errno.EINVAL);
        }

        return UnpinMap(Map(map), Text.Read(path));
    }

    public static int bpf_map__set_pin_path(nint map, byte* path)
    {
        Map(map).SetPinPath(Text.Read(path));
        return 0;
    }

    public static byte* bpf_map__pin_path(nint map) => Map(map).PinPath;

    public static byte* bpf_map__get_pin_path(nint map) => Map(map).PinPath;

    public static bool bpf_map__is_pinned(nint map) => Map(map).IsPinned;

    public static int bpf_object__pin_maps(nint obj, byte* path) => obj == 0 ? Answer.Error(Errno.ENOENT) : PinMaps(Object(obj), Text.Read(path));

    public static int bpf_object__unpin_maps(nint obj, byte* path) => obj == 0 ? Answer.Error(Errno.ENOENT) : UnpinMaps(Object(obj), Text.Read(path));

    public static int bpf_object__pin_programs(nint obj, byte* path) => obj == 0 ? Answer.Error(Errno.ENOENT) : PinPrograms(Object(obj), Text.Read(path)!);

    public static int bpf_object__unpin_programs(nint obj, byte* path) => obj == 0 ? Answer.Error(Errno.ENOENT) : UnpinPrograms(Object(obj), Text.Read(path)!);

    public static int bpf_object__pin(nint obj, byte* path)
    {
        int error = bpf_object__pin_maps(obj, path);
        if (error != 0)
        {
            return error;
        }

        error = bpf_object__pin_programs(obj, path);
        if (error != 0)
        {
            _ = bpf_object__unpin_maps(obj, path);
        }

        return error;
    }

    public static int bpf_object__unpin(nint obj, byte* path)
    {
        int error = bpf_object__unpin_programs(obj, path);
        return error != 0 ? error : bpf_object__unpin_maps(obj, path);
    }

    /// <summary>Pins whatever a descriptor stands for.</summary>
    internal static int PinFd(int fd, string path)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return bpf_obj_pin(fd, bytes);
        }
    }

    internal static int Unlink(string path)
    {
        if (Kernel.IsEmbedded)
        {
            return EmbeddedKernel.Unpin(path);
        }

        Errno errno = Bpf.Unlink(path);
        return -(int)errno;
    }

    private static int PinProgram(NativeProgram program, string? path)
    {
        if (program.Fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': can't pin program that wasn't loaded\n");
            return Answer.Error(Errno.EINVAL);
        }

        int error = path is null ? Answer.Error(Errno.EINVAL) : PinPath.MakeParent(path);
        error = error != 0 ? error : PinPath.Check(path);
        if (error != 0)
        {
            return error;
        }

        error = PinFd(program.Fd, path!);
        if (error != 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': failed to pin at '{path}': {ErrorText.Symbol((Errno)(-error))}\n");
        }

        return error;
    }

    private static int UnpinProgram(NativeProgram program, string? path)
    {
        if (program.Fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': can't unpin program that wasn't loaded\n");
            return Answer.Error(Errno.EINVAL);
        }

        int error = PinPath.Check(path);
        return error != 0 ? error : Unlink(path!);
    }

    private static int PinMap(NativeMap map, string? path)
    {
        string name = map.Spec.Name;
        if (map.Fd < 0)
        {
            Print.Warn($"map '{name}': can't pin BPF map without FD (was it created?)\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (map.Spec.PinPath is { } chosen)
        {
            if (path is not null && path != chosen)
            {
                Print.Warn($"map '{name}' already has pin path '{chosen}' different from '{path}'\n");
                return Answer.Error(Errno.EINVAL);
            }

            if (map.IsPinned)
            {
                Print.Debug($"map '{name}' already pinned at '{chosen}'; not re-pinning\n");
                return 0;
            }
        }
        else if (path is null)
        {
            Print.Warn($"missing a path to pin map '{name}' at\n");
            return Answer.Error(Errno.EINVAL);
        }
        else if (map.IsPinned)
        {
            Print.Warn($"map '{name}' already pinned\n");
            return Answer.Error(Errno.EEXIST);
        }
        else
        {
            map.SetPinPath(path);
        }

        string target = map.Spec.PinPath!;
        int error = PinPath.MakeParent(target);
        error = error != 0 ? error : PinPath.Check(target);
        if (error != 0)
        {
            return error;
        }

        error = PinFd(map.Fd, target);
        if (error != 0)
        {
            Print.Warn($"failed to pin map: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        map.IsPinned = true;
        Print.Debug($"pinned map '{target}'\n");
        return 0;
    }

    private static int UnpinMap(NativeMap map, string? path)
    {
        string name = map.Spec.Name;
        if (map.Spec.PinPath is { } chosen)
        {
            if (path is not null && path != chosen)
            {
                Print.Warn($"map '{name}' already has pin path '{chosen}' different from '{path}'\n");
                return Answer.Error(Errno.EINVAL);
            }

            path = chosen;
        }
        else if (path is null)
        {
            Print.Warn($"no path to unpin map '{name}' from\n");
            return Answer.Error(Errno.EINVAL);
        }

        int error = PinPath.Check(path);
        error = error != 0 ? error : Unlink(path);
        if (error == 0)
        {
            map.IsPinned = false;
            Print.Debug($"unpinned map '{name}' from '{path}'\n");
        }

        return error;
    }

    private static int PinMaps(NativeObject obj, string? path)
    {
        if (obj.State < ObjectState.Prepared)
        {
            Print.Warn("object not yet loaded; load it first\n");
            return Answer.Error(Errno.ENOENT);
        }

        for (int i = 0; i < obj.Maps.Length; i++)
        {
            NativeMap map = obj.Maps[i];
            if (!map.Spec.AutoCreate || !PathOf(map, path, out string? target, out int error))
            {
                continue;
            }

            error = error != 0 ? error : PinMap(map, target);
            if (error != 0)
            {
                while (--i >= 0)
                {
                    if (obj.Maps[i].Spec.PinPath is not null)
                    {
                        _ = UnpinMap(obj.Maps[i], null);
                    }
                }

                return error;
            }
        }

        return 0;
    }

    private static int UnpinMaps(NativeObject obj, string? path)
    {
        foreach (NativeMap map in obj.Maps)
        {
            if (!PathOf(map, path, out string? target, out int error))
            {
                continue;
            }

            error = error != 0 ? error : UnpinMap(map, target);
            if (error != 0)
            {
                return error;
            }
        }

        return 0;
    }

    /// <summary>Where a map goes in a directory, null for where the map itself says; false where neither says.</summary>
    private static bool PathOf(NativeMap map, string? directory, out string? path, out int error)
    {
        error = 0;
        path = null;
        if (directory is null)
        {
            return map.Spec.PinPath is not null;
        }

        path = PinPath.Join(directory, map.Spec.Name);
        error = path is null ? Answer.Error(Errno.ENAMETOOLONG) : 0;
        path = path is null ? null : PinPath.Sanitized(path);
        return true;
    }

    private static int PinPrograms(NativeObject obj, string path)
    {
        if (obj.State < ObjectState.Loaded)
        {
            Print.Warn("object not yet loaded; load it first\n");
            return Answer.Error(Errno.ENOENT);
        }

        for (int i = 0; i < obj.Programs.Length; i++)
        {
            string? target = PinPath.Join(path, obj.Programs[i].Spec.Name);
            int error = target is null ? Answer.Error(Errno.ENAMETOOLONG) : PinProgram(obj.Programs[i], target);
            if (error != 0)
            {
                while (--i >= 0)
                {
                    _ = UnpinProgram(obj.Programs[i], PinPath.Join(path, obj.Programs[i].Spec.Name));
                }

                return error;
            }
        }

        return 0;
    }

    private static int UnpinPrograms(NativeObject obj, string path)
    {
        foreach (NativeProgram program in obj.Programs)
        {
            string? target = PinPath.Join(path, program.Spec.Name);
            int error = target is null ? Answer.Error(Errno.ENAMETOOLONG) : UnpinProgram(program, target);
            if (error != 0)
            {
                return error;
            }
        }

        return 0;
    }
}
