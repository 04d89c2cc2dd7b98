using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Feature probes: trying out what the kernel, or the embedded engine, takes.</content>
internal static unsafe partial class Libbpf
{
    private const int ProbeLogSize = 4096;

    // ENOTSUPP, which is the kernel's own.
    private const int NotSupported = -524;

    public static int libbpf_probe_bpf_prog_type(uint type, byte* opts) => opts != null ? Answer.Error(Errno.EINVAL) : ProbeProgram((ProgramType)type, [s_zero, s_exit], null);

    public static int libbpf_probe_bpf_helper(uint type, uint helper, byte* opts)
    {
        if (opts != null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if ((ProgramType)type is ProgramType.Tracing or ProgramType.Ext or ProgramType.Lsm or ProgramType.StructOps)
        {
            return Answer.Error(Errno.EOPNOTSUPP);
        }

        var log = new StringBuilder();
        int result = ProbeProgram((ProgramType)type, [new Instruction(Opcodes.Call, 0, 0, 0, (int)helper), s_exit], log);
        if (result != 0)
        {
            return result;
        }

        string text = log.ToString();
        bool isUnknown = Kernel.IsEmbedded
            ? text.Contains("helper", StringComparison.OrdinalIgnoreCase)
            : text.Contains("invalid func ", StringComparison.Ordinal) || text.Contains("unknown func ", StringComparison.Ordinal)
                || text.Contains("program of this type cannot use helper ", StringComparison.Ordinal);
        return isUnknown ? 0 : 1;
    }

    public static int libbpf_probe_bpf_map_type(uint type, byte* opts)
    {
        if (opts != null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        var map = new MapCreateAttributes { MapType = type, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
        int inner = -1, btf = -1;
        bool wantsNotSupported = false;
        const uint NoPrealloc = 1, Mmapable = 1 << 10;
        switch ((MapType)type)
        {
            case MapType.StackTrace:
                map.ValueSize = 8;
                break;
            case MapType.LpmTrie:
                (map.KeySize, map.ValueSize, map.MapFlags) = (8, 8, NoPrealloc);
                break;
            case MapType.CgroupStorage or MapType.PerCpuCgroupStorage:
                (map.KeySize, map.ValueSize, map.MaxEntries) = (16, 8, 0);
                break;
            case MapType.Queue or MapType.Stack or MapType.BloomFilter:
                map.KeySize = 0;
                break;
            case MapType.RingBuf or MapType.UserRingBuf:
                (map.KeySize, map.ValueSize, map.MaxEntries) = (0, 0, (uint)Os.PageSize);
                break;
            case MapType.Arena:
                (map.KeySize, map.ValueSize, map.MapFlags) = (0, 0, Mmapable);
                break;
            case MapType.SkStorage or MapType.InodeStorage or MapType.TaskStorage or MapType.CgrpStorage:
                btf = LoadStorageTypes();
                if (btf < 0)
                {
                    return btf;
                }

                (map.ValueSize, map.MaxEntries, map.MapFlags, map.BtfFd, map.BtfKeyTypeId, map.BtfValueTypeId) = (8, 0, NoPrealloc, btf, 1, 3);
                break;
            case MapType.StructOps:
                // An invalid type is refused in a way of its own.
                (map.BtfVmlinuxValueTypeId, map.ValueTypeBtfObjectFd, wantsNotSupported) = (1, -1, true);
                break;
            case MapType.ArrayOfMaps or MapType.HashOfMaps:
                inner = bpf_map_create((uint)MapType.Hash, null, 4, 4, 1, null);
                map.InnerMapFd = inner;
                break;
            case MapType.Unspec:
                return Answer.Error(Errno.EOPNOTSUPP);
            default:
                if (type >= MapTypes)
                {
                    return Answer.Error(Errno.EOPNOTSUPP);
                }

                break;
        }

        int fd = Kernel.Open(BpfCommand.MapCreate, ref map);
        foreach (int made in (ReadOnlySpan<int>)[fd, inner, btf])
        {
            if (made >= 0)
            {
                _ = LibC.Close(made);
            }
        }

        return (wantsNotSupported ? fd == NotSupported : fd >= 0) ? 1 : 0;
    }

    private static readonly Instruction s_zero = new(0xb7, 0, 0, 0, 0);
    private static readonly Instruction s_exit = new(0x95, 0, 0, 0, 0);

    /// <remarks>probe_prog_load in libbpf_probes.c: types that need a target are known by how the kernel refuses one that cannot be.</remarks>
    private static int ProbeProgram(ProgramType type, ReadOnlySpan<Instruction> program, StringBuilder? log)
    {
        byte* license = Text.Static("GPL");
        byte* buffer = (byte*)NativeMemory.AllocZeroed(ProbeLogSize);
        ulong* code = stackalloc ulong[program.Length];
        for (int i = 0; i < program.Length; i++)
        {
            program[i].Write(new Span<byte>(code + i, Instruction.Size), BitConverter.IsLittleEndian);
        }

        var attributes = new ProgramLoadAttributes { ProgramType = (uint)type, Instructions = code, InstructionCount = (uint)program.Length, License = license };
        string? expected = null;
        int expectedError = 0;
        switch (type)
        {
            case ProgramType.CgroupSockAddr:
                attributes.ExpectedAttachType = (uint)AttachType.CgroupInet4Connect;
                break;
            case ProgramType.CgroupSockOpt:
                attributes.ExpectedAttachType = (uint)AttachType.CgroupGetSockOpt;
                break;
            case ProgramType.SkLookup:
                attributes.ExpectedAttachType = (uint)AttachType.SkLookup;
                break;
            case ProgramType.LircMode2:
                attributes.ExpectedAttachType = (uint)AttachType.LircMode2;
                break;
            case ProgramType.Netfilter:
                attributes.ExpectedAttachType = (uint)AttachType.Netfilter;
                break;
            case ProgramType.Syscall:
                attributes.Flags = ProgramLoadFlags.Sleepable;
                break;
            case ProgramType.Tracing or ProgramType.Lsm:
                attributes.ExpectedAttachType = (uint)(type == ProgramType.Tracing ? AttachType.TraceFentry : AttachType.ModifyReturn);
                attributes.AttachBtfId = 1;
                (expected, expectedError) = ("attach_btf_id 1 is not a function", -(int)Errno.EINVAL);
                break;
            case ProgramType.Ext:
                attributes.AttachBtfId = 1;
                (expected, expectedError) = ("Cannot replace kernel functions", -(int)Errno.EINVAL);
                break;
            case ProgramType.StructOps:
                expectedError = NotSupported;
                break;
            default:
                if ((uint)type >= ProgramTypes)
                {
                    NativeMemory.Free(buffer);
                    return Answer.Error(Errno.EOPNOTSUPP);
                }

                break;
        }

        if (expected is not null || log is not null)
        {
            WithLog(ref attributes, buffer, ProbeLogSize, 1);
        }

        int fd = Kernel.Open(BpfCommand.ProgramLoad, ref attributes);
        if (fd >= 0)
        {
            _ = LibC.Close(fd);
        }

        string text = Text.Read(buffer)!;
        NativeMemory.Free(buffer);
        log?.Append(text);
        return expectedError != 0
            ? fd == expectedError && (expected is null || text.Contains(expected, StringComparison.Ordinal)) ? 1 : 0
            : fd >= 0 ? 1 : 0;
    }

    /// <summary>Loads a type that local storage can have: struct val { int cnt; struct bpf_spin_lock l; } with id 3, int with id 1.</summary>
    private static int LoadStorageTypes()
    {
        ReadOnlySpan<uint> types =
        [
            0, 1 << 24, 4, (1 << 24) | 32,
            1, (4 << 24) | 1, 4, 15, 1, 0,
            15, (4 << 24) | 2, 8, 19, 1, 0, 23, 2, 32,
        ];
        ReadOnlySpan<byte> strings = "\0bpf_spin_lock\0val\0cnt\0l\0"u8;
        const int HeaderLength = 24;
        int typesLength = types.Length * sizeof(uint);
        byte[] bytes = new byte[HeaderLength + typesLength + strings.Length];
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, HeaderLength));
        header[0] = 0xeb9f | (1 << 16);
        header[1] = HeaderLength;
        header[3] = (uint)typesLength;
        header[4] = (uint)typesLength;
        header[5] = (uint)strings.Length;
        MemoryMarshal.AsBytes(types).CopyTo(bytes.AsSpan(HeaderLength));
        strings.CopyTo(bytes.AsSpan(HeaderLength + typesLength));
        fixed (byte* data = bytes)
        {
            return bpf_btf_load(data, (nuint)bytes.Length, null);
        }
    }
}
