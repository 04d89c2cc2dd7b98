using Ebpf.Runtime.Contexts;

namespace Ebpf.Runtime.Helpers;

/// <summary>Helpers of XDP programs on their packet.</summary>
/// <remarks>net/core/filter.c.</remarks>
internal static unsafe class XdpHelpers
{
    /// <summary>What the kernel keeps at the start of the headroom: sizeof(struct xdp_frame).</summary>
    internal const int FrameDescription = 40;

    /// <summary>bpf_xdp_adjust_head(ctx, delta): moves the start of the data, and metadata with it.</summary>
    internal static ulong AdjustHead(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        int delta = (int)r2;
        byte* data = run.PacketData + delta;
        long meta = run.PacketData - run.PacketMeta;
        if (data < run.PacketStart + FrameDescription + meta || data > run.PacketEnd - Packets.EthernetHeader)
            return Run.Result(Errno.EINVAL);
        if (meta != 0)
            Buffer.MemoryCopy(run.PacketMeta, run.PacketMeta + delta, meta, meta);
        run.PacketMeta += delta;
        run.PacketData = data;
        run.PublishPacket();
        return 0;
    }

    /// <summary>bpf_xdp_adjust_tail(ctx, delta): moves the end of the data; new bytes are zero.</summary>
    internal static ulong AdjustTail(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        int delta = (int)r2;
        byte* end = run.PacketEnd + delta;
        if (end > run.PacketLimit - XdpHook.Tailroom || end < run.PacketData + Packets.EthernetHeader)
            return Run.Result(Errno.EINVAL);
        if (delta > 0)
            new Span<byte>(run.PacketEnd, delta).Clear();
        run.PacketEnd = end;
        run.PublishPacket();
        return 0;
    }

    /// <summary>bpf_xdp_adjust_meta(ctx, delta): moves the start of the metadata.</summary>
    internal static ulong AdjustMeta(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        byte* meta = run.PacketMeta + (int)r2;
        if (meta < run.PacketStart + FrameDescription || meta > run.PacketData)
            return Run.Result(Errno.EINVAL);
        if (!XdpHook.IsMetaLength((ulong)(run.PacketData - meta)))
            return Run.Result(Errno.EACCES);
        run.PacketMeta = meta;
        run.PublishPacket();
        return 0;
    }

    /// <summary>bpf_xdp_get_buff_len(ctx).</summary>
    internal static ulong Length(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.IsContext(r1) ? (uint)run.PacketLength : 0;

    /// <summary>bpf_xdp_load_bytes(ctx, offset, to, length).</summary>
    internal static ulong Load(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint offset = (uint)r2, length = (uint)r4;
        if (!run.IsContext(r1) || !run.CanWrite(r3, length))
            return 0;
        if (Bounds(run, offset, length) is not Errno.None and Errno errno)
            return Run.Result(errno);
        Buffer.MemoryCopy(run.PacketData + offset, (void*)r3, length, length);
        return 0;
    }

    /// <summary>bpf_xdp_store_bytes(ctx, offset, from, length).</summary>
    internal static ulong Store(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint offset = (uint)r2, length = (uint)r4;
        if (!run.IsContext(r1) || !run.CanRead(r3, length))
            return 0;
        if (Bounds(run, offset, length) is not Errno.None and Errno errno)
            return Run.Result(errno);
        Buffer.MemoryCopy((void*)r3, run.PacketData + offset, length, length);
        return 0;
    }

    /// <remarks>bpf_xdp_pointer in net/core/filter.c.</remarks>
    private static Errno Bounds(Run run, uint offset, uint length) =>
        offset > 0xffff || length > 0xffff ? Errno.EFAULT
        : offset + length > (uint)run.PacketLength ? Errno.EINVAL
        : Errno.None;
}
