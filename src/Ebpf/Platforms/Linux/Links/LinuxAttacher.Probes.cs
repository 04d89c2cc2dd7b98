using System.Collections.Immutable;
using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Platforms.Linux.Links;

/// <content>Tracepoints, and probes in the kernel and in user programs.</content>
internal static unsafe partial class LinuxAttacher
{
    private static readonly Version s_rawTracepointSince = new(4, 17), s_perfEventSince = new(4, 7), s_kprobeMultiSince = new(5, 18), s_kprobeSessionSince = new(6, 10),
        s_uprobeMultiSince = new(6, 6), s_uprobeSessionSince = new(6, 13), s_cookieSince = new(5, 15);

    private const uint MultiReturn = 1;

    private static KernelLink AttachRawTracepoint(int fd, RawTracepointRequest request)
    {
        Errno errno = Bpf.OpenRawTracepoint(request.Name, fd, request.Cookie, out FileDescriptor? link);
        return errno == Errno.None
            ? new KernelLink(link!)
            : throw AttachFailure.Make(request.Hook, errno, s_rawTracepointSince, errno == Errno.ENOENT ? $"there is no raw tracepoint '{request.Name}'" : null);
    }

    private static PerfEventLink AttachTracepoint(int fd, TracepointRequest request)
    {
        Errno errno = TraceFs.OpenTracepoint(request.Category, request.Name, -1, out FileDescriptor? opened);
        if (errno != Errno.None)
        {
            throw AttachFailure.Make(
                request.Hook, errno, s_perfEventSince,
                errno == Errno.ENOENT ? $"there is no tracepoint '{request.Category}/{request.Name}' below {TraceFs.Root}events, or it may not be read" : null);
        }

        return OnEvent(fd, opened!, request.Cookie, ProbeAttachMode.Default, null, request.Hook);
    }

    private static PerfEventLink AttachPerfEvent(int fd, PerfEventRequest request) =>
        OnEvent(fd, request.Event.Descriptor.Duplicate(), request.Cookie, ProbeAttachMode.Default, null, request.Hook);

    private static PerfEventLink AttachKprobe(int fd, KprobeRequest request)
    {
        KprobeOptions options = request.Options;
        return AttachProbe(fd, new ProbePlace(false, options.IsReturn, request.Function, options.Offset), options.Cookie, options.Mode, request.Hook);
    }

    private static PerfEventLink AttachUprobe(int fd, UprobeRequest request)
    {
        UprobeOptions options = request.Options;
        string path = UserBinary.Resolve(request.Binary);
        ulong offset = options.Offset + (request.Function is { } function ? UserBinary.Open(path).FindFunction(function) : 0);
        return AttachProbe(
            fd, new ProbePlace(true, options.IsReturn, path, offset, ProcessOf(options.Pid), options.SemaphoreOffset), options.Cookie, options.Mode, request.Hook);
    }

    /// <summary>One probe, in the newest way that the kernel has and that is allowed.</summary>
    internal static PerfEventLink AttachProbe(int fd, in ProbePlace place, ulong cookie, ProbeAttachMode mode, string hook)
    {
        bool isLegacy = mode == ProbeAttachMode.Legacy || !ProbeEvent.HasPerfProbes(place.IsUser);
        if (isLegacy && mode is ProbeAttachMode.Perf or ProbeAttachMode.Link)
        {
            throw new BpfNotSupportedException($"attaching to {hook} as a perf event", "linux", "Linux 4.17", Errno.EOPNOTSUPP);
        }

        Errno errno = isLegacy ? ProbeEvent.OpenLegacy(place, out ProbeEvent probe) : ProbeEvent.Open(place, out probe);
        if (errno != Errno.None)
        {
            throw AttachFailure.Make(hook, errno, s_perfEventSince, errno switch
            {
                Errno.ENOENT when isLegacy => $"the kernel makes no probes in {TraceFs.Root}: it needs CONFIG_KPROBE_EVENTS or CONFIG_UPROBE_EVENTS and tracefs",
                Errno.ENOENT when !place.IsUser => $"there is no kernel function '{place.Target}'",
                Errno.EADDRNOTAVAIL => "several kernel functions have that name: give the address",
                Errno.EINVAL when !place.IsUser => $"'{place.Target}' is no function that can be probed there: it is marked notrace, or the offset is not at an instruction",
                _ => null,
            });
        }

        ProbeAttachMode attach = mode switch
        {
            ProbeAttachMode.Legacy => ProbeAttachMode.Perf,
            _ => mode,
        };
        return OnEvent(fd, probe.Event, cookie, attach, probe.LegacyName is null ? null : (place.IsUser, probe.LegacyName), hook);
    }

    private static PerfEventLink OnEvent(int fd, FileDescriptor perfEvent, ulong cookie, ProbeAttachMode mode, (bool, string)? legacy, string hook)
    {
        Errno errno = PerfEventLink.Create(fd, perfEvent, cookie, mode, legacy, out PerfEventLink? link);
        return link ?? throw AttachFailure.Make(
            hook, errno, cookie != 0 || mode == ProbeAttachMode.Link ? s_cookieSince : s_perfEventSince,
            errno == Errno.EPROTO ? "the event must sample the call chain, or not leave it out" : null);
    }

