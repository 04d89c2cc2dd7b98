using System.Buffers.Binary;

namespace Ebpf.Runtime.Helpers;

/// <summary>Tunnel metadata of socket buffers: packets arrive without any, and what a program sets is what it gets back.</summary>
/// <remarks>bpf_skb_set_tunnel_key and its family in net/core/filter.c.</remarks>
internal static unsafe class TunnelHelpers
{
    /// <remarks>struct bpf_tunnel_key and where it ended in older versions, in include/uapi/linux/bpf.h.</remarks>
    private const int KeySize = 44, KeySizeWithoutLocal = 28, KeySizeWithoutLabel = 24, KeySizeWithoutTimeToLive = 22, KeySizeVersion4 = 8;

    /// <remarks>BPF_F_TUNINFO_IPV6 and all flags that setting knows.</remarks>
    private const ulong IpVersion6 = 1, SetFlags = 0x1f;

    /// <remarks>IP_TUNNEL_OPTS_MAX in include/net/ip_tunnels.h, in whole words.</remarks>
    private const uint MaximumOptions = 255;

    /// <summary>bpf_skb_set_tunnel_key(ctx, key, size, flags).</summary>
    internal static ulong SetKey(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanRead(r2, size))
            return 0;
        bool isKnownSize = size is KeySize or KeySizeWithoutLocal or KeySizeWithoutLabel or KeySizeWithoutTimeToLive or KeySizeVersion4;
        if ((r4 & ~SetFlags) != 0 || !isKnownSize)
            return Run.Result(Errno.EINVAL);

        // tunnel_ext is reserved, and only IPv6 has flow labels.
        Span<byte> key = stackalloc byte[KeySize];
        key.Clear();
        new ReadOnlySpan<byte>((void*)r2, (int)size).CopyTo(key);
        bool isVersion6 = (r4 & IpVersion6) != 0;
        if (key[KeySizeWithoutTimeToLive..KeySizeWithoutLabel].ContainsAnyExcept((byte)0) || (!isVersion6 && key[KeySizeWithoutLabel..KeySizeWithoutLocal].ContainsAnyExcept((byte)0)))
            return Run.Result(Errno.EINVAL);
        run.Tunnel.Set(key, isVersion6, WireFlags(r4));
        return 0;
    }

    /// <summary>
    /// bpf_skb_get_tunnel_key(ctx, key, size, flags): seen from the other end, as a packet that has come through the tunnel. Zeros and -EINVAL where
    /// there is no tunnel, -EPROTO where its addresses are of the other version.
    /// </summary>
    internal static ulong GetKey(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const ulong WantsFlags = 1UL << 4; // BPF_F_TUNINFO_FLAGS
        const int Remote = 4, TypeOfService = 20, Flags = 22, Label = 24, Local = 28;

        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanWrite(r2, size))
            return 0;
        var result = new Span<byte>((void*)r2, checked((int)size));
        result.Clear();
        TunnelMetadata tunnel = run.Tunnel;
        if (!tunnel.IsSet || (r4 & ~(IpVersion6 | WantsFlags)) != 0)
            return Run.Result(Errno.EINVAL);
        if (tunnel.IsVersion6 != ((r4 & IpVersion6) != 0))
            return Run.Result(Errno.EPROTO);
        bool isKnownSize = size is KeySize or KeySizeWithoutLocal or KeySizeWithoutLabel || (!tunnel.IsVersion6 && size is KeySizeWithoutTimeToLive or KeySizeVersion4);
        if (!isKnownSize)
            return Run.Result(Errno.EINVAL);

        Span<byte> key = stackalloc byte[KeySize];
        key.Clear();
        int address = tunnel.IsVersion6 ? 16 : 4;
        tunnel.Key[..Remote].CopyTo(key);
        tunnel.Key.Slice(Local, address).CopyTo(key[Remote..]);
        tunnel.Key[TypeOfService..Flags].CopyTo(key[TypeOfService..]);
        if ((r4 & WantsFlags) != 0)
            BinaryPrimitives.WriteUInt16BigEndian(key[Flags..], tunnel.Flags);
        if (tunnel.IsVersion6)
            tunnel.Key[Label..Local].CopyTo(key[Label..]);
        tunnel.Key.Slice(Remote, address).CopyTo(key[Local..]);
        key[..result.Length].CopyTo(result);
        return 0;
    }

    /// <summary>bpf_skb_set_tunnel_opt(ctx, options, size): only after a key was set.</summary>
    internal static ulong SetOptions(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanRead(r2, size))
            return 0;
        if (!run.Tunnel.IsSet || (size & 3) != 0)
            return Run.Result(Errno.EINVAL);
        if (size > MaximumOptions)
            return Run.Result(Errno.ENOMEM);
        run.Tunnel.SetOptions(new ReadOnlySpan<byte>((void*)r2, (int)size));
        return 0;
    }

    /// <summary>bpf_skb_get_tunnel_opt(ctx, options, size): how many bytes there are; -ENOENT where there are none, -ENOMEM where they do not fit.</summary>
    internal static ulong GetOptions(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanWrite(r2, size))
            return 0;
        var options = new Span<byte>((void*)r2, checked((int)size));
        options.Clear();
        ReadOnlySpan<byte> set = run.Tunnel.Options;
        if (set.IsEmpty)
            return Run.Result(Errno.ENOENT);
        if (options.Length < set.Length)
            return Run.Result(Errno.ENOMEM);
        set.CopyTo(options);
        return (ulong)set.Length;
    }

    /// <summary>The flags of the tunnel's header that the flags of the helper mean: checksum and key unless they say otherwise, sequence numbers, no fragments.</summary>
    /// <remarks>TUNNEL_* in include/uapi/linux/if_tunnel.h.</remarks>
    private static ushort WireFlags(ulong flags)
    {
        const ulong ZeroChecksum = 2, DontFragment = 4, Sequence = 8, NoKey = 16;
        const int WireChecksum = 0x01, WireKey = 0x04, WireSequence = 0x08, WireDontFragment = 0x0100, WireNoCache = 0x2000;

        int wire = WireNoCache;
        wire |= (flags & ZeroChecksum) == 0 ? WireChecksum : 0;
        wire |= (flags & NoKey) == 0 ? WireKey : 0;
        wire |= (flags & Sequence) != 0 ? WireSequence : 0;
        wire |= (flags & DontFragment) != 0 ? WireDontFragment : 0;
        return (ushort)wire;
    }
}
