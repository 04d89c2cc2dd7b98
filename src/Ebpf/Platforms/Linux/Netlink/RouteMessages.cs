using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>Types of rtnetlink messages.</summary>
/// <remarks>RTM_* in include/uapi/linux/rtnetlink.h.</remarks>
internal static class RouteMessage
{
    public const ushort NewLink = 16, DeleteLink = 17, GetLink = 18, SetLink = 19;
    public const ushort NewAddress = 20;
    public const ushort NewQueue = 36, DeleteQueue = 37, GetQueue = 38;
    public const ushort NewFilter = 44, DeleteFilter = 45, GetFilter = 46;
}

/// <summary>'struct ifinfomsg' in include/uapi/linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    public byte Family;
    private readonly byte _padding;
    public ushort Type;
    public int Index;
    public uint Flags;
    public uint Change;
}

/// <summary>'struct tcmsg' in include/uapi/linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficControlHeader
{
    public byte Family;
    private readonly byte _padding1;
    private readonly ushort _padding2;
    public int Index;
    public uint Handle;
    public uint Parent;
    public uint Info;
}
