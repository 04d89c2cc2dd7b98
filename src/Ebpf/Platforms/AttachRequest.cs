namespace Ebpf.Platforms;

/// <summary>Where a program is to be attached. On the embedded platform only the hook's name counts.</summary>
internal abstract record AttachRequest
{
    /// <summary>The hook's name: what messages call it, and what <see cref="LoadedObject.Raise"/> raises.</summary>
    public abstract string Hook { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Hook;
}

/// <summary>A hook by its name alone: on the embedded platform any, on Linux what stands in SEC(); the program is asked for what the name does not say.</summary>
internal sealed record HookRequest(string Name, BpfProgram? Program = null) : AttachRequest
{
    public override string Hook => Name;
}

/// <summary>What a program was loaded for: fentry, fexit, fmod_ret, tp_btf, LSM, freplace, found by BTF.</summary>
internal sealed record TargetRequest(string Target, ulong Cookie) : AttachRequest
{
    public override string Hook => Target;
}

/// <summary>An interface's XDP hook.</summary>
internal sealed record XdpRequest(NetworkDevice Device, XdpMode Mode) : AttachRequest
{
    public override string Hook => $"xdp:{Device}";
}

/// <summary>A place at an interface with several programs in an order: tcx, netkit.</summary>
internal sealed record DeviceRequest(NetworkDevice Device, AttachType AttachType, AttachOrder? Order) : AttachRequest
{
    public override string Hook => $"{AttachType.Text()}:{Device}";
}

/// <summary>A control group.</summary>
internal sealed record CgroupRequest(KernelFile Cgroup, AttachType AttachType, AttachOrder? Order) : AttachRequest
{
    public override string Hook => $"{AttachType.Text()}:{Cgroup}";
}

/// <summary>A network namespace: flow dissector, sk_lookup.</summary>
internal sealed record NetworkNamespaceRequest(KernelFile Namespace, AttachType AttachType) : AttachRequest
{
    public override string Hook => $"{AttachType.Text()}:{Namespace}";
}

/// <summary>A map of sockets.</summary>
internal sealed record SockMapRequest(BpfMap Map, AttachType AttachType) : AttachRequest
{
    public override string Hook => $"{AttachType.Text()}:{Map.Name}";
}

/// <summary>A hook of netfilter.</summary>
internal sealed record NetfilterRequest(NetfilterOptions Options) : AttachRequest
{
    public override string Hook => $"netfilter:{Options.Family}/{Options.Hook}";
}

/// <summary>A raw tracepoint.</summary>
internal sealed record RawTracepointRequest(string Name, ulong Cookie) : AttachRequest
{
    public override string Hook => $"raw_tp/{Name}";
}

/// <summary>A tracepoint.</summary>
internal sealed record TracepointRequest(string Category, string Name, ulong Cookie) : AttachRequest
{
    public override string Hook => $"tp/{Category}/{Name}";
}

/// <summary>A perf event that is open.</summary>
internal sealed record PerfEventRequest(PerfEvent Event, ulong Cookie) : AttachRequest
{
    public override string Hook => $"perf_event:{Event}";
}

/// <summary>A kernel function, or an address where it is null.</summary>
internal sealed record KprobeRequest(string? Function, KprobeOptions Options) : AttachRequest
{
    public override string Hook => $"{(Options.IsReturn ? "kretprobe" : "kprobe")}/{Function ?? $"0x{Options.Offset:x}"}{(Function is not null && Options.Offset != 0 ? $"+{Options.Offset}" : "")}";
}

/// <summary>A system call.</summary>
internal sealed record SystemCallRequest(string Name, bool IsReturn, ulong Cookie) : AttachRequest
{
    public override string Hook => $"{(IsReturn ? "kretsyscall" : "ksyscall")}/{Name}";
}

/// <summary>Many kernel functions at once.</summary>
internal sealed record KprobeMultiRequest(KprobeMultiOptions Options) : AttachRequest
{
    public override string Hook => $"{(Options.IsSession ? "kprobe.session" : Options.IsReturn ? "kretprobe.multi" : "kprobe.multi")}/{Options.Pattern ?? Options.Functions.FirstOrDefault() ?? "addresses"}";
}

/// <summary>A place in a user program.</summary>
internal sealed record UprobeRequest(string Binary, string? Function, UprobeOptions Options) : AttachRequest
{
    public override string Hook =>
        $"{(Options.IsReturn ? "uretprobe" : "uprobe")}/{Binary}:{Function ?? $"0x{Options.Offset:x}"}{(Function is not null && Options.Offset != 0 ? $"+{Options.Offset}" : "")}";
}

/// <summary>Many places in a user program at once.</summary>
internal sealed record UprobeMultiRequest(string Binary, UprobeMultiOptions Options) : AttachRequest
{
    public override string Hook =>
        $"{(Options.IsSession ? "uprobe.session" : Options.IsReturn ? "uretprobe.multi" : "uprobe.multi")}/{Binary}:{Options.Pattern ?? Options.Functions.FirstOrDefault() ?? "offsets"}";
}

/// <summary>A user statically defined tracepoint. The programs of an object share the maps that say where arguments are.</summary>
internal sealed record UsdtRequest(string Binary, string Provider, string Name, UsdtOptions Options, UsdtMaps Maps) : AttachRequest
{
    public override string Hook => $"usdt/{Binary}:{Provider}:{Name}";
}

/// <summary>A function of another program, in place of what the program was loaded for.</summary>
internal sealed record ReplaceRequest(BpfProgram Target, string Function) : AttachRequest
{
    public override string Hook => $"freplace/{Function}";
}

/// <summary>An iterator.</summary>
internal sealed record IteratorRequest(string Target, IteratorOptions Options) : AttachRequest
{
    public override string Hook => $"iter/{Target}";
}
