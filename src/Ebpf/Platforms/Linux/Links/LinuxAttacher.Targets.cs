using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <content>What is found by BTF: fentry and its like, LSM, freplace, iterators.</content>
internal static unsafe partial class LinuxAttacher
{
    private static readonly Version s_replaceSince = new(5, 10), s_iteratorSince = new(5, 8), s_targetSince = new(5, 5);

    private static KernelLink AttachTarget(ProgramSpec program, int fd, TargetRequest request)
    {
        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            AttachType = (uint)Math.Max((int)program.AttachType, 0),
            TracingCookie = request.Cookie,
        };
        Errno errno = Bpf.CreateLink(ref attributes, out FileDescriptor? link);
        // Before Linux 5.18 such programs are attached as raw tracepoints without a name (bpf_link_create in libbpf's bpf.c).
        if (errno == Errno.EINVAL && request.Cookie == 0)
        {
            errno = Bpf.OpenRawTracepoint(null, fd, 0, out link);
        }

        return errno == Errno.None ? new KernelLink(link!) : throw AttachFailure.Make(request.Hook, errno, s_targetSince);
    }

    private static KernelLink AttachReplace(int fd, ReplaceRequest request)
    {
        int target = request.Target.Fd ?? throw new BpfException($"program '{request.Target.Name}' is loaded on another platform", Errno.EINVAL);
        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            Target = target,
            TargetBtfId = ProgramBtf.FindFunction(target, request.Function),
        };
        return Create(ref attributes, request.Hook, s_replaceSince);
    }

    private static KernelLink AttachIterator(int fd, IteratorRequest request)
    {
        IteratorOptions options = request.Options;
        using OpenedFile cgroup = options.Cgroup is { } group ? OpenedFile.Open(group) : default;
        var info = new IteratorTarget();
        uint length = 0;
        if (options.Map is { } map)
        {
            info.MapFd = map.Fd ?? throw new BpfException($"map '{map.Name}' is on another platform", Errno.EINVAL);
            length = (uint)sizeof(IteratorTarget);
        }
        else if (options.Cgroup is not null)
        {
            info.Order = (uint)options.CgroupOrder;
            info.CgroupFd = cgroup.Number;
            length = (uint)sizeof(IteratorTarget);
        }
        else if (options.ThreadId is not null || options.ProcessId is not null)
        {
            info.ThreadId = (uint)(options.ThreadId ?? 0);
            info.ProcessId = (uint)(options.ProcessId ?? 0);
            length = (uint)sizeof(IteratorTarget);
        }

        var attributes = new LinkCreateAttributes
        {
            ProgramFd = fd,
            AttachType = (uint)AttachType.TraceIter,
            IteratorInfo = length == 0 ? null : &info,
            IteratorInfoLength = length,
        };
        return Create(ref attributes, request.Hook, s_iteratorSince);
    }

    /// <summary>'union bpf_iter_link_info' in include/uapi/linux/bpf.h.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 16)]
    private struct IteratorTarget
    {
        [System.Runtime.InteropServices.FieldOffset(0)] public int MapFd;
        [System.Runtime.InteropServices.FieldOffset(0)] public uint Order;
        [System.Runtime.InteropServices.FieldOffset(4)] public int CgroupFd;
        [System.Runtime.InteropServices.FieldOffset(0)] public uint ThreadId;
        [System.Runtime.InteropServices.FieldOffset(4)] public uint ProcessId;
    }
}
