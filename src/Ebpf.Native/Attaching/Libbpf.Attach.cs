using System.Runtime.InteropServices;
using Ebpf.Native.Embedded;
using Ebpf.Platforms;
using Ebpf.Platforms.Embedded;

namespace Ebpf.Native;

/// <content>Attaching what becomes a link of the kernel's by one call.</content>
internal static unsafe partial class Libbpf
{
    public static nint bpf_program__attach(nint program)
    {
        NativeProgram source = Program(program);
        if (!AutoAttachment.Exists(source))
        {
            return Answer.Null(Errno.EOPNOTSUPP);
        }

        if (source.Fd < 0)
        {
            Print.Warn($"prog '{source.Spec.Name}': can't attach BPF program without FD (was it loaded?)\n");
            return Answer.Null(Errno.EINVAL);
        }

        int error = AutoAttachment.Attach(source, out nint link);
        // Who asks for it expects it to work: no link is an error here, not in skeletons.
        return error != 0 ? Answer.Null((Errno)(-error)) : link != 0 ? link : Answer.Null(Errno.EOPNOTSUPP);
    }

    public static nint bpf_program__attach_cgroup(nint program, int cgroup) => AttachFd(Program(program), cgroup, "cgroup", null);

    public static nint bpf_program__attach_netns(nint program, int netns) => AttachFd(Program(program), netns, "netns", null);

    public static nint bpf_program__attach_sockmap(nint program, int map) => AttachFd(Program(program), map, "sockmap", null);

    public static nint bpf_program__attach_xdp(nint program, int ifindex) => AttachFd(Program(program), ifindex, "xdp", null);

    public static nint bpf_program__attach_cgroup_opts(nint program, int cgroup, byte* opts) => AttachAmong(Program(program), cgroup, "cgroup", opts, "bpf_cgroup_opts");

    public static nint bpf_program__attach_tcx(nint program, int ifindex, byte* opts) => AttachToDevice(Program(program), ifindex, "tcx", opts, "bpf_tcx_opts");

    public static nint bpf_program__attach_netkit(nint program, int ifindex, byte* opts) => AttachToDevice(Program(program), ifindex, "netkit", opts, "bpf_netkit_opts");

