using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>bpf.h: programs, pins, ids, information.</content>
internal static unsafe partial class Libbpf
{
    private const uint FlagById = 1 << 5;

    /// <summary>Offsets of bpf_prog_load_opts.</summary>
    internal static class ProgramLoadOptions
    {
        public const int Attempts = 8;
        public const int ExpectedAttachType = 12;
        public const int BtfFd = 16;
        public const int Flags = 20;
        public const int Ifindex = 24;
        public const int KernelVersion = 28;
        public const int AttachBtfId = 32;
        public const int AttachProgramFd = 36;
        public const int AttachBtfObjectFd = 40;
        public const int FdArray = 48;
        public const int FunctionInfo = 56;
        public const int FunctionInfoCount = 64;
        public const int FunctionInfoRecordSize = 68;
        public const int LineInfo = 72;
        public const int LineInfoCount = 80;
        public const int LineInfoRecordSize = 84;
        public const int LogLevel = 88;
        public const int LogSize = 92;
        public const int LogBuffer = 96;
        public const int LogTrueSize = 104;
        public const int TokenFd = 108;
        public const int FdArrayCount = 112;
        public const int End = 116;
    }

    public static int bpf_prog_load(uint type, byte* name, byte* license, byte* instructions, nuint count, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(ProgramLoadOptions.End, "bpf_prog_load_opts") || options.I32(ProgramLoadOptions.Attempts) < 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (count > uint.MaxValue)
        {
            return Answer.Error(Errno.E2BIG);
        }

        int attachProgram = options.I32(ProgramLoadOptions.AttachProgramFd);
        int attachBtf = options.I32(ProgramLoadOptions.AttachBtfObjectFd);
        byte* log = options.Pointer(ProgramLoadOptions.LogBuffer);
        uint logSize = options.U32(ProgramLoadOptions.LogSize);
        uint logLevel = options.U32(ProgramLoadOptions.LogLevel);
        if ((attachProgram != 0 && attachBtf != 0) || (log != null) != (logSize != 0))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ProgramLoadAttributes
        {
            ProgramType = type,
            ExpectedAttachType = options.U32(ProgramLoadOptions.ExpectedAttachType),
            BtfFd = options.I32(ProgramLoadOptions.BtfFd),
            Flags = (ProgramLoadFlags)options.U32(ProgramLoadOptions.Flags),
            Interface = options.U32(ProgramLoadOptions.Ifindex),
            KernelVersion = options.U32(ProgramLoadOptions.KernelVersion),
            TokenFd = options.I32(ProgramLoadOptions.TokenFd),
            Name = NameOf(name),
            License = license,
            Instructions = instructions,
            InstructionCount = (uint)count,
            AttachBtfId = options.U32(ProgramLoadOptions.AttachBtfId),
            AttachFd = attachProgram != 0 ? attachProgram : attachBtf,
            FunctionInfo = options.Pointer(ProgramLoadOptions.FunctionInfo),
            FunctionInfoCount = options.U32(ProgramLoadOptions.FunctionInfoCount),
            FunctionInfoRecordSize = options.U32(ProgramLoadOptions.FunctionInfoRecordSize),
            LineInfo = options.Pointer(ProgramLoadOptions.LineInfo),
            LineInfoCount = options.U32(ProgramLoadOptions.LineInfoCount),
            LineInfoRecordSize = options.U32(ProgramLoadOptions.LineInfoRecordSize),
            FdArray = (int*)options.Pointer(ProgramLoadOptions.FdArray),
            FdArrayCount = options.U32(ProgramLoadOptions.FdArrayCount),
        };
        if (logLevel != 0)
        {
            WithLog(ref attributes, log, logSize, logLevel);
        }

        int fd = Kernel.Open(BpfCommand.ProgramLoad, ref attributes);
        if (fd < 0 && logLevel == 0 && log != null)
        {
            // A buffer without a level is for failures only.
            WithLog(ref attributes, log, logSize, 1);
            fd = Kernel.Open(BpfCommand.ProgramLoad, ref attributes);
        }

        options.Set(ProgramLoadOptions.LogTrueSize, attributes.LogTrueSize);
        return fd;
    }

