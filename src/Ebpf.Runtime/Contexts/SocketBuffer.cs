namespace Ebpf.Runtime.Contexts;

/// <summary>Offsets in <c>struct __sk_buff</c> that the engine fills in.</summary>
/// <remarks>include/uapi/linux/bpf.h.</remarks>
internal static class SocketBuffer
{
    internal const int Length = 0, PacketType = 4, Mark = 8, QueueMapping = 12, Protocol = 16, VlanPresent = 20, VlanTci = 24, VlanProtocol = 28, Priority = 32,
        IngressIfIndex = 36, IfIndex = 40, TcIndex = 44, ControlBlock = 48, Hash = 68, Family = 88, RemoteIp4 = 92, LocalIp4 = 96, RemoteIp6 = 100, LocalIp6 = 116,
        Timestamp = 152, WireLength = 160, GsoSegments = 164, GsoSize = 176, TimestampType = 180, HardwareTimestamp = 184, Size = 192;

    /// <summary>What a request may give: offsets and sizes.</summary>
    internal static ReadOnlySpan<(int Offset, int Size)> Accepted => s_accepted;

    /// <summary>What is read back after a run.</summary>
    internal static ReadOnlySpan<(int Offset, int Size)> Exchanged => s_exchanged;

    private static readonly (int, int)[] s_accepted =
        [(Mark, 4), (Priority, 4), (IngressIfIndex, 4), (IfIndex, 4), (ControlBlock, 20), (Timestamp, 8), (WireLength, 4), (GsoSegments, 4), (GsoSize, 4), (HardwareTimestamp, 8)];

    private static readonly (int, int)[] s_exchanged =
        [(Mark, 4), (Priority, 4), (IngressIfIndex, 4), (IfIndex, 4), (ControlBlock, 20), (Timestamp, 8), (WireLength, 4), (GsoSegments, 4), (HardwareTimestamp, 8)];
}
