using Ebpf.Runtime.Contexts;

namespace Ebpf.Runtime.Helpers;

/// <summary>The run's socket: its options, the callbacks that it wants, the socket that a packet or connection is given to.</summary>
/// <remarks>net/core/filter.c. There is no socket behind it: options are kept in the run, for the host.</remarks>
internal static unsafe class SocketHelpers
{
    /// <remarks>Offsets in struct bpf_sock_ops.</remarks>
    private const int IsFullSocket = 72, CallbackFlags = 84;

    /// <remarks>BPF_SOCK_OPS_ALL_CB_FLAGS in include/uapi/linux/bpf.h.</remarks>
    private const uint AllCallbackFlags = 0x7f;

    /// <summary>bpf_setsockopt(socket or ctx, level, name, value, size).</summary>
    internal static ulong SetOption(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanRead(r4, (uint)r5))
            return 0;
        run.SocketOptions[((int)r2, (int)r3)] = new ReadOnlySpan<byte>((void*)r4, checked((int)(uint)r5)).ToArray();
        return 0;
    }

    /// <summary>bpf_getsockopt(socket or ctx, level, name, value, size): what the host gave or the program set; zeros and -ENOPROTOOPT where neither.</summary>
    internal static ulong GetOption(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r4, (uint)r5))
            return 0;
        var value = new Span<byte>((void*)r4, checked((int)(uint)r5));
        value.Clear();
        if (!run.SocketOptions.TryGetValue(((int)r2, (int)r3), out byte[]? option))
            return unchecked((ulong)-92L); // -ENOPROTOOPT
        if (option.Length > value.Length)
            return Run.Result(Errno.EINVAL);
        option.CopyTo(value);
        return 0;
    }

    /// <summary>bpf_sock_ops_cb_flags_set(ctx, flags): the flags that there are not.</summary>
    internal static ulong SetCallbackFlags(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if (*(uint*)(run.Context + IsFullSocket) == 0)
            return Run.Result(Errno.EINVAL);
        *(uint*)(run.Context + CallbackFlags) = (uint)r2 & AllCallbackFlags;
        return (uint)r2 & ~AllCallbackFlags;
    }

    /// <summary>bpf_sk_assign(ctx, socket, flags): the packet or connection is the run's socket's, if the host had given one.</summary>
    internal static ulong Assign(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        ulong known = run.Program.Spec.Type == ProgramType.SkLookup ? 3u : 0; // BPF_SK_LOOKUP_F_REPLACE, BPF_SK_LOOKUP_F_NO_REUSEPORT
        if ((r3 & ~known) != 0)
            return Run.Result(Errno.EINVAL);
        run.AssignedSocket = r2 == 0 ? null : run.SocketId;
        return 0;
    }

    /// <summary>bpf_check_mtu(ctx, interface, length, difference, flags): against the loopback interface, whose packets may have 65536 bytes.</summary>
    internal static ulong CheckMtu(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint LoopbackMtu = 65_536, Loopback = 1, Fragments = 1;

        if (!run.IsContext(r1) || !run.CanWrite(r3, sizeof(uint)))
            return 0;
        bool isXdp = run.Program.Spec.Type == ProgramType.Xdp;
        if ((r5 & ~(isXdp ? 0UL : 1)) != 0)
            return Run.Result(Errno.EINVAL);
        if ((uint)r2 > Loopback)
            return Run.Result(Errno.ENODEV);
        uint* length = (uint*)r3;
        long size = *length != 0 ? *length : run.PacketLength - Packets.EthernetHeader;
        *length = LoopbackMtu;
        return size + (int)r4 <= LoopbackMtu ? 0 : Fragments;
    }

    /// <summary>bpf_skb_set_tstamp(ctx, time, type).</summary>
    internal static ulong SetTimestamp(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint Unspecified = 0, LastType = 2;

        if (!run.IsContext(r1))
            return 0;
        uint type = (uint)r3;
        ushort protocol = *(ushort*)(run.Context + SocketBuffer.Protocol);
        if (protocol is not (0x0008 or 0xdd86))
            return Run.Result(Errno.EOPNOTSUPP);
        if (type > LastType || (type == Unspecified) != (r2 == 0))
            return Run.Result(Errno.EINVAL);
        *(ulong*)(run.Context + SocketBuffer.Timestamp) = r2;
        *(run.Context + SocketBuffer.TimestampType) = (byte)type;
        return 0;
    }

    /// <summary>bpf_skb_ecn_set_ce(ctx): marks an IP packet whose sender knows congestion marks; 1 where it is marked afterwards.</summary>
    internal static ulong MarkCongestion(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const int Experienced = 3, Ip4Header = 20, Ip6Header = 40;

        if (!run.IsContext(r1))
            return 0;
        ushort protocol = *(ushort*)(run.Context + SocketBuffer.Protocol);
        byte* header = run.NetworkHeader;
        long room = run.PacketEnd - header;
        if (protocol == 0x0008 && room >= Ip4Header)
        {
            int mark = header[1] & Experienced;
            if (mark is 0 or Experienced)
                return mark == 0 ? 0u : 1;
            ushort before = *(ushort*)header;
            header[1] |= Experienced;
            *(ushort*)(header + 10) = Checksum.Replace2(*(ushort*)(header + 10), before, *(ushort*)header);
            return 1;
        }

        if (protocol == 0xdd86 && room >= Ip6Header)
        {
            int mark = (header[1] >> 4) & Experienced;
            if (mark is 0 or Experienced)
                return mark == 0 ? 0u : 1;
            header[1] |= Experienced << 4;
            return 1;
        }

        return 0;
    }
}