    private static KernelLink AttachKprobes(int fd, KprobeMultiRequest request)
    {
        KprobeMultiOptions options = request.Options;
        ImmutableArray<string> names = options.Functions;
        ulong[] addresses = [.. options.Addresses];
        if (options.Pattern is { } pattern)
        {
            // One name needs no list of all functions.
            if (Glob.IsPattern(pattern))
            {
                addresses = KernelFunctions.FindAddresses(pattern);
            }
            else
            {
                names = [pattern];
            }
        }

        using var text = new NativeNames(names);
        fixed (ulong* addressesAt = addresses, cookiesAt = options.Cookies.AsSpan())
        {
            var attributes = new LinkCreateAttributes
            {
                ProgramFd = fd,
                AttachType = (uint)(options.IsSession ? AttachType.TraceKprobeSession : AttachType.TraceKprobeMulti),
                Kprobes = new LinkCreateAttributes.KprobeMulti
                {
                    Flags = options.IsReturn ? MultiReturn : 0,
                    Count = (uint)(names.Length + addresses.Length),
                    Symbols = text.Pointers,
                    Addresses = addressesAt,
                    Cookies = cookiesAt,
                },
            };
            Errno errno = Bpf.CreateLink(ref attributes, out FileDescriptor? link);
            // The kernel says ESRCH for names; libbpf, ENOENT as for patterns.
            return errno == Errno.None ? new KernelLink(link!) : throw AttachFailure.Make(
                request.Hook, errno == Errno.ESRCH ? Errno.ENOENT : errno, options.IsSession ? s_kprobeSessionSince : s_kprobeMultiSince, errno switch
                {
                    Errno.ESRCH => "there is no such kernel function, or it cannot be traced",
                    Errno.EOPNOTSUPP => "the kernel was built without CONFIG_FPROBE",
                    _ => null,
                });
        }
    }

    private static KernelLink AttachUprobes(int fd, UprobeMultiRequest request)
    {
        UprobeMultiOptions options = request.Options;
        string path = UserBinary.Resolve(request.Binary);
        ulong[] offsets = [.. options.Offsets];
        if (options.Pattern is { } pattern)
        {
            offsets = UserBinary.Open(path).FindFunctions(pattern);
        }
        else if (!options.Functions.IsEmpty)
        {
            UserBinary binary = UserBinary.Open(path);
            offsets = [.. options.Functions.Select(binary.FindFunction)];
        }

        return AttachUprobes(
            fd, path, offsets, options.SemaphoreOffsets.AsSpan(), options.Cookies.AsSpan(), options.Pid, options.IsReturn, options.IsSession, request.Hook);
    }

    /// <summary>Many places of one file. Empty counters and cookies mean none.</summary>
    internal static KernelLink AttachUprobes(
        int fd, string path, ReadOnlySpan<ulong> offsets, ReadOnlySpan<ulong> semaphores, ReadOnlySpan<ulong> cookies, int? pid, bool isReturn, bool isSession, string hook)
    {
        Errno errno = CreateUprobes(fd, path, offsets, semaphores, cookies, pid, isReturn, isSession, out FileDescriptor? link);
        return errno == Errno.None ? new KernelLink(link!) : throw AttachFailure.Make(hook, errno, isSession ? s_uprobeSessionSince : s_uprobeMultiSince);
    }

    private static Errno CreateUprobes(
        int fd, string path, ReadOnlySpan<ulong> offsets, ReadOnlySpan<ulong> semaphores, ReadOnlySpan<ulong> cookies, int? pid, bool isReturn, bool isSession, out FileDescriptor? link)
    {
        fixed (byte* pathAt = Bpf.ZeroEnded(path))
        fixed (ulong* offsetsAt = offsets, semaphoresAt = semaphores, cookiesAt = cookies)
        {
            var attributes = new LinkCreateAttributes
            {
                ProgramFd = fd,
                AttachType = (uint)(isSession ? AttachType.TraceUprobeSession : AttachType.TraceUprobeMulti),
                Uprobes = new LinkCreateAttributes.UprobeMulti
                {
                    Path = pathAt,
                    Offsets = offsetsAt,
                    ReferenceCounterOffsets = semaphoresAt,
                    Cookies = cookiesAt,
                    Count = (uint)offsets.Length,
                    Flags = isReturn ? MultiReturn : 0,
                    Pid = (uint)Math.Max(ProcessOf(pid), 0),
                },
            };
            return Bpf.CreateLink(ref attributes, out link);
        }
    }

    /// <summary>As perf events and links count: -1 for all.</summary>
    internal static int ProcessOf(int? pid) => pid switch
    {
        null => -1,
        0 => Environment.ProcessId,
        { } one => one,
    };
}
