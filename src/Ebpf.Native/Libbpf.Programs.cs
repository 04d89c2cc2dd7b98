using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Programs of an object.</content>
internal static unsafe partial class Libbpf
{
    public static byte* bpf_program__name(nint program) => Program(program).Name;

    public static byte* bpf_program__section_name(nint program) => Program(program).SectionName;

    public static bool bpf_program__autoload(nint program) => Program(program).Spec.AutoLoad;

    public static int bpf_program__set_autoload(nint program, bool autoload)
    {
        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EINVAL);
        }

        target.Spec.AutoLoad = autoload;
        return 0;
    }

    public static bool bpf_program__autoattach(nint program) => Program(program).Spec.AutoAttach;

    public static void bpf_program__set_autoattach(nint program, bool autoattach) => Program(program).Spec.AutoAttach = autoattach;

    public static byte* bpf_program__insns(nint program) => Program(program).Instructions;

    public static nuint bpf_program__insn_cnt(nint program) => (nuint)Program(program).InstructionCount;

    public static int bpf_program__fd(nint program)
    {
        if (program == 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        int fd = Program(program).Fd;
        return fd >= 0 ? fd : Answer.Error(Errno.ENOENT);
    }

    public static uint bpf_program__type(nint program) => (uint)Program(program).Spec.Type;

    public static uint bpf_program__get_type(nint program) => (uint)Program(program).Spec.Type;

    public static int bpf_program__set_type(nint program, uint type)
    {
        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EBUSY);
        }

        if (target.Spec.Type != (ProgramType)type)
        {
            target.Spec.Type = (ProgramType)type;
            target.HasSection = false;
        }

        return 0;
    }

    public static uint bpf_program__expected_attach_type(nint program) => AttachTypeOf(Program(program));

    public static uint bpf_program__get_expected_attach_type(nint program) => AttachTypeOf(Program(program));

    public static int bpf_program__set_expected_attach_type(nint program, uint type)
    {
        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EBUSY);
        }

        target.Spec.AttachType = (AttachType)type;
        return 0;
    }

    public static uint bpf_program__flags(nint program) => Program(program).Flags;

    public static int bpf_program__set_flags(nint program, uint flags)
    {
        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EBUSY);
        }

        target.Flags = flags;
        return 0;
    }

    public static void bpf_program__set_ifindex(nint program, uint ifindex) => Program(program).Ifindex = ifindex;

    public static uint bpf_program__log_level(nint program) => Program(program).LogLevel;

    public static int bpf_program__set_log_level(nint program, uint level)
    {
        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EBUSY);
        }

        target.LogLevel = level;
        return 0;
    }

    public static byte* bpf_program__log_buf(nint program, nuint* size)
    {
        NativeProgram source = Program(program);
        *size = source.LogSize;
        return source.LogBuffer;
    }

    public static int bpf_program__set_log_buf(nint program, byte* buffer, nuint size)
    {
        NativeProgram target = Program(program);
        if ((size != 0 && buffer == null) || target.LogSize > uint.MaxValue)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (target.Owner.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EBUSY);
        }

        target.LogBuffer = buffer;
        target.LogSize = size;
        return 0;
    }

    public static int bpf_program__set_attach_target(nint program, int targetProgram, byte* function)
    {
        if (program == 0 || targetProgram < 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        NativeProgram target = Program(program);
        if (target.Owner.State >= ObjectState.Loaded || (targetProgram == 0 && function == null))
        {
            return Answer.Error(Errno.EINVAL);
        }

        // What a program attaches to is asked for when it is known: by name in the other program's types, or in the kernel's.
        string? name = Text.Read(function) ?? target.Spec.AttachTarget;
        int id = targetProgram != 0 && name is not null ? ProgramBtf.FindFunction(targetProgram, name) : 0;
        if (id < 0)
        {
            return id;
        }

        target.AttachProgram = targetProgram;
        target.AttachTypeId = (uint)id;
        target.Spec.AttachTarget = name;
        return 0;
    }

    public static byte* bpf_program__func_info(nint program) => Program(program).FunctionInfo();

    public static uint bpf_program__func_info_cnt(nint program) => Program(program).FunctionInfoCount;

    /// <summary>Makes a further program of the linked instructions, with other options; the descriptor is the caller's.</summary>
    public static int bpf_program__clone(nint program, byte* opts)
    {
        if (program == 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        NativeProgram source = Program(program);
        var options = new Options(opts);
        if (!options.IsValid(ProgramLoadOptions.End, "bpf_prog_load_opts") || source.Owner.State < ObjectState.Prepared)
        {
            return Answer.Error(Errno.EINVAL);
        }

        // The caller's options go first; what they leave out is the program's.
        byte* merged = stackalloc byte[ProgramLoadOptions.End + 4];
        new Span<byte>(merged, ProgramLoadOptions.End + 4).Clear();
        if (opts != null)
        {
            int known = (int)Math.Min(*(nuint*)opts, (nuint)ProgramLoadOptions.End);
            new ReadOnlySpan<byte>(opts, known).CopyTo(new Span<byte>(merged, known));
        }

        *(nuint*)merged = ProgramLoadOptions.End;
        Default(merged, ProgramLoadOptions.ExpectedAttachType, AttachTypeOf(source));
        Default(merged, ProgramLoadOptions.Flags, source.Flags);
        Default(merged, ProgramLoadOptions.Ifindex, source.Ifindex);
        Default(merged, ProgramLoadOptions.KernelVersion, source.Owner.KernelVersion);
        Default(merged, ProgramLoadOptions.AttachProgramFd, (uint)source.AttachProgram);
        Default(merged, ProgramLoadOptions.AttachBtfId, source.AttachTypeId);
        return bpf_prog_load((uint)source.Spec.Type, source.Name, Text.Static(source.Owner.Spec.License), source.Instructions, (nuint)source.InstructionCount, merged);
    }

    public static uint bpf_program__line_info_cnt(nint program) => Program(program).LineInfoCount;

    public static void bpf_program__unload(nint program)
    {
        if (program != 0)
        {
            Program(program).Unload();
        }
    }

    internal static NativeProgram Program(nint pointer) => Handles.Get<NativeProgram>(pointer);

    private static void Default(byte* options, int offset, uint value)
    {
        uint* field = (uint*)(options + offset);
        *field = *field == 0 ? value : *field;
    }

    // Where there is none libbpf has zero.
    private static uint AttachTypeOf(NativeProgram program) => program.Spec.AttachType == AttachType.None ? 0 : (uint)program.Spec.AttachType;
}
