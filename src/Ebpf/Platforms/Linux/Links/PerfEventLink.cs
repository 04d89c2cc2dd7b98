using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>A program on a perf event: with a link since Linux 5.15, before by the event alone.</summary>
/// <remarks>bpf_program__attach_perf_event_opts and bpf_link_perf_detach in libbpf.c.</remarks>
internal sealed class PerfEventLink : KernelLink
{
    private readonly FileDescriptor _event;
    private readonly bool _isLink;
    private readonly (bool IsUser, string Name)? _legacy;

    private PerfEventLink(FileDescriptor descriptor, FileDescriptor perfEvent, (bool IsUser, string Name)? legacy) : base(descriptor)
    {
        _event = perfEvent;
        _isLink = !ReferenceEquals(descriptor, perfEvent);
        _legacy = legacy;
        GC.SuppressFinalize(perfEvent);
    }

    /// <summary>Attaches to an event, enables it, and owns it from then on, also where it fails.</summary>
    /// <param name="program">The program's descriptor.</param>
    /// <param name="perfEvent">The event.</param>
    /// <param name="cookie">What bpf_get_attach_cookie answers.</param>
    /// <param name="mode">Whether with a link: <see cref="ProbeAttachMode.Default"/> where the kernel has them.</param>
    /// <param name="legacy">The probe in tracefs to remove with it.</param>
    /// <param name="link">The attachment.</param>
    public static Errno Create(int program, FileDescriptor perfEvent, ulong cookie, ProbeAttachMode mode, (bool IsUser, string Name)? legacy, out PerfEventLink? link)
    {
        link = null;
        Errno errno = Attach(program, perfEvent, cookie, mode, out FileDescriptor? descriptor);
        if (errno == Errno.None)
        {
            link = new PerfEventLink(descriptor!, perfEvent, legacy);
            errno = PerfEventCalls.Enable(perfEvent.Number);
            if (errno != Errno.None)
            {
                link.Dispose();
                link = null;
            }
        }
        else
        {
            perfEvent.Dispose();
            RemoveLegacy(legacy);
        }

        return errno;
    }

    public override LinkInfo? ReadInfo() => _isLink ? base.ReadInfo() : null;

    public override void Disconnect()
    {
        base.Disconnect();
        _event.SetHandleAsInvalid();
    }

    public override void Dispose()
    {
        // A program that was set by ioctl runs until the last descriptor of the event is closed, also one that a child process has.
        _ = PerfEventCalls.Disable(_event.Number);
        _event.Dispose();
        base.Dispose();
        // The kernel removes a probe from tracefs only when nobody has it open.
        RemoveLegacy(_legacy);
    }

    private static Errno Attach(int program, FileDescriptor perfEvent, ulong cookie, ProbeAttachMode mode, out FileDescriptor? descriptor)
    {
        descriptor = null;
        if (mode is ProbeAttachMode.Default or ProbeAttachMode.Link)
        {
            var attributes = new LinkCreateAttributes
            {
                ProgramFd = program,
                Target = perfEvent.Number,
                AttachType = (uint)AttachType.PerfEvent,
                PerfEventCookie = cookie,
            };
            Errno errno = Bpf.CreateLink(ref attributes, out descriptor);
            // EINVAL is what a kernel answers that does not know such links.
            if (errno != Errno.EINVAL || mode == ProbeAttachMode.Link)
            {
                return errno;
            }
        }

        if (cookie != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        descriptor = perfEvent;
        return PerfEventCalls.SetProgram(perfEvent.Number, program);
    }

    private static void RemoveLegacy((bool IsUser, string Name)? legacy)
    {
        if (legacy is { } probe)
        {
            _ = ProbeEvent.Remove(probe.IsUser, probe.Name);
        }
    }
}
