using Ebpf.Platforms;

namespace Ebpf;

/// <content>Attaching to what happens in the kernel and in user programs.</content>
public sealed partial class BpfProgram
{
    /// <summary>Attaches to a kernel function, or to an address where none is named. Before Linux 4.17 in tracefs.</summary>
    /// <remarks>bpf_program__attach_kprobe_opts in libbpf.</remarks>
    public BpfLink AttachKprobe(string? function, KprobeOptions? options = null) => Attach(new KprobeRequest(function, options ?? new KprobeOptions()));

    /// <summary>Attaches to many kernel functions at once; the program's attach type is kprobe_multi (SEC("kprobe.multi")). Since Linux 5.18.</summary>
    /// <remarks>bpf_program__attach_kprobe_multi_opts in libbpf.</remarks>
    public BpfLink AttachKprobeMulti(KprobeMultiOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireOne(nameof(options), options.Pattern is not null, !options.Functions.IsEmpty, !options.Addresses.IsEmpty);
        RequireEach(nameof(options), options.Cookies.Length, options.Functions.Length + options.Addresses.Length);
        Require(!(options.IsReturn && options.IsSession), nameof(options), "is either at returns or a session");
        return Attach(new KprobeMultiRequest(options));
    }

    /// <summary>Attaches to a system call by its name, such as <c>openat</c>.</summary>
    /// <remarks>bpf_program__attach_ksyscall in libbpf.</remarks>
    public BpfLink AttachSystemCall(string name, bool isReturn = false, ulong cookie = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Attach(new SystemCallRequest(name, isReturn, cookie));
    }

    /// <summary>Attaches to a place in a user program.</summary>
    /// <param name="binary">Its path; a bare name is looked for where programs or, for <c>.so</c>, libraries are.</param>
    /// <param name="function">The function, with a version where it is to be one (<c>memcpy@GLIBC_2.14</c>); null for an offset in the file.</param>
    /// <param name="options">Where exactly, in which process, how.</param>
    /// <remarks>bpf_program__attach_uprobe_opts in libbpf.</remarks>
    public BpfLink AttachUprobe(string binary, string? function, UprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        return Attach(new UprobeRequest(binary, function, options ?? new UprobeOptions()));
    }

    /// <summary>Attaches to many places of a user program at once; the program's attach type is uprobe_multi (SEC("uprobe.multi")). Since Linux 6.6.</summary>
    /// <remarks>bpf_program__attach_uprobe_multi in libbpf.</remarks>
    public BpfLink AttachUprobeMulti(string binary, UprobeMultiOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        ArgumentNullException.ThrowIfNull(options);
        RequireOne(nameof(options), options.Pattern is not null, !options.Functions.IsEmpty, !options.Offsets.IsEmpty);
        int places = options.Functions.Length + options.Offsets.Length;
        RequireEach(nameof(options), options.Cookies.Length, places);
        RequireEach(nameof(options), options.SemaphoreOffsets.Length, places);
        Require(!(options.IsReturn && options.IsSession), nameof(options), "is either at returns or a session");
        return Attach(new UprobeMultiRequest(binary, options));
    }

    /// <summary>Attaches to a user statically defined tracepoint (USDT). The object has the maps of libbpf's <c>usdt.bpf.h</c>.</summary>
    /// <param name="binary">The path of the program or library that declares it; a bare name is looked for.</param>
    /// <param name="provider">Its provider.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">In which process, with which cookie.</param>
    /// <remarks>bpf_program__attach_usdt in libbpf. Libraries in all processes, and counters of listeners, take Linux 5.15 and 4.20.</remarks>
    public BpfLink AttachUsdt(string binary, string provider, string name, UsdtOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Attach(new UsdtRequest(binary, provider, name, options ?? new UsdtOptions(), UsdtMaps));
    }

    /// <summary>Attaches to a tracepoint, such as <c>syscalls</c>, <c>sys_enter_openat</c>.</summary>
    /// <param name="category">Its folder below <c>/sys/kernel/tracing/events</c>.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="cookie">What bpf_get_attach_cookie answers; since Linux 5.15.</param>
    /// <remarks>bpf_program__attach_tracepoint_opts in libbpf.</remarks>
    public BpfLink AttachTracepoint(string category, string name, ulong cookie = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(category);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Attach(new TracepointRequest(category, name, cookie));
    }

    /// <summary>Attaches to a raw tracepoint, such as <c>sched_switch</c>; since Linux 4.17.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cookie">What bpf_get_attach_cookie answers; since Linux 6.10.</param>
    /// <remarks>bpf_program__attach_raw_tracepoint_opts in libbpf.</remarks>
    public BpfLink AttachRawTracepoint(string name, ulong cookie = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Attach(new RawTracepointRequest(name, cookie));
    }

    /// <summary>Runs the program each time that a perf event fires, and enables the event.</summary>
    /// <param name="perfEvent">The event; it may be disposed afterwards.</param>
    /// <param name="cookie">What bpf_get_attach_cookie answers; since Linux 5.15.</param>
    /// <remarks>bpf_program__attach_perf_event_opts in libbpf.</remarks>
    public BpfLink AttachPerfEvent(PerfEvent perfEvent, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(perfEvent);
        return Attach(new PerfEventRequest(perfEvent, cookie));
    }

    internal UsdtMaps UsdtMaps => _owner?.UsdtMaps ?? throw new BpfException($"program '{Name}' was opened by itself: a USDT program attaches from its loaded object, whose maps it fills", Errno.EINVAL) { Program = Name };

    private static void RequireOne(string parameter, params ReadOnlySpan<bool> given)
    {
        int count = 0;
        foreach (bool one in given)
        {
            count += one ? 1 : 0;
        }

        Require(count == 1, parameter, "names functions in one of three ways: by a pattern, by names, or by addresses");
    }

    private static void RequireEach(string parameter, int given, int places) =>
        Require(given == 0 || given == places, parameter, $"has {given} cookies or counters for {places} places: give one for each, or none (none with a pattern)");

    private static void Require(bool condition, string parameter, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"'{parameter}' {rule}", parameter);
        }
    }
}
