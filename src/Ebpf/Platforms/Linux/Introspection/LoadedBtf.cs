using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>BTF that was loaded into the kernel, by its id.</summary>
internal static unsafe class LoadedBtf
{
    /// <summary>The types of an id; null where there is none (any more), or it may not be seen.</summary>
    public static BtfView? Find(uint id)
    {
        if (Bpf.OpenById(BpfObjectKind.Btf, id, out FileDescriptor? opened) != Errno.None)
        {
            return null;
        }

        using FileDescriptor btf = opened!;
        BtfInfoRecord info = default;
        if (Bpf.Info(btf.Number, ref info) != Errno.None || info.BtfSize == 0)
        {
            return null;
        }

        byte[] bytes = new byte[info.BtfSize];
        fixed (byte* address = bytes)
        {
            info = new BtfInfoRecord { Btf = address, BtfSize = (uint)bytes.Length };
            return Bpf.Info(btf.Number, ref info) == Errno.None ? BtfView.Read(bytes, $"BTF {id}") : null;
        }
    }
}
