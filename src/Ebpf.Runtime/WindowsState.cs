namespace Ebpf;

/// <summary>
/// What Windows itself would answer to helpers of eBPF for Windows, given by the caller, so that programs in that dialect run on every OS and always
/// the same.
/// </summary>
/// <remarks>bpf_helper_defs.h and ebpf_nethooks.h of eBPF for Windows.</remarks>
public sealed record WindowsState
{
    /// <summary>The defaults: nobody is logged on, and there is no interface.</summary>
    public static WindowsState Default { get; } = new();

    /// <summary>What bpf_get_current_logon_id answers.</summary>
    public ulong LogonId { get; init; }

    /// <summary>What bpf_is_current_admin answers.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>What bpf_get_current_process_start_key answers.</summary>
    public ulong ProcessStartKey { get; init; }

    /// <summary>What bpf_get_current_thread_create_time answers, in units of 100 ns since 1601.</summary>
    public long ThreadCreateTime { get; init; }

    /// <summary>What bpf_get_socket_cookie answers.</summary>
    public ulong SocketCookie { get; init; }

    /// <summary>What bpf_sock_ops_get_flow_id answers.</summary>
    public ulong FlowId { get; init; }

    /// <summary>What bpf_sock_addr_get_network_context fills in.</summary>
    public NetworkContext Network { get; init; }
}

/// <summary>Where a connection goes through: <c>struct bpf_sock_addr_network_context</c>, version 1.</summary>
/// <param name="InterfaceType">The interface's type as IANA numbers it (6 Ethernet, 71 Wi-Fi, 131 tunnel); <see cref="uint.MaxValue"/> where it is not known.</param>
/// <param name="TunnelType">The tunnel's type as IANA numbers it; 0 for none, <see cref="uint.MaxValue"/> where it is not known.</param>
/// <param name="NextHopInterfaceLuid">The next hop's interface; 0 where it is not known.</param>
/// <param name="SubInterfaceIndex">The sub-interface; 0 where it is not known.</param>
public readonly record struct NetworkContext(uint InterfaceType, uint TunnelType = 0, ulong NextHopInterfaceLuid = 0, uint SubInterfaceIndex = 0);