    public static nint bpf_program__attach_netfilter(nint program, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(24, "bpf_netfilter_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        LinkOptions link = LinkOptions.New();
        link.Union[0] = options.U32(8);
        link.Union[1] = options.U32(12);
        link.Union[2] = options.U32(16);
        link.Union[3] = options.U32(20);
        return AttachLink(Program(program), 0, (uint)AttachType.Netfilter, "netfilter", &link);
    }

    public static nint bpf_program__attach_iter(nint program, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(20, "bpf_iter_attach_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        LinkOptions link = LinkOptions.New();
        link.IteratorInfo = options.Pointer(8);
        link.IteratorInfoLength = options.U32(16);
        return AttachLink(Program(program), 0, (uint)AttachType.TraceIter, "iterator", &link);
    }

    public static nint bpf_program__attach_trace(nint program) => AttachByBtf(Program(program), null);

    public static nint bpf_program__attach_trace_opts(nint program, byte* opts) => AttachByBtf(Program(program), opts);

    public static nint bpf_program__attach_lsm(nint program) => AttachByBtf(Program(program), null);

    public static nint bpf_program__attach_freplace(nint program, int target, byte* function)
    {
        NativeProgram source = Program(program);
        if ((target != 0) != (function != null))
        {
            Print.Warn($"prog '{source.Spec.Name}': supply none or both of target_fd and attach_func_name\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (source.Spec.Type != ProgramType.Ext)
        {
            Print.Warn($"prog '{source.Spec.Name}': only BPF_PROG_TYPE_EXT can attach as freplace\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (target == 0)
        {
            return AttachByBtf(source, null);
        }

        int id = ProgramBtf.FindFunction(target, Text.Read(function)!);
        if (id < 0)
        {
            return Answer.Null((Errno)(-id));
        }

        LinkOptions link = LinkOptions.New();
        link.TargetBtfId = (uint)id;
        return AttachFd(source, target, "freplace", &link);
    }

    public static nint bpf_program__attach_raw_tracepoint(nint program, byte* name) => bpf_program__attach_raw_tracepoint_opts(program, name, null);

    public static nint bpf_program__attach_raw_tracepoint_opts(nint program, byte* name, byte* opts)
    {
        NativeProgram source = Program(program);
        var options = new Options(opts);
        if (!options.IsValid(16, "bpf_raw_tracepoint_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        if (source.Fd < 0)
        {
            return NotLoaded(source);
        }

        var raw = new RawTracepointOptions { Size = (nuint)sizeof(RawTracepointOptions), Name = name, Cookie = options.U64(8) };
        int fd = bpf_raw_tracepoint_open_opts(source.Fd, (byte*)&raw);
        if (fd < 0)
        {
            Print.Warn($"prog '{source.Spec.Name}': failed to attach to raw tracepoint '{Text.Read(name)}': {ErrorText.Symbol((Errno)(-fd))}\n");
            return Answer.Null((Errno)(-fd));
        }

        return new NativeLink(fd).Handle;
    }

    /// <summary>A link of the embedded platform: the program waits at a hook of that name.</summary>
    internal static nint AttachEmbedded(NativeProgram program, string hook)
    {
        if (DescriptorTable.Find<EmbeddedProgramHandle>(program.Fd) is not { } handle)
        {
            return Answer.Null(Errno.EINVAL);
        }

        ILinkHandle made = handle.Attach(new HookRequest(hook));
        DescriptorTable.Register(made.Fd!.Value, made);
        return new NativeLink(made.Fd.Value, () =>
        {
            DescriptorTable.Unregister(made.Fd.Value, made);
            return 0;
        }).Handle;
    }

    private static nint AttachByBtf(NativeProgram program, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(16, "bpf_trace_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        LinkOptions link = LinkOptions.New();
        *(ulong*)link.Union = options.U64(8);
        return AttachLink(program, 0, AttachTypeOf(program), null, &link);
    }

    private static nint AttachToDevice(NativeProgram program, int ifindex, string what, byte* opts, string name)
    {
        if (!new Options(opts).IsValid(32, name))
        {
            return Answer.Null(Errno.EINVAL);
        }

        if (ifindex == 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': target netdevice ifindex cannot be zero\n");
            return Answer.Null(Errno.EINVAL);
        }

        return AttachAmong(program, ifindex, what, opts, name);
    }

    /// <summary>Attaches at a place among others: bpf_tcx_opts, bpf_netkit_opts and bpf_cgroup_opts have one form.</summary>
    private static nint AttachAmong(NativeProgram program, int target, string what, byte* opts, string name)
    {
        const int Flags = 8, RelativeFd = 12, RelativeId = 16, Revision = 24, End = 32;
        var options = new Options(opts);
        if (!options.IsValid(End, name))
        {
            return Answer.Null(Errno.EINVAL);
        }

        if (options.U32(RelativeFd) != 0 && options.U32(RelativeId) != 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': relative_fd and relative_id cannot be set at the same time\n");
            return Answer.Null(Errno.EINVAL);
        }

        LinkOptions link = LinkOptions.New();
        link.Flags = options.U32(Flags);
        link.Union[0] = options.U32(RelativeFd);
        link.Union[1] = options.U32(RelativeId);
        *(ulong*)(link.Union + 2) = options.U64(Revision);
        return AttachFd(program, target, what, &link);
    }

    /// <remarks>bpf_program_attach_fd in libbpf.c.</remarks>
    private static nint AttachFd(NativeProgram program, int target, string what, LinkOptions* options) =>
        AttachLink(program, target, AttachTypeOf(program), what, options);

    private static nint AttachLink(NativeProgram program, int target, uint attachType, string? what, LinkOptions* options)
    {
        if (program.Fd < 0)
        {
            return NotLoaded(program);
        }

        int fd = bpf_link_create(program.Fd, target, attachType, (byte*)options);
        if (fd < 0)
        {
            string where = what is null ? "" : $" to {what}";
            Print.Warn($"prog '{program.Spec.Name}': failed to attach{where}: {ErrorText.Symbol((Errno)(-fd))}\n");
            return Answer.Null((Errno)(-fd));
        }

        return new NativeLink(fd).Handle;
    }

    private static nint NotLoaded(NativeProgram program)
    {
        Print.Warn($"prog '{program.Spec.Name}': can't attach before loaded\n");
        return Answer.Null(Errno.EINVAL);
    }

    /// <summary>struct bpf_link_create_opts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkOptions
    {
        public nuint Size;
        public uint Flags;
        private readonly uint _padding;
        public byte* IteratorInfo;
        public uint IteratorInfoLength;
        public uint TargetBtfId;
        public fixed uint Union[12];

        public static LinkOptions New() => new() { Size = (nuint)sizeof(LinkOptions) };
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RawTracepointOptions
    {
        public nuint Size;
        public byte* Name;
        public ulong Cookie;
    }
}
