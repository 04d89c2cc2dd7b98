using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>Asks the kernel about a program.</summary>
internal static unsafe class ProgramInfoReader
{
    // bpf_func_info in include/uapi/linux/bpf.h: offset of the first instruction, type of the function.
    private const int FunctionInfoSize = 8;

    /// <summary>All that there is to know of a program.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    public static ProgramInfo Read(FileDescriptor program)
    {
        using FileDescriptor.Lease lease = program.Use();
        ProgramInfoRecord info = default;
        // ENODEV: the device that it was offloaded to is gone; the rest is told all the same.
        bool isOrphaned = Ask(lease.Number, ref info, alsoAccepted: Errno.ENODEV) == Errno.ENODEV;
        return new ProgramInfo
        {
            Id = info.Id,
            Type = (ProgramType)info.Type,
            Name = FullName(lease.Number, in info),
            Tag = info.Tag.ToString(),
            IsGplCompatible = (info.Bits & 1) != 0,
            LoadedAt = BootClock.At(info.LoadTime),
            Uid = info.CreatedByUid,
            XlatedBytes = (int)info.TranslatedLength,
            JitedBytes = (int)info.JitedLength,
            VerifiedInstructions = (int)info.VerifiedInstructions,
            MemoryBytes = FdInfo.Number(lease.Number, "memlock"),
            MapIds = MapIds(lease.Number, info.MapIdCount),
            BtfId = info.BtfId,
            RunTimeNanoseconds = info.RunTimeNanoseconds,
            RunCount = info.RunCount,
            RecursionMisses = info.RecursionMisses,
            OffloadInterface = info.Interface,
            IsOrphaned = isOrphaned,
        };
    }

    /// <summary>The instructions as the kernel rewrote them; empty where they may not be seen (kernel.kptr_restrict, kernel.bpf_jit_harden).</summary>
    public static byte[] Xlated(FileDescriptor program)
    {
        using FileDescriptor.Lease lease = program.Use();
        ProgramInfoRecord info = default;
        Ask(lease.Number, ref info);
        byte[] bytes = new byte[info.TranslatedLength];
        fixed (byte* address = bytes)
        {
            info = new ProgramInfoRecord { TranslatedLength = (uint)bytes.Length, TranslatedInstructions = address };
            Ask(lease.Number, ref info);
        }

        return info.TranslatedInstructions is null ? [] : bytes;
    }

    /// <summary>The machine code; empty where there is none or it may not be seen.</summary>
    public static byte[] Jited(FileDescriptor program)
    {
        using FileDescriptor.Lease lease = program.Use();
        ProgramInfoRecord info = default;
        Ask(lease.Number, ref info);
        byte[] bytes = new byte[info.JitedLength];
        fixed (byte* address = bytes)
        {
            info = new ProgramInfoRecord { JitedLength = (uint)bytes.Length, JitedInstructions = address };
            Ask(lease.Number, ref info);
        }

        return info.JitedInstructions is null || info.JitedLength == 0 ? [] : bytes;
    }

    private static uint[] MapIds(int program, uint count)
    {
        uint[] ids = new uint[count];
        fixed (uint* address = ids)
        {
            var info = new ProgramInfoRecord { MapIdCount = count, MapIds = address };
            Ask(program, ref info, alsoAccepted: Errno.ENODEV);
        }

        return ids;
    }

    /// <remarks>get_prog_full_name in bpftool's common.c: a name that fills the field was cut.</remarks>
    private static string FullName(int program, in ProgramInfoRecord info)
    {
        string name = info.Name.ToString();
        if (name.Length < ObjectName.Length - 1 || info.BtfId == 0 || info.FunctionInfoCount == 0 || info.FunctionInfoRecordSize < FunctionInfoSize)
        {
            return name;
        }

        Span<byte> first = stackalloc byte[(int)info.FunctionInfoRecordSize];
        fixed (byte* address = first)
        {
            var wanted = new ProgramInfoRecord { FunctionInfoCount = 1, FunctionInfoRecordSize = info.FunctionInfoRecordSize, FunctionInfo = address };
            if (Bpf.Info(program, ref wanted) != Errno.None)
            {
                return name;
            }
        }

        uint type = MemoryMarshal.Read<uint>(first[sizeof(uint)..]);
        return LoadedBtf.Find(info.BtfId) is { } types && types.Contains(type) && types[type] is { Kind: BtfKind.Func } function ? function.Name : name;
    }

    private static Errno Ask(int program, ref ProgramInfoRecord info, Errno alsoAccepted = Errno.None)
    {
        Errno errno = Bpf.Info(program, ref info);
        return errno == Errno.None || errno == alsoAccepted ? errno : throw new BpfException($"the kernel does not tell about the program: {errno}", errno);
    }
}
