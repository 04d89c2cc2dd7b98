using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Native;

/// <content>Attaching to perf events: probes and tracepoints.</content>
internal static unsafe partial class Libbpf
{
    /// <summary>enum probe_attach_mode.</summary>
    private enum ProbeMode : uint
    {
        Default,
        Legacy,
        Perf,
        Link,
    }

    public static nint bpf_program__attach_perf_event(nint program, int fd) => AttachPerf(Program(program), fd, 0, false, false);

    public static nint bpf_program__attach_perf_event_opts(nint program, int fd, byte* opts)
    {
        var options = new Options(opts);
        return options.IsValid(18, "bpf_perf_event_opts")
            ? AttachPerf(Program(program), fd, options.U64(8), options.Flag(16), options.Flag(17))
            : Answer.Null(Errno.EINVAL);
    }

    public static nint bpf_program__attach_kprobe(nint program, bool isReturn, byte* function) => AttachKprobe(Program(program), Text.Read(function), isReturn, 0, 0);

    public static nint bpf_program__attach_kprobe_opts(nint program, byte* function, byte* opts)
    {
        const int Cookie = 8, Offset = 16, Return = 24, Mode = 28, End = 32;
        var options = new Options(opts);
        return options.IsValid(End, "bpf_kprobe_opts") && options.U32(Mode) <= (uint)ProbeMode.Link
            ? AttachKprobe(Program(program), Text.Read(function), options.Flag(Return), options.U64(Offset), options.U64(Cookie), (ProbeMode)options.U32(Mode))
            : Answer.Null(Errno.EINVAL);
    }

    public static nint bpf_program__attach_ksyscall(nint program, byte* syscall, byte* opts)
    {
        var options = new Options(opts);
        return options.IsValid(17, "bpf_ksyscall_opts")
            ? AttachSyscall(Program(program), Text.Read(syscall)!, options.Flag(16), options.U64(8))
            : Answer.Null(Errno.EINVAL);
    }

    public static nint bpf_program__attach_kprobe_multi_opts(nint program, byte* pattern, byte* opts)
    {
        const int Symbols = 8, Addresses = 16, Cookies = 24, Count = 32, Return = 40, Session = 41, End = 43;
        NativeProgram source = Program(program);
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_kprobe_multi_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        byte** symbols = (byte**)options.Pointer(Symbols);
        byte* addresses = options.Pointer(Addresses);
        byte* cookies = options.Pointer(Cookies);
        ulong count = options.U64(Count);
        bool isReturn = options.Flag(Return);
        bool isSession = options.Flag(Session);
        bool isGiven = symbols != null || addresses != null;
        if ((pattern == null) == !isGiven || (pattern != null && (cookies != null || count != 0))
            || (pattern == null && (count == 0 || (symbols != null) == (addresses != null))) || (isReturn && isSession))
        {
            return Answer.Null(Errno.EINVAL);
        }

        return pattern != null
            ? AttachKprobes(source, Text.Read(pattern)!, isReturn, isSession)
            : AttachKprobeList(source, (uint)count, symbols, addresses, cookies, isReturn, isSession);
    }

    public static nint bpf_program__attach_tracepoint(nint program, byte* category, byte* name) =>
        AttachTracepoint(Program(program), Text.Read(category)!, Text.Read(name)!, 0);

    public static nint bpf_program__attach_tracepoint_opts(nint program, byte* category, byte* name, byte* opts)
    {
        var options = new Options(opts);
        return options.IsValid(16, "bpf_tracepoint_opts")
            ? AttachTracepoint(Program(program), Text.Read(category)!, Text.Read(name)!, options.U64(8))
            : Answer.Null(Errno.EINVAL);
    }

    public static nint bpf_program__attach_uprobe(nint program, bool isReturn, int pid, byte* binary, nuint offset) =>
        AttachUprobe(Program(program), new UprobeTarget(Text.Read(binary), null, offset, pid, isReturn, 0, 0));

    public static nint bpf_program__attach_uprobe_opts(nint program, int pid, byte* binary, nuint offset, byte* opts)
    {
        const int ReferenceCounter = 8, Cookie = 16, Return = 24, Function = 32, Mode = 40, End = 44;
        var options = new Options(opts);
        return options.IsValid(End, "bpf_uprobe_opts") && options.U32(Mode) <= (uint)ProbeMode.Link
            ? AttachUprobe(
                Program(program),
                new UprobeTarget(
                    Text.Read(binary), Text.Read(options.Pointer(Function)), offset, pid, options.Flag(Return), options.U64(ReferenceCounter), options.U64(Cookie)),
                (ProbeMode)options.U32(Mode))
            : Answer.Null(Errno.EINVAL);
    }

