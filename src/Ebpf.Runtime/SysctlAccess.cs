namespace Ebpf;

/// <summary>An access to a file below /proc/sys.</summary>
/// <param name="Name">Its path there, e.g. <c>net/ipv4/tcp_mem</c>.</param>
/// <param name="Current">What is in it.</param>
/// <param name="New">What is written to it; null where it is read.</param>
public sealed record SysctlAccess(string Name, string Current, string? New = null);
