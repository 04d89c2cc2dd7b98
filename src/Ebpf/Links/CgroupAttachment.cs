using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <summary>How programs of a control group and of those below it go together.</summary>
/// <remarks>BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI, BPF_F_PREORDER in include/uapi/linux/bpf.h.</remarks>
[Flags]
public enum CgroupAttachFlags
{
    /// <summary>This program alone: groups below may attach none.</summary>
    None = 0,

    /// <summary>This program, where a group below has none of its own.</summary>
    AllowOverride = 1,

    /// <summary>This program beside others, here and below, which all run; since Linux 4.15.</summary>
    AllowMultiple = 2,

    /// <summary>Before those of groups below, rather than after; with <see cref="AllowMultiple"/>; since Linux 6.15.</summary>
    PreOrder = 64,
}

/// <summary>A program at a control group without a link (BPF_PROG_ATTACH); since Linux 4.10. It stays until the group goes.</summary>
/// <remarks>bpf_prog_attach_opts in libbpf.</remarks>
public sealed class CgroupAttachment : PersistentAttachment
{
    private readonly KernelFile _cgroup;
    private readonly BpfProgram _program;

    private CgroupAttachment(KernelFile cgroup, AttachType attachType, BpfProgram program) : base($"{attachType.Text()}:{cgroup}")
    {
        _cgroup = cgroup;
        AttachType = attachType;
        _program = program;
    }

    /// <summary>How it is attached.</summary>
    public AttachType AttachType { get; }

    /// <summary>Attaches a program.</summary>
    /// <param name="cgroup">The group, of the second version.</param>
    /// <param name="program">The program.</param>
    /// <param name="flags">How it goes together with others.</param>
    /// <param name="attachType">To what of the group; null for what the program's section says.</param>
    /// <param name="replaces">The one whose place it takes, in its order; with <see cref="CgroupAttachFlags.AllowMultiple"/>; since Linux 5.5.</param>
    public static CgroupAttachment Attach(
        KernelFile cgroup, BpfProgram program, CgroupAttachFlags flags = CgroupAttachFlags.None, AttachType? attachType = null, BpfProgram? replaces = null)
    {
        AttachType type = attachType ?? program.AttachType;
        int fd = FdOf(program, $"{type.Text()}:{cgroup}");
        using OpenedFile group = OpenedFile.Open(cgroup);
        var attributes = new ProgramAttachAttributes
        {
            Target = group.Number,
            ProgramFd = fd,
            AttachType = (uint)Math.Max((int)type, 0),
            Flags = (uint)flags | (uint)(replaces is null ? BpfAttachFlags.None : BpfAttachFlags.Replace),
            ReplaceProgramFd = replaces is null ? 0 : FdOf(replaces, $"{type.Text()}:{cgroup}"),
        };
        Errno errno = Bpf.Attach(ref attributes);
        return errno == Errno.None ? new CgroupAttachment(cgroup, type, program) : throw Failed(
            $"program '{program.Name}' cannot be attached to {type.Text()}:{cgroup}", errno,
            errno == Errno.EPERM ? "it takes root, and that no group above or here has a program that allows no other" : null);
    }

    /// <summary>The ids of the programs that are attached to a group itself.</summary>
    /// <param name="cgroup">The group.</param>
    /// <param name="attachType">How.</param>
    /// <param name="effective">Those that run for it, with those of groups above, rather than its own.</param>
    public static unsafe IReadOnlyList<uint> Query(KernelFile cgroup, AttachType attachType, bool effective = false)
    {
        const uint QueryEffective = 1;
        const int MostPrograms = 64;
        using OpenedFile group = OpenedFile.Open(cgroup);
        uint* ids = stackalloc uint[MostPrograms];
        var attributes = new ProgramQueryAttributes
        {
            Target = group.Number, AttachType = (uint)attachType, QueryFlags = effective ? QueryEffective : 0, ProgramIds = ids, Count = MostPrograms,
        };
        Errno errno = Bpf.Query(ref attributes);
        return errno == Errno.None
            ? new Span<uint>(ids, (int)attributes.Count).ToArray()
            : throw Failed($"{attachType.Text()}:{cgroup} cannot be asked", errno);
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        using OpenedFile group = OpenedFile.Open(_cgroup);
        var attributes = new ProgramAttachAttributes { Target = group.Number, ProgramFd = FdOf(_program, Hook), AttachType = (uint)Math.Max((int)AttachType, 0) };
        Errno errno = Bpf.Detach(ref attributes);
        if (errno != Errno.None)
        {
            throw Failed($"program '{_program.Name}' cannot be detached from {Hook}", errno);
        }
    }
}