    public static nint bpf_program__attach_usdt(nint program, int pid, byte* binary, byte* provider, byte* name, byte* opts)
    {
        var options = new Options(opts);
        return options.IsValid(16, "bpf_usdt_opts")
            ? AttachUsdt(Program(program), pid, Text.Read(binary), Text.Read(provider)!, Text.Read(name)!, options.U64(8))
            : Answer.Null(Errno.EINVAL);
    }

    /// <summary>A user statically defined tracepoint; a pid of 0 is this process, a negative one all.</summary>
    internal static nint AttachUsdt(NativeProgram program, int pid, string? binary, string provider, string name, ulong cookie)
    {
        if (program.Fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': can't attach BPF program without FD (was it loaded?)\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (binary is null || program.Linked is not { } linked)
        {
            return Answer.Null(Errno.EINVAL);
        }

        var options = new UsdtOptions { Pid = pid < 0 ? null : pid, Cookie = cookie };
        ILinkHandle made = UsdtLink.Attach(linked, program.Fd, new UsdtRequest(binary, provider, name, options, program.Owner.Usdt));
        return new NativeLink(made.Fd ?? -1, () =>
        {
            made.Dispose();
            return 0;
        }).Handle;
    }

    internal static nint AttachTracepoint(NativeProgram program, string category, string name, ulong cookie)
    {
        int fd = PerfEvents.OpenTracepoint(category, name);
        if (fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': failed to create tracepoint '{category}/{name}' perf event: {ErrorText.Symbol((Errno)(-fd))}\n");
            return Answer.Null((Errno)(-fd));
        }

        return AttachOpened(program, fd, cookie, false, $"tracepoint '{category}/{name}'");
    }

    internal static nint AttachSyscall(NativeProgram program, string name, bool isReturn, ulong cookie)
    {
        string prefix = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        return AttachKprobe(program, $"__{prefix}_sys_{name}", isReturn, 0, cookie);
    }

    internal static nint AttachKprobe(NativeProgram program, string? function, bool isReturn, ulong offset, ulong cookie) =>
        AttachKprobe(program, function, isReturn, offset, cookie, ProbeMode.Default);

    internal static nint AttachUprobe(NativeProgram program, UprobeTarget target) => AttachUprobe(program, target, ProbeMode.Default);

    /// <summary>Attaches to all functions of the kernel that a pattern names and that can be traced.</summary>
    internal static nint AttachKprobes(NativeProgram program, string pattern, bool isReturn, bool isSession)
    {
        if (!Glob.IsPattern(pattern))
        {
            byte* name = Text.Copy(pattern);
            nint one = AttachKprobeList(program, 1, &name, null, null, isReturn, isSession);
            Text.Free(name);
            return one;
        }

        ulong[] found = KernelFunctions.FindAddresses(pattern);
        fixed (ulong* addresses = found)
        {
            return AttachKprobeList(program, (uint)found.Length, null, (byte*)addresses, null, isReturn, isSession);
        }
    }

    private static nint AttachKprobeList(NativeProgram program, uint count, byte** symbols, byte* addresses, byte* cookies, bool isReturn, bool isSession)
    {
        const uint ReturnFlag = 1;
        LinkOptions link = LinkOptions.New();
        link.Union[0] = isReturn ? ReturnFlag : 0;
        link.Union[1] = count;
        *(byte***)(link.Union + 2) = symbols;
        *(byte**)(link.Union + 4) = addresses;
        *(byte**)(link.Union + 6) = cookies;
        return AttachLink(program, 0, (uint)(isSession ? AttachType.TraceKprobeSession : AttachType.TraceKprobeMulti), null, &link);
    }

    private static nint AttachKprobe(NativeProgram program, string? function, bool isReturn, ulong offset, ulong cookie, ProbeMode mode)
    {
        if (mode == ProbeMode.Legacy)
        {
            Print.Warn($"prog '{program.Spec.Name}': attaching through tracefs is not supported by this library (Ebpf for .NET)\n");
            return Answer.Null(Errno.EOPNOTSUPP);
        }

        string what = $"{(isReturn ? "kretprobe" : "kprobe")} '{function}{(function is null ? "" : "+")}0x{offset:x}'";
        int fd = PerfEvents.OpenProbe("kprobe", isReturn, function, offset, -1, 0);
        if (fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': failed to create {what} perf event: {ErrorText.Symbol((Errno)(-fd))}\n");
            return Answer.Null((Errno)(-fd));
        }

        return AttachOpened(program, fd, cookie, mode == ProbeMode.Perf, what);
    }

    private static nint AttachUprobe(NativeProgram program, UprobeTarget target, ProbeMode mode)
    {
        if (target.Binary is null)
        {
            return Answer.Null(Errno.EINVAL);
        }

        if (mode == ProbeMode.Legacy)
        {
            Print.Warn($"prog '{program.Spec.Name}': attaching through tracefs is not supported by this library (Ebpf for .NET)\n");
            return Answer.Null(Errno.EOPNOTSUPP);
        }

        string path = UserBinary.Resolve(target.Binary);
        ulong offset = target.Offset + (target.Function is { } function ? UserBinary.Open(path).FindFunction(function) : 0);

        string what = $"{(target.IsReturn ? "uretprobe" : "uprobe")} '{path}:0x{offset:x}'";
        int fd = PerfEvents.OpenProbe("uprobe", target.IsReturn, path, offset, target.Pid, target.ReferenceCounter);
        if (fd < 0)
        {
            Print.Warn($"prog '{program.Spec.Name}': failed to create {what} perf event: {ErrorText.Symbol((Errno)(-fd))}\n");
            return Answer.Null((Errno)(-fd));
        }

        return AttachOpened(program, fd, target.Cookie, mode == ProbeMode.Perf, what);
    }

    private static nint AttachOpened(NativeProgram program, int fd, ulong cookie, bool byIoctl, string what)
    {
        nint link = AttachPerf(program, fd, cookie, byIoctl, false);
        if (link == 0)
        {
            int errno = Marshal.GetLastSystemError();
            _ = LibC.Close(fd);
            Print.Warn($"prog '{program.Spec.Name}': failed to attach to {what}: {ErrorText.Symbol((Errno)errno)}\n");
            return Answer.Null((Errno)errno);
        }

        return link;
    }

    /// <remarks>bpf_program__attach_perf_event_opts in libbpf.c. The link owns the event's descriptor, unless attaching fails.</remarks>
    private static nint AttachPerf(NativeProgram program, int fd, ulong cookie, bool byIoctl, bool leavesDisabled)
    {
        string name = program.Spec.Name;
        if (fd < 0)
        {
            Print.Warn($"prog '{name}': invalid perf event FD {fd}\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (program.Fd < 0)
        {
            Print.Warn($"prog '{name}': can't attach BPF program without FD (was it loaded?)\n");
            return Answer.Null(Errno.EINVAL);
        }

        int link = fd;
        if (byIoctl)
        {
            int error = cookie != 0 ? Answer.Error(Errno.EOPNOTSUPP) : PerfEvents.Ioctl(fd, PerfEvents.IoctlSetBpf, program.Fd);
            if (error != 0)
            {
                Print.Warn(cookie != 0
                    ? $"prog '{name}': user context value is not supported\n"
                    : $"prog '{name}': failed to attach to perf_event FD {fd}: {ErrorText.Symbol((Errno)(-error))}\n");
                return Answer.Null((Errno)(-error));
            }
        }
        else
        {
            LinkOptions options = LinkOptions.New();
            *(ulong*)options.Union = cookie;
            link = bpf_link_create(program.Fd, fd, (uint)AttachType.PerfEvent, (byte*)&options);
            if (link < 0)
            {
                Print.Warn($"prog '{name}': failed to create BPF link for perf_event FD {fd}: {ErrorText.Symbol((Errno)(-link))}\n");
                return Answer.Null((Errno)(-link));
            }
        }

        int enabled = leavesDisabled ? 0 : PerfEvents.Ioctl(fd, PerfEvents.IoctlEnable);
        if (enabled != 0)
        {
            Print.Warn($"prog '{name}': failed to enable perf_event FD {fd}: {ErrorText.Symbol((Errno)(-enabled))}\n");
            if (link != fd)
            {
                _ = LibC.Close(link);
            }

            return Answer.Null((Errno)(-enabled));
        }

        return new NativeLink(link, () =>
        {
            int error = PerfEvents.Ioctl(fd, PerfEvents.IoctlDisable);
            if (link != fd)
            {
                _ = LibC.Close(fd);
            }

            _ = LibC.Close(link);
            return error;
        }).Handle;
    }
}

/// <summary>A place in a binary.</summary>
internal sealed record UprobeTarget(string? Binary, string? Function, ulong Offset, int Pid, bool IsReturn, ulong ReferenceCounter, ulong Cookie);
