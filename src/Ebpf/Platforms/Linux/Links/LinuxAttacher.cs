using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>Attaches a loaded program: finds the way that the kernel has for what is asked.</summary>
/// <remarks>The bpf_program__attach functions of libbpf.c, with their fall-backs for older kernels.</remarks>
internal static partial class LinuxAttacher
{
    /// <param name="program">What the program is.</param>
    /// <param name="fd">Its descriptor, which the caller keeps open.</param>
    /// <param name="request">Where to.</param>
    /// <exception cref="BpfException">The kernel refuses; nothing is left behind.</exception>
    public static ILinkHandle Attach(ProgramSpec program, int fd, AttachRequest request) => request switch
    {
        HookRequest hook => Attach(program, fd, SectionTarget.Parse(hook)),
        TargetRequest target => AttachTarget(program, fd, target),
        ReplaceRequest replace => AttachReplace(fd, replace),
        IteratorRequest iterator => AttachIterator(fd, iterator),
        XdpRequest xdp => AttachXdp(fd, xdp),
        DeviceRequest device => AttachDevice(fd, device),
        CgroupRequest cgroup => AttachCgroup(fd, cgroup),
        NetworkNamespaceRequest place => AttachNetworkNamespace(fd, place),
        SockMapRequest map => AttachSockMap(fd, map),
        NetfilterRequest netfilter => AttachNetfilter(fd, netfilter),
        RawTracepointRequest tracepoint => AttachRawTracepoint(fd, tracepoint),
        TracepointRequest tracepoint => AttachTracepoint(fd, tracepoint),
        PerfEventRequest perfEvent => AttachPerfEvent(fd, perfEvent),
        KprobeRequest kprobe => AttachKprobe(fd, kprobe),
        SystemCallRequest systemCall => AttachKprobe(fd, new KprobeRequest(
            Tracing.SystemCallNames.FunctionOf(systemCall.Name), new KprobeOptions { IsReturn = systemCall.IsReturn, Cookie = systemCall.Cookie })),
        KprobeMultiRequest kprobes => AttachKprobes(fd, kprobes),
        UprobeRequest uprobe => AttachUprobe(fd, uprobe),
        UprobeMultiRequest uprobes => AttachUprobes(fd, uprobes),
        UsdtRequest usdt => UsdtLink.Attach(program, fd, usdt),
        _ => throw new BpfNotSupportedException($"attaching to {request.Hook}", "linux"),
    };

    private static KernelLink Create(ref LinkCreateAttributes attributes, string hook, Version since, string? says = null)
    {
        Errno errno = Bpf.CreateLink(ref attributes, out FileDescriptor? link);
        return errno == Errno.None ? new KernelLink(link!) : throw AttachFailure.Make(hook, errno, since, says);
    }
}
