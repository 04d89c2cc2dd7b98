using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>The type information that a loaded program brought with it, as the kernel has it.</summary>
internal static unsafe class ProgramBtf
{
    /// <summary>The id of a function in it.</summary>
    /// <remarks>libbpf_find_prog_btf_id in libbpf.c.</remarks>
    /// <exception cref="BpfException">The program has none, or no such function.</exception>
    public static uint FindFunction(int program, string function)
    {
        ProgramInfoRecord info = default;
        Errno errno = Bpf.Info(program, ref info);
        if (errno != Errno.None || info.BtfId == 0)
        {
            throw new BpfException($"the program to replace '{function}' in has no type information: compile its object with -g", errno == Errno.None ? Errno.EINVAL : errno);
        }

        errno = Bpf.OpenById(BpfObjectKind.Btf, info.BtfId, out FileDescriptor? btf);
        if (errno != Errno.None)
        {
            throw new BpfException($"the type information of the program to replace '{function}' in cannot be opened: {errno}", errno);
        }

        using (btf)
        {
            return BtfView.Read(Bytes(btf!.Number), $"BTF {info.BtfId}").FindByName(function, BtfKind.Func)
                ?? throw new BpfException($"the program to replace in has no function '{function}'", Errno.ENOENT);
        }
    }

    private static byte[] Bytes(int btf)
    {
        BtfInfoRecord record = default;
        Errno errno = Bpf.Info(btf, ref record);
        if (errno == Errno.None)
        {
            byte[] bytes = new byte[record.BtfSize];
            fixed (byte* address = bytes)
            {
                record = new BtfInfoRecord { Btf = address, BtfSize = (uint)bytes.Length };
                errno = Bpf.Info(btf, ref record);
            }

            if (errno == Errno.None)
            {
                return bytes;
            }
        }

        throw new BpfException($"type information cannot be read: {errno}", errno);
    }
}
