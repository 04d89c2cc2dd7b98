using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>The types of loaded programs.</summary>
internal static unsafe class ProgramBtf
{
    /// <summary>The BTF id of a function of a loaded program, or a negative errno.</summary>
    /// <remarks>libbpf_find_prog_btf_id in libbpf.c.</remarks>
    public static int FindFunction(int program, string function)
    {
        ProgramInfoRecord info = default;
        uint length = (uint)sizeof(ProgramInfoRecord);
        int error = Libbpf.bpf_obj_get_info_by_fd(program, (byte*)&info, &length);
        if (error != 0)
        {
            Print.Warn($"failed bpf_prog_get_info_by_fd for FD {program}: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        if (info.BtfId == 0)
        {
            Print.Warn("The target program doesn't have BTF\n");
            return Answer.Error(Errno.EINVAL);
        }

        error = Read(info.BtfId, null, out BtfView? types);
        if (error != 0)
        {
            return error;
        }

        uint? id = types!.FindByName(function, BtfKind.Func);
        if (id is null)
        {
            Print.Warn($"{function} is not found in prog's BTF\n");
        }

        return id is { } found ? (int)found : Answer.Error(Errno.ENOENT);
    }

    /// <summary>Reads types that are loaded by their id.</summary>
    /// <remarks>btf_get_from_fd in btf.c.</remarks>
    public static int Read(uint id, BtfView? @base, out BtfView? types)
    {
        types = null;
        int fd = Libbpf.bpf_btf_get_fd_by_id(id);
        if (fd < 0)
        {
            return fd;
        }

        int error = ReadFd(fd, @base, out types);
        _ = LibC.Close(fd);
        return error;
    }

    private static int ReadFd(int fd, BtfView? @base, out BtfView? types)
    {
        types = null;
        BtfInfoRecord info = default;
        uint length = (uint)sizeof(BtfInfoRecord);
        int error = Libbpf.bpf_obj_get_info_by_fd(fd, (byte*)&info, &length);
        if (error != 0)
        {
            return error;
        }

        byte[] bytes = new byte[info.BtfSize];
        fixed (byte* target = bytes)
        {
            info = new BtfInfoRecord { Btf = target, BtfSize = (uint)bytes.Length };
            length = (uint)sizeof(BtfInfoRecord);
            error = Libbpf.bpf_obj_get_info_by_fd(fd, (byte*)&info, &length);
        }

        types = error == 0 ? BtfView.Read(bytes, "BTF", @base) : null;
        return error;
    }
}
