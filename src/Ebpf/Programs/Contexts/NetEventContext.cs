namespace Ebpf;

/// <summary>The context of a program on network events of the extensions of eBPF for Windows.</summary>
/// <remarks><c>netevent_event_md_t</c> of ntosebpfext: only pointers.</remarks>
public sealed record NetEventContext : ProgramContext<NetEventContext, NetEventVerdict>
{
    /// <summary>The event.</summary>
    public ReadOnlyMemory<byte> Event { get; init; }

    internal override ProgramType Type => ProgramType.NetEvent;

    internal override ReadOnlyMemory<byte>? Data => Event;

    internal override void Write(ContextImage image)
    {
    }

    internal override NetEventContext Read(ContextImage image) => this;
}

/// <summary>What a program on network events gives.</summary>
public enum NetEventVerdict
{
    /// <summary>Nothing changes; other values have no meaning.</summary>
    Continue = 0,
}
