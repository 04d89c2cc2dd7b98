using System.Buffers.Binary;
using Ebpf.Runtime.Contexts;

namespace Ebpf.Runtime.Helpers;

/// <summary>Reading and writing packets that programs see as socket buffers.</summary>
/// <remarks>net/core/filter.c. The packets of a run are linear and never shared.</remarks>
internal static unsafe class SocketBufferHelpers
{
    /// <remarks>BPF_F_RECOMPUTE_CSUM and BPF_F_INVALIDATE_HASH in include/uapi/linux/bpf.h.</remarks>
    private const ulong RecomputeChecksum = 1, InvalidateHash = 2;

    /// <remarks>PACKET_OTHERHOST in include/uapi/linux/if_packet.h: types beyond it are the kernel's own.</remarks>
    private const uint LastPacketType = 3;

    /// <summary>bpf_skb_load_bytes(ctx, offset, to, length).</summary>
    internal static ulong Load(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Copy(run, r1, r3, (uint)r4, (uint)r2 <= int.MaxValue ? run.PacketData + (uint)r2 : null);

    /// <summary>bpf_skb_load_bytes_relative(ctx, offset, to, length, header): counted from the Ethernet (0) or the network header (1).</summary>
    internal static ulong LoadRelative(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        byte* header = (uint)r5 switch { 0 => run.MacHeader, 1 => run.NetworkHeader, _ => null };
        return Copy(run, r1, r3, (uint)r4, header != null && (uint)r2 <= 0xffff ? header + (uint)r2 : null);
    }

    /// <summary>bpf_skb_store_bytes(ctx, offset, from, length, flags).</summary>
    internal static ulong Store(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint offset = (uint)r2, length = (uint)r4;
        if (!run.IsContext(r1) || !run.CanRead(r3, length))
            return 0;
        if ((r5 & ~(RecomputeChecksum | InvalidateHash)) != 0)
            return Run.Result(Errno.EINVAL);
        if (offset > int.MaxValue || (ulong)offset + length > (ulong)run.PacketLength)
            return Run.Result(Errno.EFAULT);
        Buffer.MemoryCopy((void*)r3, run.PacketData + offset, length, length);
        if ((r5 & InvalidateHash) != 0)
            Field(run, SocketBuffer.Hash) = 0;
        return 0;
    }

    /// <summary>bpf_skb_pull_data(ctx, length): all data is there already.</summary>
    internal static ulong Pull(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        return (uint)r2 > (uint)run.PacketLength ? Run.Result(Errno.ENOMEM) : 0;
    }

    /// <summary>bpf_get_hash_recalc(ctx): the hash of the flow, computed once. Ours, not the kernel's, whose seed is random.</summary>
    internal static ulong Hash(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        ref uint hash = ref Field(run, SocketBuffer.Hash);
        if (hash == 0)
            hash = FlowHash.Of(new ReadOnlySpan<byte>(run.NetworkHeader, (int)Math.Max(run.PacketEnd - run.NetworkHeader, 0)));
        return hash;
    }

    /// <summary>bpf_set_hash_invalid(ctx).</summary>
    internal static ulong InvalidateFlowHash(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (run.IsContext(r1))
            Field(run, SocketBuffer.Hash) = 0;
        return 0;
    }

    /// <summary>bpf_set_hash(ctx, hash).</summary>
    internal static ulong SetHash(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (run.IsContext(r1))
            Field(run, SocketBuffer.Hash) = (uint)r2;
        return 0;
    }

    /// <summary>bpf_skb_change_type(ctx, type).</summary>
    internal static ulong ChangeType(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        ref uint type = ref Field(run, SocketBuffer.PacketType);
        if (type > LastPacketType || (uint)r2 > LastPacketType)
            return Run.Result(Errno.EINVAL);
        type = (uint)r2;
        return 0;
    }

    /// <summary>Whether the packet's protocol is IPv4 or IPv6.</summary>
    internal static bool IsInternet(Run run) => Protocol(run) is 0x0800 or 0x86dd;

    /// <summary>The packet's protocol, in host order.</summary>
    internal static ushort Protocol(Run run) => BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(run.Context + SocketBuffer.Protocol, 2));

    /// <summary>Sets the packet's protocol, given in host order.</summary>
    internal static void SetProtocol(Run run, ushort protocol)
    {
        Field(run, SocketBuffer.Protocol) = 0;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(run.Context + SocketBuffer.Protocol, 2), protocol);
    }

    /// <summary>A 32-bit field of the context.</summary>
    internal static ref uint Field(Run run, int offset) => ref *(uint*)(run.Context + offset);

    private static ulong Copy(Run run, ulong context, ulong to, uint length, byte* from)
    {
        if (!run.IsContext(context) || !run.CanWrite(to, length))
            return 0;
        if (from == null || from < run.MacHeader || from > run.PacketEnd || length > (ulong)(run.PacketEnd - from))
        {
            new Span<byte>((void*)to, checked((int)length)).Clear();
            return Run.Result(Errno.EFAULT);
        }

        Buffer.MemoryCopy(from, (void*)to, length, length);
        return 0;
    }
}
