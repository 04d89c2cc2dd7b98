using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <summary>A parser or verdict program at a map of sockets without a link (BPF_PROG_ATTACH); since Linux 4.14. It stays until the map goes.</summary>
public sealed class SockMapAttachment : PersistentAttachment
{
    private readonly BpfMap _map;
    private readonly BpfProgram _program;

    private SockMapAttachment(BpfMap map, AttachType attachType, BpfProgram program) : base($"{attachType.Text()}:{map.Name}")
    {
        _map = map;
        AttachType = attachType;
        _program = program;
    }

    /// <summary>As what it is attached.</summary>
    public AttachType AttachType { get; }

    /// <summary>Attaches a program.</summary>
    /// <param name="map">A map of type sockmap or sockhash.</param>
    /// <param name="program">The program.</param>
    /// <param name="attachType">As what; null for what the program's section says.</param>
    public static SockMapAttachment Attach(BpfMap map, BpfProgram program, AttachType? attachType = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        AttachType type = attachType ?? program.AttachType;
        ProgramAttachAttributes attributes = Attributes(map, program, type);
        Errno errno = Bpf.Attach(ref attributes);
        return errno == Errno.None
            ? new SockMapAttachment(map, type, program)
            : throw Failed($"program '{program.Name}' cannot be attached to map '{map.Name}' as {type.Text()}", errno);
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        ProgramAttachAttributes attributes = Attributes(_map, _program, AttachType);
        Errno errno = Bpf.Detach(ref attributes);
        if (errno != Errno.None)
        {
            throw Failed($"program '{_program.Name}' cannot be detached from {Hook}", errno);
        }
    }

    private static ProgramAttachAttributes Attributes(BpfMap map, BpfProgram program, AttachType type) => new()
    {
        Target = map.Fd ?? throw new BpfException($"map '{map.Name}' is on another platform", Errno.EINVAL),
        ProgramFd = FdOf(program, map.Name),
        AttachType = (uint)Math.Max((int)type, 0),
    };
}