    public static int bpf_btf_load(byte* data, nuint size, byte* opts)
    {
        const int LogBuffer = 8, LogLevel = 16, LogSize = 20, LogTrueSize = 24, Flags = 28, TokenFd = 32, End = 36;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_btf_load_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        byte* log = options.Pointer(LogBuffer);
        uint logSize = options.U32(LogSize);
        uint level = options.U32(LogLevel);
        if (logSize != 0 && log == null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new BtfLoadAttributes { Btf = data, BtfSize = (uint)size, Flags = options.U32(Flags), TokenFd = options.I32(TokenFd) };
        if (level != 0)
        {
            WithLog(ref attributes, log, logSize, level);
        }

        int fd = Kernel.Open(BpfCommand.BtfLoad, ref attributes);
        if (fd < 0 && log != null && level == 0)
        {
            WithLog(ref attributes, log, logSize, 1);
            fd = Kernel.Open(BpfCommand.BtfLoad, ref attributes);
        }

        options.Set(LogTrueSize, attributes.LogTrueSize);
        return fd;
    }

    public static int bpf_obj_pin(int fd, byte* path) => bpf_obj_pin_opts(fd, path, null);

    public static int bpf_obj_pin_opts(int fd, byte* path, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(16, "bpf_obj_pin_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ObjectPathAttributes { PathName = path, Fd = fd, FileFlags = options.U32(8), PathFd = options.I32(12) };
        return Kernel.Call(BpfCommand.ObjectPin, ref attributes);
    }

    public static int bpf_obj_get(byte* path) => bpf_obj_get_opts(path, null);

    public static int bpf_obj_get_opts(byte* path, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(16, "bpf_obj_get_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ObjectPathAttributes { PathName = path, FileFlags = options.U32(8), PathFd = options.I32(12) };
        return Kernel.Open(BpfCommand.ObjectGet, ref attributes);
    }

    public static int bpf_prog_attach(int program, int target, uint type, uint flags) =>
        AttachProgram(BpfCommand.ProgramAttach, program, target, type, flags, 0, 0, 0, 0);

    public static int bpf_prog_attach_opts(int program, int target, uint type, byte* opts)
    {
        const int Flags = 8, ReplaceFd = 12, RelativeFd = 16, RelativeId = 20, Revision = 24, End = 32;
        var options = new Options(opts);
        return options.IsValid(End, "bpf_prog_attach_opts")
            ? AttachProgram(BpfCommand.ProgramAttach, program, target, type, options.U32(Flags), options.I32(ReplaceFd), options.I32(RelativeFd), options.U32(RelativeId), options.U64(Revision))
            : Answer.Error(Errno.EINVAL);
    }

    public static int bpf_prog_detach(int target, uint type) => AttachProgram(BpfCommand.ProgramDetach, 0, target, type, 0, 0, 0, 0, 0);

    public static int bpf_prog_detach2(int program, int target, uint type) => AttachProgram(BpfCommand.ProgramDetach, program, target, type, 0, 0, 0, 0, 0);

    public static int bpf_prog_detach_opts(int program, int target, uint type, byte* opts)
    {
        const int Flags = 8, RelativeFd = 12, RelativeId = 16, Revision = 24, End = 32;
        var options = new Options(opts);
        return options.IsValid(End, "bpf_prog_detach_opts")
            ? AttachProgram(BpfCommand.ProgramDetach, program, target, type, options.U32(Flags), 0, options.I32(RelativeFd), options.U32(RelativeId), options.U64(Revision))
            : Answer.Error(Errno.EINVAL);
    }

    public static int bpf_prog_query_opts(int target, uint type, byte* opts)
    {
        const int QueryFlags = 8, AttachFlags = 12, ProgramIds = 16, Count = 24, ProgramAttachFlags = 32, LinkIds = 40, LinkAttachFlags = 48, Revision = 56, End = 64;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_prog_query_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ProgramQueryAttributes
        {
            Target = target,
            AttachType = type,
            QueryFlags = options.U32(QueryFlags),
            Count = options.U32(Count),
            ProgramIds = (uint*)options.Pointer(ProgramIds),
            ProgramAttachFlags = (uint*)options.Pointer(ProgramAttachFlags),
            LinkIds = (uint*)options.Pointer(LinkIds),
            LinkAttachFlags = (uint*)options.Pointer(LinkAttachFlags),
        };
        int result = Kernel.Call(BpfCommand.ProgramQuery, ref attributes);
        options.Set(AttachFlags, attributes.AttachFlags);
        options.Set(Revision, attributes.Revision);
        options.Set(Count, attributes.Count);
        return result;
    }

    public static int bpf_prog_query(int target, uint type, uint queryFlags, uint* attachFlags, uint* programIds, uint* count)
    {
        var attributes = new ProgramQueryAttributes { Target = target, AttachType = type, QueryFlags = queryFlags, Count = *count, ProgramIds = programIds };
        int result = Kernel.Call(BpfCommand.ProgramQuery, ref attributes);
        if (attachFlags != null)
        {
            *attachFlags = attributes.AttachFlags;
        }

        *count = attributes.Count;
        return result;
    }

    public static int bpf_prog_test_run_opts(int program, byte* opts)
    {
        const int DataIn = 8, DataOut = 16, DataSizeIn = 24, DataSizeOut = 28, ContextIn = 32, ContextOut = 40, ContextSizeIn = 48, ContextSizeOut = 52;
        const int ReturnValue = 56, Repeat = 60, Duration = 64, Flags = 68, Cpu = 72, BatchSize = 76, End = 80;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_test_run_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ProgramTestRunAttributes
        {
            ProgramFd = program,
            DataIn = options.Pointer(DataIn),
            DataOut = options.Pointer(DataOut),
            DataSizeIn = options.U32(DataSizeIn),
            DataSizeOut = options.U32(DataSizeOut),
            ContextIn = options.Pointer(ContextIn),
            ContextOut = options.Pointer(ContextOut),
            ContextSizeIn = options.U32(ContextSizeIn),
            ContextSizeOut = options.U32(ContextSizeOut),
            Repeat = options.U32(Repeat),
            Duration = options.U32(Duration),
            Flags = options.U32(Flags),
            Cpu = options.U32(Cpu),
            BatchSize = options.U32(BatchSize),
        };
        int result = Kernel.Call(BpfCommand.ProgramTestRun, ref attributes);
        options.Set(DataSizeOut, attributes.DataSizeOut);
        options.Set(ContextSizeOut, attributes.ContextSizeOut);
        options.Set(Duration, attributes.Duration);
        options.Set(ReturnValue, attributes.ReturnValue);
        return result;
    }

    public static int bpf_prog_get_next_id(uint start, uint* next) => NextId(BpfCommand.ProgramGetNextId, start, next);

    public static int bpf_map_get_next_id(uint start, uint* next) => NextId(BpfCommand.MapGetNextId, start, next);

    public static int bpf_btf_get_next_id(uint start, uint* next) => NextId(BpfCommand.BtfGetNextId, start, next);

    public static int bpf_link_get_next_id(uint start, uint* next) => NextId(BpfCommand.LinkGetNextId, start, next);

    public static int bpf_prog_get_fd_by_id(uint id) => OpenById(BpfCommand.ProgramGetFdById, id, null);

    public static int bpf_prog_get_fd_by_id_opts(uint id, byte* opts) => OpenById(BpfCommand.ProgramGetFdById, id, opts);

    public static int bpf_map_get_fd_by_id(uint id) => OpenById(BpfCommand.MapGetFdById, id, null);

    public static int bpf_map_get_fd_by_id_opts(uint id, byte* opts) => OpenById(BpfCommand.MapGetFdById, id, opts);

    public static int bpf_btf_get_fd_by_id(uint id) => OpenById(BpfCommand.BtfGetFdById, id, null);

    public static int bpf_btf_get_fd_by_id_opts(uint id, byte* opts) => OpenById(BpfCommand.BtfGetFdById, id, opts);

    public static int bpf_link_get_fd_by_id(uint id) => OpenById(BpfCommand.LinkGetFdById, id, null);

    public static int bpf_link_get_fd_by_id_opts(uint id, byte* opts) => OpenById(BpfCommand.LinkGetFdById, id, opts);

    public static int bpf_obj_get_info_by_fd(int fd, byte* info, uint* length)
    {
        var attributes = new ObjectInfoAttributes { Fd = fd, InfoLength = *length, Info = info };
        int result = Kernel.Call(BpfCommand.ObjectGetInfoByFd, ref attributes);
        if (result == 0)
        {
            *length = attributes.InfoLength;
        }

        return result;
    }

    public static int bpf_prog_get_info_by_fd(int fd, byte* info, uint* length) => bpf_obj_get_info_by_fd(fd, info, length);

    public static int bpf_map_get_info_by_fd(int fd, byte* info, uint* length) => bpf_obj_get_info_by_fd(fd, info, length);

    public static int bpf_btf_get_info_by_fd(int fd, byte* info, uint* length) => bpf_obj_get_info_by_fd(fd, info, length);

    public static int bpf_link_get_info_by_fd(int fd, byte* info, uint* length) => bpf_obj_get_info_by_fd(fd, info, length);

    public static int bpf_raw_tracepoint_open(byte* name, int program)
    {
        var attributes = new RawTracepointAttributes { Name = name, ProgramFd = program };
        return Kernel.Open(BpfCommand.RawTracepointOpen, ref attributes);
    }

    public static int bpf_raw_tracepoint_open_opts(int program, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(24, "bpf_raw_tp_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new RawTracepointAttributes { Name = options.Pointer(8), ProgramFd = program, Cookie = options.U64(16) };
        return Kernel.Open(BpfCommand.RawTracepointOpen, ref attributes);
    }

    public static int bpf_task_fd_query(int pid, int fd, uint flags, byte* buffer, uint* length, uint* programId, uint* fdType, ulong* probeOffset, ulong* probeAddress)
    {
        var attributes = new TaskFdQueryAttributes { Pid = (uint)pid, Fd = (uint)fd, Flags = flags, Buffer = buffer, BufferLength = *length };
        int result = Kernel.Call(BpfCommand.TaskFdQuery, ref attributes);
        *length = attributes.BufferLength;
        *programId = attributes.ProgramId;
        *fdType = attributes.FdType;
        *probeOffset = attributes.ProbeOffset;
        *probeAddress = attributes.ProbeAddress;
        return result;
    }

    public static int bpf_enable_stats(uint type)
    {
        var attributes = new EnableStatsAttributes { Type = type };
        return Kernel.Open(BpfCommand.EnableStats, ref attributes);
    }

    public static int bpf_prog_bind_map(int program, int map, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(12, "bpf_prog_bind_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ProgramBindMapAttributes { ProgramFd = program, MapFd = map, Flags = options.U32(8) };
        return Kernel.Call(BpfCommand.ProgramBindMap, ref attributes);
    }

    public static int bpf_iter_create(int link)
    {
        var attributes = new IteratorCreateAttributes { LinkFd = link };
        return Kernel.Open(BpfCommand.IteratorCreate, ref attributes);
    }

    public static int bpf_prog_stream_read(int program, uint stream, byte* buffer, uint length, byte* opts)
    {
        if (!new Options(opts).IsValid(8, "bpf_prog_stream_read_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new StreamReadAttributes { Buffer = buffer, BufferLength = length, Stream = stream, ProgramFd = program };
        return Kernel.Call(BpfCommand.ProgramStreamRead, ref attributes);
    }

    public static int bpf_prog_assoc_struct_ops(int program, int map, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(12, "bpf_prog_assoc_struct_ops_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new AssociateStructOpsAttributes { MapFd = map, ProgramFd = program, Flags = options.U32(8) };
        return Kernel.Call(BpfCommand.ProgramAssociateStructOps, ref attributes);
    }

    public static int bpf_token_create(int bpffs, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(12, "bpf_token_create_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new TokenCreateAttributes { BpffsFd = bpffs, Flags = options.U32(8) };
        return Kernel.Open(BpfCommand.TokenCreate, ref attributes);
    }

    /// <summary>BPF_PROG_STREAM_READ_BY_FD; since Linux 6.17. It answers with the bytes that were read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct StreamReadAttributes
    {
        public byte* Buffer;
        public uint BufferLength;
        public uint Stream;
        public int ProgramFd;
        private readonly uint _padding;
    }

    /// <summary>BPF_PROG_ASSOC_STRUCT_OPS; since Linux 7.0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AssociateStructOpsAttributes
    {
        public int MapFd;
        public int ProgramFd;
        public uint Flags;
    }

    private static void WithLog(ref ProgramLoadAttributes attributes, byte* log, uint size, uint level)
    {
        attributes.LogBuffer = log;
        attributes.LogSize = size;
        attributes.LogLevel = level;
    }

    private static void WithLog(ref BtfLoadAttributes attributes, byte* log, uint size, uint level)
    {
        attributes.LogBuffer = log;
        attributes.LogSize = size;
        attributes.LogLevel = level;
    }

    private static int AttachProgram(BpfCommand command, int program, int target, uint type, uint flags, int replace, int relativeFd, uint relativeId, ulong revision)
    {
        if (relativeFd != 0 && relativeId != 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ProgramAttachAttributes
        {
            Target = target,
            ProgramFd = program,
            AttachType = type,
            Flags = relativeId != 0 ? flags | FlagById : flags,
            ReplaceProgramFd = replace,
            Relative = relativeId != 0 ? relativeId : (uint)relativeFd,
            ExpectedRevision = revision,
        };
        return Kernel.Call(command, ref attributes);
    }

    private static int NextId(BpfCommand command, uint start, uint* next)
    {
        var attributes = new ObjectIdAttributes { Id = start };
        int result = Kernel.Call(command, ref attributes);
        if (result == 0)
        {
            *next = attributes.NextId;
        }

        return result;
    }

    private static int OpenById(BpfCommand command, uint id, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(16, "bpf_get_fd_by_id_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new ObjectIdAttributes { Id = id, OpenFlags = options.U32(8), TokenFd = options.I32(12) };
        return Kernel.Open(command, ref attributes);
    }
}
